'use strict'

// The JSON form of a route: what it holds, what opens from it, and what does not.

const { NO_OPTIONS, Route } = require('../../lib/routing/routing')
const {
  ACME,
  FIRST_LANE,
  GLOBEX,
  counted,
  everythingOf,
  openOwnRoute,
  openerOf,
  refusal,
  throwing,
  unreadable
} = require('./setup')

const UNKNOWN = {
  code: 'SPANLANE_INVALID_ROUTE',
  message: 'this route reference is not known here: it expired or comes from another process'
}
const NEEDS_PROCESSOR = {
  code: 'SPANLANE_INVALID_ROUTE',
  message:
    'this route has a processor, which a reference cannot carry: llmobs.route(reference, { processor })'
}
const REFERENCE = FIRST_LANE.toString(16).padStart(32, '0')
const mask = () => null

/** @param {Record<string, any>} [options] of its route */
function openedOnce(options) {
  const opened = openerOf()
  const route = opened.opener.open({ ...ACME, ...options })
  const json = JSON.parse(JSON.stringify(route))
  opened.asked.length = 0
  return { ...opened, route, json }
}

/** @param {any} route */
const shapeOf = ({ laneId, tenant, site, isDefault, options }) => [
  laneId,
  tenant,
  site,
  isDefault,
  { ...options }
]

describe('the JSON form of a route', () => {
  test('refers to its lane, and says its options', () => {
    const { opener } = openerOf()
    const options = { mlApp: 'shop', service: 'pay', env: 'prod', sampleRate: 0, captureContent: false }
    expect(opener.open(ACME).toJSON()).toEqual({ reference: REFERENCE })
    expect(opener.open({ ...ACME, ...options }).toJSON()).toEqual({ reference: REFERENCE, ...options })
  })

  test('says that there is a processor', () => {
    const { route } = openedOnce({ processor: mask, env: 'prod' })
    expect(route.toJSON()).toEqual({ reference: REFERENCE, env: 'prod', processor: true })
    expect(Object.keys(openedOnce().route.toJSON())).toEqual(['reference'])
  })

  test('is that of each target, where it has several', () => {
    const { opener } = openerOf()
    const route = opener.open({
      targets: [
        { ...ACME, mlApp: 'shop' },
        { ...GLOBEX, processor: mask }
      ]
    })
    const second = (FIRST_LANE + 1).toString(16).padStart(32, '0')
    expect(route.toJSON()).toEqual({
      targets: [
        { reference: REFERENCE, mlApp: 'shop' },
        { reference: second, processor: true }
      ]
    })
  })

  test('refers to nothing for one that was refused', () => {
    expect(new Route(null, null, NO_OPTIONS, false).toJSON()).toEqual({ reference: null })
  })
})

describe('what opens from it', () => {
  test.each([
    ['its text', (/** @type {any} */ json) => json.reference],
    ['the whole', (/** @type {any} */ json) => json],
    ['the whole without a prototype', (/** @type {any} */ json) => Object.assign(Object.create(null), json)],
    ['the whole beside a key, which nobody reads', (/** @type {any} */ json) => ({ ...json, ...GLOBEX })]
  ])('from %s is the lane', (_, inputOf) => {
    const { opener, json, asked } = openedOnce()
    for (const route of [opener.open(inputOf(json)), opener.openAgain(inputOf(json))]) {
      expect(shapeOf(route)).toEqual([FIRST_LANE, 'acme', 'datadoghq.eu', false, {}])
      expect(Route.is(route)).toBe(true)
    }
    expect(asked).toStrictEqual([
      ['importRoute', REFERENCE],
      ['importRoute', REFERENCE]
    ])
  })

  test('has its options', () => {
    const { opener, json } = openedOnce({ mlApp: 'shop', captureContent: false })
    expect({ ...opener.open(json).options }).toEqual({ mlApp: 'shop', captureContent: false })
    expect({ ...opener.open(json.reference).options }).toEqual({})
    expect(refusal(() => opener.open({ ...json, captureContent: 'false' }))).toEqual({
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'route option "captureContent" must be true or false, got string'
    })
  })

  test('has several targets', () => {
    const { opener } = openerOf()
    const route = opener.open({ targets: [{ ...ACME, mlApp: 'shop' }, GLOBEX] })
    const again = opener.open(JSON.parse(JSON.stringify(route)))
    expect(again.targets?.map(shapeOf)).toEqual(route.targets?.map(shapeOf))
  })

  test('is the default route where it was', () => {
    const { opener, core } = openerOf()
    const json = openOwnRoute(core).toJSON()
    expect(opener.open(json).isDefault).toBe(true)
    expect(opener.find(json.reference)?.isDefault).toBe(true)
  })
})

describe('a processor', () => {
  test.each([
    undefined,
    null,
    {},
    { processor: undefined },
    { processor: null },
    5,
    Object.create({ processor: mask })
  ])('has to be given again, and %p gives none', extra => {
    const { opener, json, asked } = openedOnce({ processor: mask })
    expect(refusal(() => opener.open(json, /** @type {any} */ (extra)))).toEqual(NEEDS_PROCESSOR)
    expect(refusal(() => opener.open({ targets: [json, GLOBEX] }, /** @type {any} */ (extra)))).toEqual(
      NEEDS_PROCESSOR
    )
    expect(asked).toEqual([])
  })

  test('that is given again is the route’s, and of each target', () => {
    const { opener, json } = openedOnce({ processor: mask })
    const other = () => null
    expect({ ...opener.open(json, { processor: other }).options }).toEqual({ processor: other })
    expect({ ...opener.open(json.reference, { processor: other }).options }).toEqual({ processor: other })
    const both = opener.open({ targets: [json, GLOBEX] }, { processor: other })
    expect(both.targets?.map(({ options }) => options.processor)).toEqual([other, other])
  })

  test('that is given beside a route without a reference is not lost', () => {
    const { opener } = openerOf()
    expect(opener.open(ACME, { processor: mask }).options.processor).toBe(mask)
    expect(opener.open({ ...ACME, processor: () => null }, { processor: mask }).options.processor).toBe(mask)
    expect(opener.open({ ...ACME, processor: mask }, { processor: undefined }).options.processor).toBe(mask)
    expect(opener.open({ ...ACME, processor: mask }).options.processor).toBe(mask)
  })

  test('that is given beside a route is that of a new one, with all its targets', () => {
    const { opener, core } = openerOf()
    const own = openOwnRoute(core)
    const other = () => null
    const route = opener.open({
      targets: [own, { ...ACME, mlApp: 'shop', processor: other }]
    })
    const masked = opener.open(route, { processor: mask })
    expect(
      masked.targets?.map(({ laneId, isDefault, options }) => [laneId, isDefault, { ...options }])
    ).toEqual([
      [own.laneId, true, { processor: mask }],
      [route.targets?.[1].laneId, false, { mlApp: 'shop', processor: mask }]
    ])
    expect(masked.core === core).toBe(true)
    expect(route.targets?.map(({ options }) => options.processor)).toEqual([undefined, other])
    for (const nothing of [undefined, {}, { processor: null }]) {
      expect(opener.open(route, /** @type {any} */ (nothing))).toBe(route)
    }
    expect(opener.open(opener.open(ACME), { processor: mask })).toMatchObject({
      tenant: 'acme',
      targets: null,
      options: { processor: mask }
    })
  })

  test('has to be a function', () => {
    const { opener, json } = openedOnce({ processor: mask })
    expect(refusal(() => opener.open(json, { processor: 'mask' }))).toEqual({
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'route option "processor" must be a function, got string'
    })
  })

  test('that is only said to be there, or not to be, is none', () => {
    const { opener, json } = openedOnce()
    for (const processor of [false, undefined, null, 'true', 1]) {
      expect({ ...opener.open({ ...json, processor }).options }).toEqual({})
    }
  })

  test('that cannot be read is said to be unreadable', () => {
    const { opener, json } = openedOnce()
    expect(refusal(() => opener.open(json, throwing({}, 'processor')))).toEqual(unreadable('processor'))
    expect(refusal(() => opener.open(throwing(json, 'processor')))).toEqual(unreadable('processor'))
  })
})

describe('no reference', () => {
  test.each([
    ['an empty text', ''],
    ['a text that is too short', 'f'.repeat(31)],
    ['a text that is too long', 'f'.repeat(33)],
    ['a megabyte', '0'.repeat(1_000_000)],
    ['a number', 5],
    ['a list of one', [REFERENCE]],
    ['what has its length', { length: 32 }],
    ['false', false]
  ])('is %s, and the core is not asked', (_, reference) => {
    const { opener, asked } = openedOnce()
    expect(refusal(() => opener.open({ reference }))).toEqual(UNKNOWN)
    expect(opener.find(reference)).toBeNull()
    if (typeof reference === 'string') expect(refusal(() => opener.open(reference))).toEqual(UNKNOWN)
    expect(asked).toEqual([])
  })

  test('is one that the core does not know', () => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener.open('f'.repeat(32)))).toEqual(UNKNOWN)
    expect(refusal(() => opener.open({ reference: 'f'.repeat(32) }))).toEqual(UNKNOWN)
    expect(opener.find('f'.repeat(32))).toBeNull()
    expect(asked).toEqual(Array(3).fill(['importRoute', 'f'.repeat(32)]))
  })

  test.each([null, undefined])('is %p, in the JSON form of a route that was refused', reference => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener.open({ reference }))).toEqual(UNKNOWN)
    expect(refusal(() => opener.open({ targets: [{ reference }] }))).toEqual(UNKNOWN)
    expect(asked).toEqual([])
    // A row of a table may have such a column.
    expect(opener.open({ ...ACME, reference }).tenant).toBe('acme')
    expect(opener.open({ targets: [{ ...ACME, reference }] }).tenant).toBe('acme')
  })

  test('is inherited', () => {
    const { opener, json } = openedOnce()
    expect(refusal(() => opener.open(Object.create(json))).code).toBe('SPANLANE_INVALID_API_KEY')
  })

  test('can be read of what throws', () => {
    const { opener, json } = openedOnce()
    expect(refusal(() => opener.open(throwing(json, 'reference')))).toEqual(unreadable('reference'))
  })
})

test('each field of it is read once', () => {
  const { opener, json } = openedOnce({ mlApp: 'shop', processor: mask })
  const { input, reads } = counted(json)
  opener.open(input, { processor: mask })
  expect(reads.sort()).toEqual(['mlApp', 'processor', 'reference'])
  const nested = counted(json)
  const extra = counted({ processor: mask })
  opener.open({ targets: [nested.input, GLOBEX] }, extra.input)
  expect(nested.reads.sort()).toEqual(['mlApp', 'processor', 'reference'])
  expect(extra.reads).toEqual(['processor'])
})

describe('the route of an exported span', () => {
  test('is that of its lane, without options', () => {
    const { opener, json, core } = openedOnce({ mlApp: 'shop', processor: mask })
    const route = opener.find(json.reference)
    expect(shapeOf(route)).toEqual([FIRST_LANE, 'acme', 'datadoghq.eu', false, {}])
    expect([route?.core === core, route?.options === NO_OPTIONS]).toEqual([true, true])
  })
})

test('no key is in a route, in its JSON form or in what opens from it', () => {
  const { opener, route, json } = openedOnce({ mlApp: 'shop', processor: mask })
  for (const shown of [
    route,
    json,
    opener.open(json, { processor: mask }),
    opener.find(json.reference),
    opener
  ]) {
    expect(everythingOf(shown)).not.toMatch(/([abd])\1{7}/)
  }
  expect(everythingOf(route)).toContain('Route { tenant: "acme", site: "datadoghq.eu" }')
  expect(everythingOf(new Route(null, null, NO_OPTIONS, false))).toContain(
    'Route { tenant: null, site: null }'
  )
})
