'use strict'

const { number } = require('./markdown')

/** What was aimed at and what was seen. @typedef {{ what: string, goal: string, seen: string, isMet: boolean }} Goal */

/**
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atLeast(what, value, goal, unit = 'x') {
  return { what, goal: `>= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value >= goal }
}

/**
 * @param {string} what
 * @param {number} value
 * @param {number} goal
 * @param {string} [unit]
 * @returns {Goal}
 */
function atMost(what, value, goal, unit = 'x') {
  return { what, goal: `<= ${goal}${unit}`, seen: `${number(value)}${unit}`, isMet: value <= goal }
}

module.exports = { atLeast, atMost }
