'use strict'

const { CONFIG, eventOf, makeSpan, renew, renewEvent } = require('../support/events')
const { plainText } = require('../../__test__/encode/plain-event')

/** Distinct events in a pool and events in a batch, by size in KB: nothing is warm, a batch is a second's work. */
const SHAPES = /** @type {Record<string, { events: number, batch: number }>} */ ({
  1: { events: 512, batch: 500 },
  10: { events: 100, batch: 50 },
  100: { events: 12, batch: 10 }
})

/** Events of one size and kind of text, in every form that a writer takes them in. */
class Pool {
  /**
   * @param {any} route of the core
   * @param {import('../support/events').Charset} charset
   * @param {number} kilobytes of an event's JSON text
   * @param {number} seed
   */
  constructor(route, charset, kilobytes, seed) {
    const { events, batch } = SHAPES[kilobytes]
    this.batch = batch
    this.spans = Array.from({ length: events }, (_, index) =>
      makeSpan(route, charset, kilobytes * 1000, seed * events + index)
    )
    this.events = this.spans.map(eventOf)
    this.jsons = this.spans.map(span => Buffer.from(plainText(span, CONFIG)))
    /** The strings that are the bulk of each event. @type {string[][]} */
    this.contents = this.spans.map(({ input, output }) =>
      [...input.messages, ...output.messages].map(({ content }) => content)
    )
  }

  /** New ids for everything: no event is handed over twice. */
  renew() {
    for (const span of this.spans) renew(span)
    for (const event of this.events) renewEvent(event)
  }
}

module.exports = { Pool }
