'use strict'

// The intake of a measurement, in a process of its own: its event loop must not share the sender's.
// Started with one argument, the plan as JSON. Says { url } when it listens; answers { ask: 'report' } with what it
// saw, { ask: 'forget' } by forgetting lags, { ask: 'speak' } and { ask: 'mute' } by answering or not.

const { keyFingerprint, startIntake } = require('../../testing')
const { POISON } = require('./poison')

/**
 * @typedef {object} Plan
 * @property {number} delayMs before each answer
 * @property {string[]} blackHoledKeys requests with these keys are never answered
 * @property {{ keys: string[], way: string }} [failing] requests with these keys are answered in this way of `WAYS`
 * @property {number} faultShare part of the other requests that is answered badly, 0 to 1
 * @property {number} [unavailableMs] from the second second on, everything is answered with 503 for this long
 * @property {boolean} [isForgetful] spans are counted by the intake alone: for runs of millions
 * @property {boolean} [isMute] nothing is answered until it is told to be well
 * @property {{ key: string, cert: string }} [tls] PEM texts; with them it speaks HTTPS
 *
 * @typedef {object} Report
 * @property {Record<string, number[]>} lagsMs from a span's end to its arrival, by key fingerprint
 * @property {number} spans distinct spans that were accepted
 * @property {number} requests
 * @property {string[]} violations
 */

/** @type {import('../../testing').Action[]} */
const FAULTS = [
  { status: 429, headers: { 'retry-after': '1' } },
  { status: 500 },
  { status: 503 },
  { reset: 'before-body' },
  { reset: 'after-body' },
  { reset: 'mid-response', accept: true },
  { delayMs: 2000 }
]

/** @type {Record<string, import('../../testing').Action | null>} */
const WAYS = {
  none: null,
  403: { status: 403 },
  429: { status: 429, headers: { 'retry-after': '300' } },
  503: { status: 503 },
  hang: { stall: true },
  reset: { reset: 'after-body' },
  'slow-body': { hostile: 'drip' },
  poison: { status: 400 }
}

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const blackHoled = new Set(plan.blackHoledKeys.map(keyFingerprint))
const failing = new Set(plan.failing?.keys.map(keyFingerprint))

let isMute = plan.isMute === true
let firstMs = Number.POSITIVE_INFINITY

/** @type {Set<string>} */
const seen = new Set()
/** @type {Record<string, number[]>} */
let lagsMs = {}

/**
 * @param {import('../../testing').RequestRecord} request
 * @param {readonly import('../../testing').WireEvent[]} events
 */
function count(request, events) {
  if (plan.isForgetful || !request.accepted || request.stream !== 'spans') return
  const key = String(request.keyFingerprint)
  for (const event of events) {
    if (seen.has(event.span_id)) continue
    seen.add(event.span_id)
    lagsMs[key] ??= []
    lagsMs[key].push(request.receivedAtMs - (event.start_ns + event.duration) / 1e6)
  }
}

/**
 * @param {import('../../testing').RequestRecord} request
 * @param {readonly import('../../testing').WireEvent[]} events
 * @returns {import('../../testing').Action}
 */
function treat(request, events) {
  if (isMute) return { stall: true }
  if (blackHoled.has(String(request.keyFingerprint))) return { stall: true }
  const way = failing.has(String(request.keyFingerprint)) ? plan.failing?.way : undefined
  if (way !== undefined && (way !== 'poison' || events.some(({ name }) => name === POISON)))
    return WAYS[way] ?? { delayMs: plan.delayMs }
  if (isUnavailable()) return { status: 503 }
  if (Math.random() < plan.faultShare) return FAULTS[Math.floor(Math.random() * FAULTS.length)]
  return { delayMs: plan.delayMs }
}

function isUnavailable() {
  if (plan.unavailableMs === undefined) return false
  firstMs = Math.min(firstMs, performance.now())
  const sinceMs = performance.now() - firstMs - 1000
  return sinceMs >= 0 && sinceMs < plan.unavailableMs
}

async function main() {
  const intake = await startIntake({ tls: plan.tls, script: treat, log: count, maxRecordedEvents: 0 })
  process.on('message', (/** @type {{ ask: string }} */ { ask }) => {
    if (ask === 'forget') lagsMs = {}
    if (ask === 'speak' || ask === 'mute') isMute = ask === 'mute'
    const violations = intake.violations.map(({ message }) => message)
    process.send?.({ lagsMs, spans: seen.size, requests: intake.counts.requests, violations })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ url: intake.url, port: intake.port })
}

main()
