'use strict'

// An intake in a process of its own, which a busy event loop of the run does not slow down. Says { url } when it
// listens; answers { ask: 'report' } with what it accepted.

const { startIntake } = require('../../testing')

/**
 * @typedef {{ place: string, name: unknown, spanId: unknown, parentId: unknown, traceId: unknown }} Arrival of a span
 */

/** @type {Arrival[]} */
const arrivals = []

async function main() {
  const intake = await startIntake({
    maxRecordedEvents: 0,
    log({ accepted, site, keyFingerprint }, events) {
      if (!accepted) return
      for (const { name, span_id: spanId, parent_id: parentId, trace_id: traceId } of events) {
        arrivals.push({ place: `${site} ${keyFingerprint}`, name, spanId, parentId, traceId })
      }
    }
  })
  process.on('message', () => {
    process.send?.({ arrivals, violations: intake.violations.map(({ message }) => message) })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ url: intake.url })
}

main()
