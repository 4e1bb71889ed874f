'use strict'

const { createLLMObs } = require('../..')
const { keyFingerprint, startIntake } = require('../../testing')

// Every row of the table in docs/delivery.md over real HTTP: one tenant per row, all at once, one intake.

/** @typedef {import('../../testing').Rule['actions']} Actions */
/**
 * What became of the row's events.
 *
 * @typedef {object} Expected
 * @property {number} [delivered]
 * @property {Record<string, number>} [rejected] by status
 * @property {number} [held]
 * @property {number} [maybeDuplicate]
 * @property {number} [requests] exact number
 * @property {number} [waitMs] the second request must not come sooner
 * @property {RegExp} [error] `lastError`
 *
 * @typedef {{ name: string, actions: Actions, where?: (names: string[]) => boolean, events?: number, gzip?: boolean, expected: Expected }} Row
 */

const ALWAYS = Number.POSITIVE_INFINITY
/** The request timeout of this file: a stalled request is over after it. */
const TIMEOUT_MS = 2000
const inSeconds = (/** @type {number} */ seconds) => new Date(Date.now() + seconds * 1000)

/** @type {Row[]} */
const REPEATED = [
  ...[408, 425, 429, 500, 502, 503, 507, 599].map(status => ({
    name: `${status}: repeated`,
    actions: [{ status, times: 2 }],
    expected: { delivered: 1, requests: 3, maybeDuplicate: 0 }
  })),
  {
    name: '504: repeated, may be a duplicate',
    actions: [{ status: 504 }],
    expected: { delivered: 1, requests: 2, maybeDuplicate: 1 }
  },
  {
    name: 'reset before the body: repeated',
    actions: [{ reset: 'before-body' }],
    expected: { delivered: 1, requests: 2 }
  },
  {
    name: 'reset after the body: may be a duplicate',
    actions: [{ reset: 'after-body' }],
    expected: { delivered: 1, requests: 2, maybeDuplicate: 1 }
  },
  {
    name: 'no answer in time: may be a duplicate',
    actions: [{ stall: true }],
    expected: { delivered: 1, requests: 2, maybeDuplicate: 1 }
  },
  { name: 'not HTTP: repeated', actions: [{ hostile: 'not-http' }], expected: { delivered: 1, requests: 2 } }
]

/** @type {Row[]} */
const WAITS = [
  ['retry-after in seconds', { 'retry-after': '1' }, 1000],
  ['retry-after with a fraction', { 'retry-after': '1.5' }, 1500],
  ['retry-after as a date', () => ({ 'retry-after': inSeconds(3).toUTCString() }), 1000],
  ['x-ratelimit-reset in seconds', { 'x-ratelimit-reset': '1' }, 1000],
  [
    'x-ratelimit-reset as a moment',
    () => ({ 'x-ratelimit-reset': String(Math.ceil(Number(inSeconds(2)) / 1000)) }),
    1000
  ],
  ['both: the larger', { 'retry-after': '0', 'x-ratelimit-reset': '1' }, 1000],
  ['two headers: the larger', { 'retry-after': ['0', '1'] }, 1000],
  ['429 without a header: a second', {}, 1000, 429],
  ['retry-after 0', { 'retry-after': '0' }, 0],
  ['retry-after negative', { 'retry-after': '-1' }, 0],
  ['retry-after a past date', { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
  ['retry-after nonsense', { 'retry-after': 'soon' }, 0],
  ['retry-after with an exponent', { 'retry-after': '1e9' }, 0]
].map(([name, headers, waitMs, status = 503]) => ({
  name: `waits: ${name}`,
  actions: /** @type {Actions} */ ([
    { status, headers: typeof headers === 'function' ? headers() : headers }
  ]),
  expected: { delivered: 1, requests: 2, waitMs: Number(waitMs) }
}))

/** @type {Row[]} */
const HELD = [
  ...[301, 302, 303, 307, 308].map(status => ({
    name: `${status}: not followed, repeated slowly`,
    actions: [{ status, headers: { location: 'http://127.0.0.1:9/api/v2/llmobs' }, times: ALWAYS }],
    expected: { held: 1, requests: 1, error: /redirect/ }
  })),
  {
    name: '404: repeated slowly',
    actions: [{ status: 404, times: ALWAYS }],
    expected: { held: 1, requests: 1, error: /404/ }
  },
  ...[402, 407, 421, 423, 460, 499].map(status => ({
    name: `${status}: something in between, repeated slowly`,
    actions: [{ status, times: ALWAYS }],
    expected: { held: 1, requests: 1, error: new RegExp(`http ${status}`) }
  })),
  {
    name: '600: repeated slowly',
    actions: [{ status: 600, times: ALWAYS }],
    expected: { held: 1, requests: 1, error: /600/ }
  },
  {
    name: 'a wait of a year: held, not lost',
    actions: [{ status: 503, headers: { 'retry-after': '31536000' }, times: ALWAYS }],
    expected: { held: 1, requests: 1 }
  },
  ...[401, 403].map(status => ({
    name: `${status}: the key is refused, its events wait`,
    actions: [{ status, times: ALWAYS }],
    expected: { held: 1, error: /key_refused/ }
  }))
]

/** @type {Row[]} */
const REJECTED = [405, 406, 409, 410, 411, 415, 418, 424, 426, 431, 451, 501, 505].map(status => ({
  name: `${status}: rejected`,
  actions: [{ status, times: ALWAYS }],
  expected: { rejected: { [status]: 1 }, requests: 1 }
}))

/** @type {Row[]} */
const PARTLY = [
  ...[401, 403].map(status => ({
    name: `${status} once: probed, then delivered`,
    actions: [{ status }],
    expected: { delivered: 1, requests: 2 }
  })),
  ...[400, 422].map(status => ({
    name: `${status}: the refused event is found, the others arrive`,
    actions: [{ status, times: ALWAYS }],
    where: (/** @type {string[]} */ names) => names.includes('event-3'),
    events: 8,
    expected: { delivered: 7, rejected: { [status]: 1 }, requests: 6 }
  })),
  {
    name: '413: halves until it fits',
    actions: [{ status: 413, times: ALWAYS }],
    where: names => names.length > 2,
    events: 8,
    expected: { delivered: 8, requests: 6 }
  },
  {
    name: '413 of one event: trimmed once, then rejected',
    actions: [{ status: 413, times: ALWAYS }],
    expected: { rejected: { 413: 1 } }
  },
  {
    name: '415 of a compressed body: once more uncompressed',
    actions: [{ status: 415 }],
    gzip: true,
    expected: { delivered: 1, requests: 2 }
  },
  {
    name: '400 of a compressed body: once more uncompressed',
    actions: [{ status: 400 }],
    gzip: true,
    expected: { delivered: 1, requests: 2 }
  }
]

const ROWS = [...REPEATED, ...WAITS, ...HELD, ...REJECTED, ...PARTLY]
const places = ROWS.map((_, index) => ({
  ddApiKey: String(index).padStart(32, 'd'),
  ddSite: 'datadoghq.com',
  tenant: `row-${index}`
}))
const TEXT = 'a prompt that compresses well '.repeat(300)

/** @type {import('../../testing').Intake} */
let intake
/** @type {Record<'none' | 'gzip', import('../..').LLMObs>} */
let senders

beforeAll(async () => {
  intake = await startIntake({
    script: ROWS.map(({ actions, where }, index) => ({
      match: {
        key: places[index].ddApiKey,
        ...(where && { where: (_, events) => where(events.map(event => event.name)) })
      },
      actions
    }))
  })
  const options = { mlApp: 'rows', intakeUrl: intake.url, requestTimeoutMs: TIMEOUT_MS, logger: {} }
  senders = {
    none: createLLMObs(options),
    gzip: createLLMObs({ ...options, compression: 'gzip' })
  }
  for (const [index, { events = 1, gzip }] of ROWS.entries()) {
    const llmobs = senders[gzip ? 'gzip' : 'none']
    llmobs.withRoutingContext(places[index], () => {
      for (let event = 0; event < events; event += 1) {
        llmobs.trace({ kind: 'task', name: `event-${event}` }, span =>
          llmobs.annotate(span, { inputData: TEXT })
        )
      }
    })
  }
  const settling = ROWS.flatMap((row, index) => {
    const llmobs = senders[row.gzip ? 'gzip' : 'none']
    // What is held for ever is not waited for: its first request has been answered when the others are settled.
    return row.expected.held ? [] : [llmobs.flush({ route: places[index], timeoutMs: 40_000 })]
  })
  await Promise.all(settling)
}, 60_000)

afterAll(async () => {
  for (const llmobs of Object.values(senders)) await llmobs.shutdown({ timeoutMs: 0 })
  await intake.close()
})

test.each(ROWS.map((row, index) => [row.name, row, index]))('%s', (_, row, index) => {
  const { expected, events = 1, gzip } = row
  const stats = senders[gzip ? 'gzip' : 'none'].stats()
  const counts = stats.tenants.find(one => one.tenant === places[index].tenant)
  const requests = intake.requests.filter(
    request => request.keyFingerprint === keyFingerprint(places[index].ddApiKey)
  )
  const seen = [...new Set(intake.spans({ key: places[index].ddApiKey }).map(span => span.span_id))]
  expect(counts).toMatchObject({
    submitted: events,
    delivered: expected.delivered ?? 0,
    rejectedByStatus: expected.rejected ?? {},
    dropped: 0,
    held: expected.held ?? 0
  })
  expect(seen).toHaveLength(expected.delivered ?? 0)
  if (expected.maybeDuplicate !== undefined) expect(counts?.maybeDuplicate).toBe(expected.maybeDuplicate)
  if (expected.requests !== undefined) expect(requests).toHaveLength(expected.requests)
  if (expected.error !== undefined) expect(counts?.lastError).toMatch(expected.error)
  if (expected.waitMs !== undefined) {
    const [first, second] = requests
    // Clocks of two processes' threads are read in whole milliseconds.
    expect(second.receivedAtMs - Number(first.answeredAtMs)).toBeGreaterThanOrEqual(expected.waitMs - 2)
  }
  // What is not split, searched or uncompressed is repeated byte for byte.
  if (events === 1 && !gzip && row.expected.rejected?.[413] === undefined) {
    const bodies = new Set(requests.map(request => request.bodySha256).filter(hash => hash !== null))
    expect(bodies.size).toBe(1)
  }
})
