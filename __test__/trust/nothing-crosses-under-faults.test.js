'use strict'

const { judge } = require('../../bench/oracle/conservation')
const { Ledger } = require('../../bench/oracle/ledger')
const { placeOf } = require('../../bench/oracle/plan')
const { keyFingerprint } = require('../../testing')
const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

const PLAN = { seed: 1, events: 4, tenants: 2, workers: 1, faultShare: 0, poisonEvery: 0, revokedEvery: 0 }

/** @param {number} owner @param {number} id */
function event(owner, id) {
  return { tags: [`owner:${owner}`, `id:${id}`] }
}

/** @param {number} owner */
function requestOf(owner) {
  const { ddApiKey, ddSite } = placeOf(PLAN, owner)
  return /** @type {any} */ ({ site: ddSite, keyFingerprint: keyFingerprint(ddApiKey) })
}

/** @param {Record<string, unknown>} change */
function countsOf(change) {
  const counts = { submitted: 2, delivered: 2, rejected: 0, dropped: 0, held: 0, maybeDuplicate: 0 }
  return { ...counts, droppedByReason: {}, ...change }
}

/** The verdict on a run of four events of two tenants, all of which arrived, but for what a case changes. */
function verdictOf({ ledger = filledLedger(), total = {}, first = {} } = {}) {
  const tenants = [0, 1].map(owner => ({ tenant: `label-${owner}`, site: placeOf(PLAN, owner).ddSite }))
  const stats = {
    total: countsOf({ submitted: 4, delivered: 4, ...total }),
    tenants: [
      { ...tenants[0], ...countsOf(first) },
      { ...tenants[1], ...countsOf({}) }
    ]
  }
  const owners = Uint16Array.from([0, 1, 0, 1])
  return judge(PLAN, owners, /** @type {any} */ (stats), ledger.entries, ['label-0', 'label-1'])
}

function filledLedger() {
  const ledger = new Ledger(PLAN)
  for (const owner of [0, 1]) {
    const events = [event(owner, owner), event(owner, owner + 2)]
    ledger.inspect(requestOf(owner), events)
    ledger.accept(events)
  }
  return ledger
}

describe('the oracle notices', () => {
  test('nothing in a run where all went well', () => {
    expect(verdictOf()).toMatchObject({ arrived: 4, misplaced: 0, unaccounted: 0, problems: [] })
  })

  test.each([
    ['an event at the key of another', () => requestOf(1), [event(0, 0)], 1],
    ['an event at the site of another', () => ({ ...requestOf(0), site: 'datadoghq.eu' }), [event(0, 0)], 1],
    ['two owners in one body', () => requestOf(0), [event(0, 0), event(1, 1)], 1]
  ])('%s', (_, request, events, misplaced) => {
    const ledger = filledLedger()
    ledger.inspect(request(), events)
    expect(verdictOf({ ledger }).problems).toContain(`misplaced: ${misplaced}`)
  })

  test('an event that says it belongs to somebody else', () => {
    const ledger = filledLedger()
    ledger.entries.owners[3] = 0
    expect(verdictOf({ ledger })).toMatchObject({ atWrongOwner: 1 })
  })

  test('an event that was counted as delivered and did not arrive', () => {
    const ledger = filledLedger()
    ledger.entries.arrivals[2] = 0
    expect(verdictOf({ ledger }).problems).toContainEqual(
      expect.stringContaining('tenant 0: delivered is not what arrived')
    )
  })

  test.each([
    ['of the total', { total: { submitted: 5 } }],
    ['of one tenant', { first: { held: 1 } }]
  ])('counters that do not add up %s', (_, change) => {
    expect(verdictOf(change).unaccounted).toBeGreaterThan(0)
  })

  test('a repetition that the sender did not expect', () => {
    const ledger = filledLedger()
    ledger.accept([event(1, 3)])
    expect(verdictOf({ ledger }).problems).toEqual(['1 repeated, but maybeDuplicate is 0'])
    expect(verdictOf({ ledger, total: { maybeDuplicate: 1 } }).problems).toEqual([])
  })
})

test('20,000 events of 200 tenants, two threads and a faulty intake: nothing crossed, all accounted for', async () => {
  const { figures, problems } = await soak([
    'routing',
    '--events',
    '20000',
    '--tenants',
    '200',
    '--workers',
    '2'
  ])
  expect(problems).toEqual([])
  expect(figures).toMatchObject({
    issued: 20_000,
    submitted: 20_000,
    atWrongOwner: 0,
    misplaced: 0,
    unknown: 0,
    unaccounted: 0,
    dropped: 0
  })
  // Each of the three ways an event can settle must have been taken, or the run shows little.
  expect(Math.min(figures.delivered, figures.rejected, figures.droppedAtShutdown)).toBeGreaterThan(0)
})
