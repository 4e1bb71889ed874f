'use strict'

// The other half of WorkerWriter: a buffer for each key, a body for each buffer, at most 64 requests at a time.

const { parentPort, workerData } = require('node:worker_threads')

const FLUSH_MS = 200
const IN_FLIGHT_MAX = 64
const PREFIX = '{"_dd.stage":"raw","_dd.tracer_version":"1.0.0","event_type":"span","spans":['

/** @type {{ url: string | null, settled: Int32Array }} */
const { url, settled } = workerData

/** @typedef {{ key: string, site: string, events: string[] }} Lane */

/** @type {Map<string, Lane>} lanes with events, the oldest first */
const lanes = new Map()
let inFlight = 0

/** Sends what is there, as far as there is room. A lane that waits for room keeps growing. */
function flush() {
  for (const [name, lane] of lanes) {
    if (inFlight >= IN_FLIGHT_MAX) return
    lanes.delete(name)
    inFlight += 1
    void send(lane)
  }
}

/** @param {Lane} lane */
async function send({ key, site, events }) {
  const body = `[${events.map(event => `${PREFIX}${event}]}`).join(',')}]`
  try {
    if (url !== null) await post(key, site, body)
  } catch {
    // It is missing at the intake, and counted there.
  }
  Atomics.add(settled, 0, events.length)
  inFlight -= 1
  if (lanes.size > 0) flush()
}

/**
 * @param {string} key
 * @param {string} site
 * @param {string} body
 */
async function post(key, site, body) {
  const headers = {
    'content-type': 'application/json',
    'dd-api-key': key,
    'x-spanlane-intake-host': `llmobs-intake.${site}`
  }
  const answer = await fetch(`${url}/api/v2/llmobs`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
}

parentPort?.on('message', (/** @type {string[]} */ events) => {
  for (let index = 0; index < events.length; index += 3) {
    const [key, site, json] = events.slice(index, index + 3)
    const name = `${key} ${site}`
    const lane = lanes.get(name)
    if (lane === undefined) lanes.set(name, { key, site, events: [json] })
    else lane.events.push(json)
  }
  if (url === null) flush()
})
setInterval(flush, FLUSH_MS)
