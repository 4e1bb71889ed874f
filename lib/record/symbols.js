'use strict'

/** Longest string that is named: what is longer rarely recurs. */
const MAX_NAMED_CHARACTERS = 256
/** Longest piece of JSON. */
const MAX_JSON_CHARACTERS = 8_192
/** Strings seen once. Beyond it they are forgotten: what recurs comes back. */
const MAX_CANDIDATES = 1_024
/** Strings of one record whose numbers are remembered by their place in it. */
const PLACES = 64

/** Strings of every other event, named before the first; `commonId` adds the names of its fields. */
// biome-ignore format: a list
const COMMON = [
  'llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment',
  'messages', 'documents', 'value', 'role', 'content', 'text', 'user', 'assistant', 'system', '',
  'tool_calls', 'tool_results', 'type', 'name', 'arguments', '_dd',
  'input_tokens', 'output_tokens', 'total_tokens', 'custom', 'openai', '0', '1',
  'error_type', 'session_id', 'integration'
]

/** Whether a producer was told of the common strings: all of them have the same. */
let areDefined = false

/** Numbers for strings that recur. Given out once and for ever; where there are none left, strings are written out. */
class RecordSymbols {
  #producer
  /** @type {Map<string, number>} */
  #ids = new Map()
  /** @type {Set<string>} */
  #candidates = new Set()
  #isFull = false
  /** Records are much alike: what stood at a place in the last one that had a number there. @type {string[]} */
  #placed = Array.from({ length: PLACES }, () => '')
  #placedIds = new Int32Array(PLACES)
  #place = 0

  /** @param {import('../native').Producer} producer */
  constructor(producer) {
    this.#producer = producer
    // A new producer counts from zero.
    producer.define(COMMON, false)
    areDefined = true
    for (const [id, text] of COMMON.entries()) this.#ids.set(text, id)
    this.#placedIds.fill(COMMON.indexOf(''))
  }

  /** A record begins. */
  begin() {
    this.#place = 0
  }

  /**
   * @param {string} text
   * @returns {number} -1: it has no number
   */
  find(text) {
    const place = this.#place
    this.#place = (place + 1) % PLACES
    // For most strings the engine compares addresses here, and has to look nothing up.
    if (this.#placed[place] === text) return this.#placedIds[place]
    const id = this.#ids.get(text) ?? this.#meet(text)
    if (id === -1) return id
    this.#placed[place] = text
    this.#placedIds[place] = id
    return id
  }

  /**
   * @param {string} json values with commas between them
   * @returns {number} -1 when it cannot be named
   */
  defineJson(json) {
    return json.length > MAX_JSON_CHARACTERS ? -1 : this.#define(json, true)
  }

  /**
   * A string gets its number when it comes for the second time.
   *
   * @param {string} text
   * @returns {number}
   */
  #meet(text) {
    if (this.#isFull || text.length > MAX_NAMED_CHARACTERS) return -1
    if (!this.#candidates.delete(text)) {
      if (this.#candidates.size >= MAX_CANDIDATES) this.#candidates.clear()
      this.#candidates.add(text)
      return -1
    }
    const id = this.#define(text, false)
    if (id !== -1) this.#ids.set(text, id)
    return id
  }

  /**
   * @param {string} text
   * @param {boolean} isJson
   */
  #define(text, isJson) {
    const id = this.#producer.define([text], isJson)
    if (id !== null) return id
    this.#isFull = true
    this.#candidates.clear()
    return -1
  }
}

/**
 * Makes a string a common one, if it is not: for those who know at their load what they will write.
 *
 * @param {string} text
 * @returns {number} the same for every producer
 */
function commonId(text) {
  const id = COMMON.indexOf(text)
  if (id !== -1) return id
  if (areDefined) throw new Error(`"${text}" is no common string, and a producer knows those there are`)
  return COMMON.push(text) - 1
}

module.exports = { RecordSymbols, commonId }
