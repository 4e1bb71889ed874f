'use strict'

const { setTimeout: delay } = require('node:timers/promises')
const { WorkerTracer } = require('../../peers/worker-tracer')
const { withDdVerbs } = require('./dd-verbs')

/** Longer than its thread waits for more. */
const SENT_MS = 300

/** @type {import('./adapters').Open} */
function open({ url }) {
  const tracer = new WorkerTracer(url)
  const flush = async () => {
    tracer.flush()
    await delay(SENT_MS)
  }
  return { ...withDdVerbs(tracer), flush }
}

module.exports = { open }
