'use strict'

const { Places } = require('../lib/metrics/places')

const NO_LOSSES = { rejected: 0, dropped: 0, held: 0, maybeDuplicate: 0, tenantMismatch: 0 }

/** @param {number} delivered @param {number} [held] @returns {any} */
const counts = (delivered, held = 0) => ({
  ...NO_LOSSES,
  submitted: delivered + held,
  delivered,
  held,
  rejectedByStatus: {},
  droppedByReason: {}
})

/**
 * What a core says: keys that are open, and what closed ones had.
 *
 * @param {Record<string, number>} open by tenant, or by tenant and key: `a` or `a/2`
 * @param {number} [closed]
 * @returns {any}
 */
function statsOf(open, closed = 0) {
  const tenants = Object.entries(open).map(([key, delivered]) => ({
    tenant: key.split('/')[0],
    site: 'datadoghq.com',
    lastSuccessMs: null,
    parkedSinceMs: null,
    ...counts(delivered)
  }))
  const delivered = Object.values(open).reduce((sum, count) => sum + count, closed)
  return { tenants, total: counts(delivered), unrouted: counts(0), closed: counts(closed) }
}

/** @param {Places} places @param {any} stats @param {number} tenantsMax */
function say(places, stats, tenantsMax) {
  const { listed, rest } = places.assign(stats, tenantsMax)
  const own = listed.map(({ row, counted }) => [row.tenant, counted.numbers.get('delivered')])
  return { ...Object.fromEntries(own), rest: rest.numbers.get('delivered') }
}

test('a tenant of the sum that gets a place is not taken out of the sum', () => {
  const places = new Places()
  expect(say(places, statsOf({ a: 10, b: 20 }), 1)).toEqual({ a: 10, rest: 20 })
  expect(say(places, statsOf({ b: 20 }, 10), 1)).toEqual({ b: 20, rest: 20 })
  expect(say(places, statsOf({ b: 25 }, 10), 1)).toEqual({ b: 25, rest: 20 })
})

test('a tenant that closes does not add to the sum what its own series had said', () => {
  const places = new Places()
  expect(say(places, statsOf({ a: 10, b: 1 }), 1)).toEqual({ a: 10, rest: 1 })
  // What it did after that was in no series yet.
  expect(say(places, statsOf({ b: 1 }, 13), 0)).toEqual({ rest: 4 })
})

test('a tenant that is new has been in no sum', () => {
  const places = new Places()
  expect(say(places, statsOf({ a: 10 }), 2)).toEqual({ a: 10, rest: 0 })
  expect(say(places, statsOf({ a: 10, b: 5 }), 2)).toEqual({ a: 10, b: 5, rest: 0 })
})

test('with fewer places than before, the newest go into the sum', () => {
  const places = new Places()
  expect(say(places, statsOf({ a: 1, b: 2, c: 4 }), 3)).toEqual({ a: 1, b: 2, c: 4, rest: 0 })
  expect(say(places, statsOf({ a: 1, b: 2, c: 6 }), 1)).toEqual({ a: 1, rest: 2 })
})

test('one that closes between two looks is not missed', () => {
  const places = new Places()
  expect(say(places, statsOf({ a: 10, b: 5 }), 0)).toEqual({ rest: 15 })
  expect(say(places, { ...statsOf({ b: 6 }), closed: counts(0) }, 0)).toEqual({ rest: 15 })
  expect(say(places, statsOf({ b: 6 }, 10), 0)).toEqual({ rest: 16 })
})

describe('a tenant with several keys', () => {
  test('has one series, which is the sum of them', () => {
    const places = new Places()
    expect(say(places, statsOf({ 'a/1': 10, 'a/2': 5, b: 1 }), 1)).toEqual({ a: 15, rest: 1 })
  })

  test('keeps what a key had that has closed', () => {
    const places = new Places()
    expect(say(places, statsOf({ 'a/1': 10, 'a/2': 5 }), 1)).toEqual({ a: 15, rest: 0 })
    expect(say(places, statsOf({ 'a/2': 5 }, 10), 1)).toEqual({ a: 15, rest: 0 })
    expect(say(places, statsOf({ 'a/2': 8 }, 10), 1)).toEqual({ a: 18, rest: 0 })
    expect(say(places, statsOf({ 'a/2': 8, 'a/3': 2 }, 10), 1)).toEqual({ a: 20, rest: 0 })
    expect(say(places, statsOf({ 'a/3': 2 }, 18), 1)).toEqual({ a: 20, rest: 0 })
    // Whole, it is in no series any more; nor does the sum get it.
    expect(say(places, statsOf({}, 20), 1)).toEqual({ rest: 0 })
  })

  test('has been refused since the first that is, and delivered when the last did', () => {
    const places = new Places()
    /** @type {(parkedSinceMs: number | null, lastSuccessMs: number | null) => any} */
    const row = (parkedSinceMs, lastSuccessMs) => ({
      ...statsOf({ a: 1 }).tenants[0],
      parkedSinceMs,
      lastSuccessMs
    })
    /** @param {any[]} tenants */
    const times = tenants => {
      const [{ row }] = places.assign({ ...statsOf({}), tenants }, 1).listed
      return [row.parkedSinceMs, row.lastSuccessMs]
    }
    expect(times([row(null, null), row(null, null)])).toEqual([null, null])
    expect(times([row(7, null), row(null, 9)])).toEqual([7, 9])
    expect(times([row(null, 4), row(8, 3)])).toEqual([8, 4])
    expect(times([row(9, 1), row(5, 2), row(6, 3)])).toEqual([5, 3])
  })
})

test('series stand in the order in which they came, in whatever order rows are counted', () => {
  const places = new Places()
  const names = (/** @type {Record<string, number>} */ open) =>
    places.assign(statsOf(open), 3).listed.map(({ row }) => row.tenant)
  expect(names({ b: 1, a: 1 })).toEqual(['b', 'a'])
  expect(names({ d: 1, a: 1, c: 1, b: 1 })).toEqual(['b', 'a', 'd'])
})

test('no counter ever falls, whoever comes and goes, and none is counted twice', () => {
  let seed = 7
  const random = (/** @type {number} */ below) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  for (let history = 0; history < 200; history++) {
    const places = new Places()
    /** @type {Record<string, number>} */
    const open = {}
    let closed = 0
    let next = 0
    /** @type {Map<string, number>} */
    let before = new Map()
    let grown = 0
    for (let step = 0; step < 40; step++) {
      const names = Object.keys(open)
      const name = names[random(names.length || 1)]
      const deed = random(4)
      if (deed === 0 || names.length === 0) open[`t${next++}`] = 0
      else if (deed === 3 && random(2) === 0) open[`${name.split('/')[0]}/${next++}`] = 0
      else if (deed === 1) {
        closed += open[name]
        delete open[name]
      } else {
        open[name] += 1 + random(9)
      }
      const said = new Map(Object.entries(say(places, statsOf(open, closed), 3)))
      for (const [series, value] of said) {
        // A tenant's series begins where it stands; the sum alone is always there.
        if (before.has(series)) grown += value - /** @type {number} */ (before.get(series))
        expect(value).toBeGreaterThanOrEqual(before.get(series) ?? 0)
      }
      before = said
    }
    const all = Object.values(open).reduce((sum, count) => sum + count, closed)
    expect(grown).toBeLessThanOrEqual(all)
  }
})
