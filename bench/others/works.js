'use strict'

const { textOf } = require('../support/events')

/**
 * What one model call says. Its mark stands in the user's text, so that a sink finds it in every protocol.
 *
 * @typedef {object} Work
 * @property {string} system
 * @property {string} user
 * @property {string} reply
 * @property {{ inputTokens: number, outputTokens: number, totalTokens: number }} metrics
 * @property {Record<string, string | number | boolean>} metadata
 * @property {Record<string, string>} tags
 */

const MODEL = 'large-2'
const PROVIDER = 'openai'
const SITE = 'datadoghq.com'
/** Before the number of a span, in its text. */
const MARK = 'bench-mark:'
/** Where a number ends. */
const MARK_END = ';'
/** Texts that are not the user's: spans take turns with them. */
const TEXTS = 64

/**
 * Made before they are needed, and flat, as a text is that was read from somewhere.
 *
 * @param {number} kilobytes of text
 * @param {number} first number
 * @param {number} count
 * @returns {Work[]}
 */
function worksOf(kilobytes, first, count) {
  const characters = kilobytes * 1000
  const others = Array.from({ length: TEXTS }, (_, seed) => ({
    system: textOf('ascii', characters * 0.3, seed),
    reply: textOf('ascii', characters * 0.3, seed + 13)
  }))
  return Array.from({ length: count }, (_, index) => {
    const number = first + index
    const said = `${MARK}${number}${MARK_END} ${textOf('ascii', characters * 0.4, (number % TEXTS) + 7)}`
    return {
      ...others[number % TEXTS],
      user: Buffer.from(said).toString(),
      metrics: { inputTokens: 211, outputTokens: 84, totalTokens: 295 },
      metadata: { temperature: 0.7, max_tokens: 1024, top_p: 0.9, stream: false, customer: 'acme' },
      tags: { team: 'search', tier: number % 2 === 0 ? 'gold' : 'free', release: '1.4.2' }
    }
  })
}

/** @param {Record<string, string>} tags @returns {string[]} for products whose tags are a list */
function tagList(tags) {
  return Object.entries(tags).map(([name, value]) => `${name}:${value}`)
}

/** @param {number} tenant @returns {string} a key that says whose it is, so that a sink knows */
function keyOf(tenant) {
  return `bench${String(tenant).padStart(27, '0')}`
}

/** @param {string} text @returns {number} -1: it has no such key in it */
function tenantOf(text) {
  const found = /bench(\d{27})/.exec(text)
  return found === null ? -1 : Number(found[1])
}

module.exports = { MARK, MARK_END, MODEL, PROVIDER, SITE, keyOf, tagList, tenantOf, worksOf }
