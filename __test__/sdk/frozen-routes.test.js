'use strict'

// Nothing that an application writes on a Route, or merges into one, changes where a tenant's spans go.

const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()

/** @param {any} target @param {any} source */
function merge(target, source) {
  for (const key of Object.keys(source)) {
    try {
      if (typeof source[key] === 'object' && source[key] !== null && typeof target[key] === 'object') {
        merge(target[key], source[key])
      } else {
        target[key] = source[key]
      }
    } catch {
      // In strict code a write is refused aloud.
    }
  }
}

const quietly = (/** @type {() => unknown} */ write) => {
  try {
    write()
  } catch {}
}

/** @param {any} route @returns {(string | symbol)[]} */
function namesOn(route) {
  const names = []
  for (let owner = route; owner !== Object.prototype; owner = Object.getPrototypeOf(owner)) {
    names.push(...Reflect.ownKeys(owner))
  }
  return names.filter(name => name !== 'constructor')
}

/** @type {[how: string, write: (mine: any, other: any) => void][]} */
const WRITES = [
  [
    'each field is set',
    (mine, other) => {
      for (const name of namesOn(mine)) quietly(() => (mine[name] = other[name]))
    }
  ],
  [
    'each field is defined anew',
    (mine, other) => {
      for (const name of namesOn(mine))
        quietly(() => Object.defineProperty(mine, name, { value: other[name], configurable: true }))
    }
  ],
  [
    'each field is deleted',
    mine => {
      for (const name of namesOn(mine)) quietly(() => Reflect.deleteProperty(mine, name))
    }
  ],
  ['the other one is assigned', (mine, other) => quietly(() => Object.assign(mine, other))],
  ['the other one is merged, however deep', (mine, other) => merge(mine, { ...other })],
  [
    'numbers of the other one are merged',
    (mine, { laneId, tenantId }) =>
      merge(mine, {
        laneId,
        tenantId,
        handle: { laneId, tenantId },
        options: { mlApp: 'theirs' },
        core: { drop: 1 }
      })
  ],
  ['it gets another prototype', (mine, other) => quietly(() => Object.setPrototypeOf(mine, other))],
  [
    'its targets are changed',
    (mine, other) => {
      quietly(() => mine.targets?.push(other))
      quietly(() => (mine.targets[0] = other))
      quietly(() => (mine.targets = [other]))
    }
  ],
  [
    'its handle is changed',
    (mine, other) => {
      for (const name of ['laneId', 'tenantId', 'tenant', 'site'])
        quietly(() => Object.defineProperty(mine.handle, name, { value: other.handle[name] }))
    }
  ]
]

describe.each(WRITES)('%s', (_how, write) => {
  test.each([
    ['a route of its own', llmobs => llmobs.route({ ...ACME, mlApp: 'mine' })],
    ['the route of a context', llmobs => llmobs.withRoutingContext(ACME, () => llmobs.currentRoute())],
    ['a route that a reference opened', llmobs => llmobs.route(llmobs.route(ACME).toJSON())],
    ['a route with targets', llmobs => llmobs.route({ targets: [ACME, ACME, 'default'] })],
    ['the default route', llmobs => llmobs.currentRoute()]
  ])('%s', async (what, make) => {
    const { llmobs, intake } = await open({ outsideContexts: 'default' })
    const mine = /** @type {any} */ (make(llmobs))
    write(mine, llmobs.route(GLOBEX))
    const span = (/** @type {string} */ name) => () => llmobs.trace({ kind: 'llm', name }, () => {})
    llmobs.withRoutingContext(mine, span('by the route'))
    llmobs.withRoutingContext(ACME, span('by the key'))
    llmobs.withRoutingContext(
      { targets: [mine.targets === null ? mine : ACME, 'default'] },
      span('as a target')
    )
    span('outside')()
    await llmobs.flush()
    const owners = (/** @type {string} */ name) =>
      intake
        .arrivals()
        .filter(({ event }) => event.name === name)
        .map(({ site }) => site)
        .sort()
    const home = 'datadoghq.eu'
    const own = 'datadoghq.com'
    const isDefault = what === 'the default route'
    expect(owners('by the route')).toEqual(isDefault ? [own] : mine.targets === null ? [home] : [own, home])
    expect(owners('by the key')).toEqual([home])
    expect(owners('as a target')).toEqual(isDefault ? [own] : [own, home])
    expect(owners('outside')).toEqual([own])
    expect(llmobs.stats().tenants.map(({ tenant }) => tenant)).not.toContain('theirs')
  })
})

test('a route shows what it is as before', async () => {
  const { llmobs } = await open()
  const route = llmobs.route(ACME)
  expect(Object.isFrozen(route)).toBe(true)
  expect([route.tenant, route.site]).toEqual(['acme', 'datadoghq.eu'])
  expect(JSON.parse(JSON.stringify(route))).toEqual({ reference: expect.stringMatching(/^[0-9a-f]{32}$/) })
})
