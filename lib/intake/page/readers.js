'use strict'

/**
 * @typedef {import('node:http').ServerResponse} ServerResponse
 * @typedef {import('./store').Store} Store
 * @typedef {{ cursor: number, at: number, seq: number, isWhole: boolean, text: string }} Message what a reader at `cursor`
 *   is told when the store is at `at`
 * @typedef {{ response: ServerResponse, cursor: number, stalledSinceMs: number | null }} Reader
 */

/** At most four batches a second. */
const PUBLISH_MS = 250
/** Things in one message: what a reader that hangs costs is one message. */
const MESSAGE_THINGS = 400
const BEAT_MS = 15_000
/** A reader that takes nothing for so long is gone. */
const STALLED_MS = 30_000
const MAX_READERS = 32

/** Tells pages what changed, as server-sent events. One message at a time for each: none is queued behind another. */
class Readers {
  /** @type {Set<Reader>} */
  #readers = new Set()
  #store
  #instance
  /** @type {NodeJS.Timeout | null} */
  #timer = null
  #lastBeatMs = 0
  /** @type {Message | null} */
  #last = null

  /**
   * @param {Store} store
   * @param {string} instance tells a page that it speaks to another intake than before
   */
  constructor(store, instance) {
    this.#store = store
    this.#instance = instance
  }

  get size() {
    return this.#readers.size
  }

  /**
   * @param {ServerResponse} response
   * @param {string} lastId what the page has seen, as `instance.seq`
   * @returns {boolean} false: there are too many
   */
  add(response, lastId) {
    if (this.#readers.size >= MAX_READERS) return false
    const [instance, seq] = lastId.split('.')
    const reader = {
      response,
      cursor: instance === this.#instance ? Number(seq) || 0 : 0,
      stalledSinceMs: null
    }
    this.#readers.add(reader)
    response.on('close', () => this.#remove(reader))
    response.on('drain', () => {
      reader.stalledSinceMs = null
      this.#tell(reader)
    })
    response.write(`retry: 1000\n\n`)
    this.#tell(reader, true)
    this.#timer ??= setInterval(() => this.#publish(), PUBLISH_MS).unref()
    return true
  }

  close() {
    for (const { response } of this.#readers) response.destroy()
    this.#readers.clear()
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#last = null
  }

  /** @param {Reader} reader */
  #remove(reader) {
    this.#readers.delete(reader)
    if (this.#readers.size === 0) this.close()
  }

  #publish() {
    const now = Date.now()
    const isBeat = now - this.#lastBeatMs >= BEAT_MS
    if (isBeat) this.#lastBeatMs = now
    for (const reader of this.#readers) {
      if (reader.stalledSinceMs !== null && now - reader.stalledSinceMs > STALLED_MS)
        reader.response.destroy()
      else if (reader.stalledSinceMs === null) {
        this.#tell(reader)
        if (isBeat) this.#write(reader, ': beat\n\n')
      }
    }
  }

  /** @param {Reader} reader @param {boolean} [isFirst] */
  #tell(reader, isFirst = false) {
    while (isFirst || reader.cursor !== this.#store.seq) {
      isFirst = false
      const { text, seq, isWhole } = this.#messageAfter(reader.cursor)
      reader.cursor = seq
      this.#write(reader, text)
      if (reader.stalledSinceMs !== null || isWhole) return
    }
  }

  /**
   * Most readers have seen the same: what they are told is made once.
   *
   * @param {number} cursor
   * @returns {Message}
   */
  #messageAfter(cursor) {
    const last = this.#last
    if (last !== null && last.cursor === cursor && last.at === this.#store.seq) return last
    const changes = this.#store.changesAfter(cursor, MESSAGE_THINGS)
    const { seq, isWhole, isReset } = changes
    const head = `id: ${this.#instance}.${seq}\nevent: ${isReset ? 'reset' : 'batch'}`
    const text = `${head}\ndata: ${JSON.stringify(changes)}\n\n`
    this.#last = { cursor, at: this.#store.seq, seq, isWhole, text }
    return this.#last
  }

  /** @param {Reader} reader @param {string} text */
  #write(reader, text) {
    if (!reader.response.write(text)) reader.stalledSinceMs ??= Date.now()
  }
}

module.exports = { Readers }
