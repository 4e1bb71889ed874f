'use strict'

const { createLLMObs } = require('../..')
const { openDdTrace } = require('../support/dd-trace')
const { stubDdTraceRequests } = require('../support/dd-trace-writer')
const { FloorTracer } = require('./floor-tracer')
const { NoTracer } = require('./no-tracer')

const FLUSH_MAX_MS = 10_000

/**
 * A peer whose requests are left out: dd-trace's are not made, Spanlane's go to an intake that looks at nothing.
 *
 * @typedef {object} Unsent
 * @property {any} llmobs with dd-trace's verbs
 * @property {() => void} end what is measured once for a batch
 * @property {(made: number) => Promise<number>} settle spans that came through; not measured
 */

/** @type {Record<string, (url: string, charset: string) => Unsent>} */
const UNSENT = {
  none: () => ({ llmobs: new NoTracer(), end() {}, settle: async made => made }),
  floor: (url, charset) => flushed(new FloorTracer(url, charset === 'ascii')),
  spanlane: url => flushed(createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })),
  'dd-trace'() {
    const sent = stubDdTraceRequests()
    const llmobs = openDdTrace()
    return { llmobs, end: () => llmobs.flush(), settle: async () => sent.take() }
  }
}

/**
 * @param {any} llmobs
 * @returns {Unsent}
 */
function flushed(llmobs) {
  const settle = async () => (await llmobs.flush({ timeoutMs: FLUSH_MAX_MS })).delivered
  return { llmobs, end() {}, settle }
}

module.exports = { UNSENT }
