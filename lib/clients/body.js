'use strict'

const { Buffer } = require('node:buffer')
const { isObject } = require('./shapes')

/** @typedef {import('./shapes').Answer} Answer */

/** Of a longer body nothing is told: half of a JSON text is none. */
const MAX_BYTES = 5_000_000

/** The bytes of a response that the application reads itself, and what they say. */
class Body {
  /** @type {Uint8Array[]} */
  #chunks = []
  #bytes = 0

  /** @param {any} chunk */
  add(chunk) {
    if (!(chunk instanceof Uint8Array)) return
    this.#bytes += chunk.byteLength
    if (this.#bytes <= MAX_BYTES) this.#chunks.push(Uint8Array.from(chunk))
    else this.#chunks = []
  }

  /** @param {Answer} answer gets what was said: one JSON text, or events */
  tell(answer) {
    if (this.#chunks.length === 0) return
    const text = Buffer.concat(this.#chunks).toString()
    this.#chunks = []
    const whole = parsed(text)
    if (whole !== null) return answer.take(whole)
    for (const line of text.split(/\r?\n/)) {
      const event = line.startsWith('data:') ? parsed(line.slice('data:'.length)) : null
      if (event !== null) answer.receive(event)
    }
  }
}

/** @param {string} text @returns {Record<string, any> | null} */
function parsed(text) {
  try {
    const value = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

module.exports = { Body }
