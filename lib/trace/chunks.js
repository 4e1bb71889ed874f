'use strict'

const { Buffer } = require('node:buffer')
const { isAnyArrayBuffer } = require('node:util').types
const { noteError } = require('../values/collection-errors')
const { ANY_LEVELS, Copier } = require('../values/copy')
const { jsonText } = require('../values/json-rules')

/** Bytes of a stream kept for its span's output; of a longer one it is the beginning. */
const MAX_BYTES = 5_000_000
/** What a short chunk costs beside its text. */
const BYTES_PER_CHUNK = 16

/** What a stream gave, as text: a chunk itself may hold anything, and is not kept. */
class Chunks {
  /** What could not be collected. @type {string[]} */
  errors = []
  /** @type {string[]} texts as they are, others as JSON */
  #texts = []
  /** @type {Set<number>} which are JSON */
  #json = new Set()
  #bytes = 0
  #binaryChunks = 0
  #binaryBytes = 0
  #copier = new Copier(this.errors, { isAutomatic: true })

  /** @param {unknown} chunk */
  add(chunk) {
    const bytes = bytesOf(chunk)
    if (bytes !== null) {
      this.#binaryChunks++
      this.#binaryBytes += bytes
    } else if (this.#bytes < MAX_BYTES) {
      if (typeof chunk === 'string') this.#keep(chunk)
      else this.#keepJson(chunk)
    }
  }

  /**
   * @param {boolean} isRaw whether the span's output is JSON, not text
   * @returns {unknown} undefined when there was no chunk
   */
  value(isRaw) {
    const note = this.#binaryNote()
    if (this.#texts.length === 0) return note
    if (this.#json.size === 0 && note === undefined) return this.#texts.join('')
    const items = this.#texts.map((text, index) => (this.#json.has(index) ? text : JSON.stringify(text)))
    if (note !== undefined) items.push(JSON.stringify(note))
    const json = `[${items.join(',')}]`
    return isRaw ? JSON.parse(json) : json
  }

  /** @param {unknown} chunk */
  #keepJson(chunk) {
    const copy = this.#copier.copy(chunk, 'output', ANY_LEVELS)
    const json = copy === undefined ? 'null' : jsonText(copy)
    // Half a JSON text is none.
    if (Buffer.byteLength(json) > MAX_BYTES - this.#bytes) return this.#stop()
    this.#json.add(this.#texts.length)
    this.#keep(json)
  }

  /** @param {string} text */
  #keep(text) {
    const bytes = Buffer.byteLength(text)
    const left = MAX_BYTES - this.#bytes
    // A copy: a part of a text keeps the whole of it.
    this.#texts.push(bytes > left ? Buffer.from(text.slice(0, left)).subarray(0, left).toString() : text)
    this.#bytes += bytes + BYTES_PER_CHUNK
    if (bytes > left) this.#stop()
  }

  #stop() {
    this.#bytes = MAX_BYTES
    noteError(this.errors, 'truncated', 'output')
  }

  #binaryNote() {
    if (this.#binaryChunks === 0) return undefined
    const chunks = this.#binaryChunks === 1 ? '1 chunk' : `${this.#binaryChunks} chunks`
    return `[binary: ${this.#binaryBytes} bytes in ${chunks}]`
  }
}

/**
 * @param {any} chunk
 * @returns {number | null} null when it is not binary
 */
function bytesOf(chunk) {
  if (ArrayBuffer.isView(chunk) || isAnyArrayBuffer(chunk)) return chunk.byteLength
  return null
}

module.exports = { Chunks }
