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
 * What a core says: tenants that are open, and what closed ones had.
 *
 * @param {Record<string, number>} open
 * @param {number} [closed]
 * @returns {any}
 */
function statsOf(open, closed = 0) {
  const tenants = Object.entries(open).map(([tenant, delivered]) => ({
    tenant,
    site: 'datadoghq.com',
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
