'use strict'

/** What the answers of all model APIs have in common. */

const { isObject, listOf } = require('../opentelemetry/messages')
const { jsonOf } = require('../opentelemetry/readers')

/** @typedef {Record<string, any>} Given */

/**
 * What an answer says of its span.
 *
 * @typedef {object} Said
 * @property {any} outputData
 * @property {Record<string, number>} metrics
 * @property {string[]} finishReasons
 * @property {unknown} modelName as the answer says; undefined: it does not
 * @property {Given} [metadata]
 * @property {Given} [prompt]
 * @property {Error} [error] that the answer tells of, though nothing was thrown
 */

/**
 * Collects what a call answers: as a whole, or in the events of a stream.
 *
 * @typedef {object} Answer
 * @property {(whole: Given) => void} take
 * @property {(event: Given) => void} receive
 * @property {boolean} hasToken whether something of the answer itself has come
 * @property {() => Said | null} say null: nothing came
 * @property {boolean} isCut whether there was more than is kept
 */

/** Characters of an answer that are kept: what is longer does not fit into an event. */
const MAX_CHARACTERS = 5_000_000
/** Choices, calls, blocks of one answer. */
const MAX_PARTS = 1000

/** Texts that come in pieces. */
class Pieces {
  isCut = false
  #left = MAX_CHARACTERS

  /**
   * @param {Given} owner
   * @param {string} name of a text in it
   * @param {unknown} piece
   */
  add(owner, name, piece) {
    if (typeof piece !== 'string' || piece === '') return
    const kept = piece.length > this.#left ? piece.slice(0, this.#left) : piece
    this.#left -= kept.length
    if (kept !== piece) this.isCut = true
    owner[name] = (owner[name] ?? '') + kept
  }

  /**
   * @template T
   * @param {Map<number, T>} parts
   * @param {unknown} given its number
   * @param {() => T} make
   * @returns {T | null} null: there are too many
   */
  part(parts, given, make) {
    const index = Number.isInteger(given) ? /** @type {number} */ (given) : 0
    const known = parts.get(index)
    if (known !== undefined) return known
    if (parts.size >= MAX_PARTS) {
      this.isCut = true
      return null
    }
    const part = make()
    parts.set(index, part)
    return part
  }
}

/** What every answer knows of what came of it in pieces. */
class Collected {
  pieces = new Pieces()
  hasToken = false

  get isCut() {
    return this.pieces.isCut
  }
}

/** @param {Map<number, any>} parts @returns {any[]} in their order */
function inOrder(parts) {
  return [...parts.entries()].sort(([left], [right]) => left - right).map(([, part]) => part)
}

/**
 * @param {Given} body
 * @param {string[]} names settings of a request that are told. Others may be content, or keys
 * @returns {Given | undefined} undefined: there are none
 */
function settingsOf(body, names) {
  const given = names.filter(name => (body[name] ?? null) !== null)
  return given.length === 0 ? undefined : Object.fromEntries(given.map(name => [name, body[name]]))
}

/**
 * @param {[metric: string, count: unknown][]} counts
 * @returns {Record<string, number>} those that are numbers
 */
function metricsOf(counts) {
  return /** @type {any} */ (Object.fromEntries(counts.filter(([, count]) => Number.isFinite(count))))
}

/** @param {unknown} given @param {unknown} other @returns {number | undefined} */
function sumOf(given, other) {
  return typeof given === 'number' && typeof other === 'number' ? given + other : undefined
}

/**
 * @param {any} content of a tool's result: a text, or parts
 * @param {(part: any) => string} noteOf what stands for a part that is no text
 * @returns {string} without the bytes of what it shows
 */
function resultOf(content, noteOf) {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return content === undefined ? '' : (jsonOf(content) ?? '')
  return content.map(part => (typeof part?.text === 'string' ? part.text : noteOf(part))).join('\n')
}

/** @param {unknown[]} values @returns {string[]} */
function textsOf(values) {
  return /** @type {string[]} */ (values.filter(value => typeof value === 'string' && value !== ''))
}

module.exports = { Collected, inOrder, isObject, listOf, metricsOf, resultOf, settingsOf, sumOf, textsOf }
