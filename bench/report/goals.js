'use strict'

const { number } = require('./markdown')

/**
 * What was aimed at and what was seen, on one version of Node, or '' where it does not matter.
 *
 * @typedef {{ node: string, what: string, goal: string, seen: string, isMet: boolean }} Goal
 */

/**
 * @param {string} node
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atLeast(node, what, value, goal, unit = 'x') {
  return { node, what, goal: `>= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value >= goal }
}

/**
 * @param {string} node
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atMost(node, what, value, goal, unit = 'x') {
  return { node, what, goal: `<= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value <= goal }
}

module.exports = { atLeast, atMost }
