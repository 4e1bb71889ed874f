'use strict'

const { Genealogy } = require('../../bench/oracle/genealogy')
const { keyFingerprint } = require('../../testing')
const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

const DESTINATIONS = ['a', 'b'].map(letter => ({ ddApiKey: letter.repeat(32), ddSite: 'datadoghq.com' }))
const CLEAN = { copies: 4, wrongTenant: 0, missing: 0, duplicates: 0, wrongParent: 0, wrongTrace: 0 }

/** @param {number} owner @param {string} name @param {string} parentId @param {string} [traceId] */
function arrival(owner, name, parentId, traceId = `trace of ${owner}`) {
  const { ddApiKey, ddSite } = DESTINATIONS[owner]
  const place = `${ddSite} ${keyFingerprint(ddApiKey)}`
  return { place, name, spanId: `span ${name}`, parentId, traceId }
}

/** A span of the first tenant, one below it for both, and one of the second below that; all as they should arrive. */
function arrivals() {
  return [
    arrival(0, '0', 'undefined'),
    arrival(0, '1', 'span 0'),
    arrival(1, '1', 'undefined'),
    arrival(1, '2', 'span 1')
  ]
}

/** @param {(ReturnType<typeof arrival>)[]} arrived */
function verdictOn(arrived) {
  const genealogy = new Genealogy(DESTINATIONS)
  const first = genealogy.issue({ owners: [0], parent: null })
  const both = genealogy.issue({ owners: [0, 1], parent: first })
  genealogy.issue({ owners: [1], parent: both })
  for (const one of arrived) genealogy.arrive(one)
  return genealogy.judge()
}

describe('the oracle notices', () => {
  test('nothing where all is as it should be', () => {
    expect(verdictOn(arrivals())).toEqual(CLEAN)
  })

  test('a span at another tenant', () => {
    const arrived = arrivals()
    arrived[3] = arrival(0, '2', 'span 1')
    expect(verdictOn(arrived)).toMatchObject({ wrongTenant: 1, missing: 1 })
  })

  test('a span that did not arrive, and one that arrived twice', () => {
    const arrived = arrivals()
    arrived[3] = arrived[0]
    expect(verdictOn(arrived)).toMatchObject({ missing: 1, duplicates: 1 })
  })

  test('a parent of another tenant, another parent, and none', () => {
    const wrong = [arrival(1, '1', 'span 0'), arrival(0, '1', 'span 2'), arrival(1, '2', 'undefined')]
    for (const one of wrong) {
      const arrived = arrivals().map(right =>
        right.place === one.place && right.name === one.name ? one : right
      )
      expect(verdictOn(arrived)).toMatchObject({ wrongParent: 1 })
    }
  })

  test('a trace of two tenants, and one in two pieces', () => {
    const shared = [
      ...arrivals().slice(0, 2),
      ...arrivals()
        .slice(2)
        .map(one => ({ ...one, traceId: 'trace of 0' }))
    ]
    expect(verdictOn(shared)).toMatchObject({ wrongTrace: 2 })
    const torn = arrivals()
    torn[1] = arrival(0, '1', 'span 0', 'another')
    expect(verdictOn(torn)).toMatchObject({ wrongTrace: 1 })
  })
})

test.each(['3', '14'])(
  '40 programs that await, yield, stream and hand work over, of 20 tenants: seed %s',
  async seed => {
    const { figures, problems } = await soak([
      ...['mixed-programs', '--seed', seed],
      ...['--spans', '4000', '--programs', '40']
    ])
    expect(problems).toEqual([])
    expect(figures).toMatchObject({ wrongTenant: 0, wrongParent: 0, openAtEnd: 0, missing: 0 })
    expect(figures.spans).toBeGreaterThanOrEqual(4000)
    // Several targets, and names of another tenant's parents, must have been drawn, or the run shows little.
    expect(figures.copies).toBeGreaterThan(figures.spans)
    expect(figures.tenantMismatch).toBeGreaterThan(0)
  }
)
