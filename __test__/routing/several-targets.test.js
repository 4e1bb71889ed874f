'use strict'

// One route to several lanes: which lanes, with whose options, and what is no list of targets.

const {
  ACME,
  FIRST_LANE,
  GLOBEX,
  KEYS,
  counted,
  everythingOf,
  openOwnRoute,
  openerOf,
  refusal,
  revoked,
  throwing,
  unreadable
} = require('./setup')

/** @param {string} message */
const invalid = message => ({ code: 'SPANLANE_INVALID_ROUTE', message })
const NO_LIST = invalid('targets must be an array of 1 to 16 routes or "default"')
const noTarget = (/** @type {string} */ type) =>
  invalid(`each target must be a route or "default", got ${type}`)

const openerWithDefault = () => openerOf({ hasDefault: true })

/** @param {any} route @returns {[number, object][]} lanes, and the options of each */
const lanesOf = route =>
  (route.targets ?? [route]).map((/** @type {any} */ { laneId, options }) => [laneId, { ...options }])

/** @param {number} count */
const many = count =>
  Array.from({ length: count }, (_, index) => ({ ddApiKey: `${KEYS.acme}${index}`, tenant: `t${index}` }))

describe('a route with targets', () => {
  test('is the route of the first, and of each further one', () => {
    const { opener, defaultRoute } = openerWithDefault()
    const route = opener.open({ targets: [ACME, GLOBEX, 'default'] })
    expect([route.laneId, route.tenantId, route.tenant, route.site]).toEqual([
      defaultRoute.laneId + 1,
      defaultRoute.tenantId + 1,
      'acme',
      'datadoghq.eu'
    ])
    expect(route.targets?.[0]).toBe(route)
    const others = route.targets?.slice(1) ?? []
    expect(others.map(({ tenant, isDefault, targets }) => [tenant, isDefault, targets])).toEqual([
      ['globex', false, null],
      ['default', true, null]
    ])
    expect(others[1].laneId).toBe(defaultRoute.laneId)
    expect([route.core, route.isDefault]).toEqual([others[0].core, false])
  })

  test('has as many lanes as there may be', () => {
    const { opener, asked } = openerOf()
    expect(opener.open({ targets: many(16) }).targets).toHaveLength(16)
    asked.length = 0
    expect(refusal(() => opener.open({ targets: many(17) }))).toEqual(NO_LIST)
    expect(asked).toEqual([])
  })

  test('is the route of its target when it has but one', () => {
    const { opener, defaultRoute } = openerWithDefault()
    const known = opener.open({ ...ACME, mlApp: 'shop' })
    expect(opener.open({ targets: [known] })).toBe(known)
    expect(opener.open({ targets: [ACME] })).toMatchObject({ laneId: known.laneId, targets: null })
    const own = opener.open({ targets: ['default'] })
    expect([own.laneId, own.isDefault, own.targets]).toEqual([defaultRoute.laneId, true, null])
  })

  test('has each lane once, as it was named first', () => {
    const { opener } = openerOf()
    const route = opener.open({
      targets: [{ ...ACME, mlApp: 'one' }, GLOBEX, { ...ACME, mlApp: 'two' }, GLOBEX]
    })
    expect(lanesOf(route)).toEqual([
      [FIRST_LANE, { mlApp: 'one' }],
      [FIRST_LANE + 1, {}]
    ])
    expect(opener.open({ targets: [ACME, ACME] }).targets).toBeNull()
  })

  test('is a target of none, and a target of another instance is none', () => {
    const { opener } = openerOf()
    const both = opener.open({ targets: [ACME, GLOBEX] })
    expect(refusal(() => opener.open({ targets: [both] }))).toEqual(
      invalid('a target must not have targets itself')
    )
    const theirs = openerOf().opener.open(ACME)
    expect(refusal(() => opener.open({ targets: [theirs] }))).toEqual(
      invalid('this route belongs to another LLMObs instance')
    )
  })
})

describe('options beside targets', () => {
  test('are for each of them, but for what a target says itself', () => {
    const { opener } = openerWithDefault()
    const processor = () => null
    const route = opener.open({
      targets: [ACME, { ...GLOBEX, mlApp: 'own', captureContent: true }, 'default'],
      mlApp: 'shared',
      captureContent: false,
      processor
    })
    const shared = { mlApp: 'shared', captureContent: false, processor }
    expect(lanesOf(route).map(([, options]) => options)).toEqual([
      shared,
      { mlApp: 'own', captureContent: true, processor },
      shared
    ])
  })

  test('are for routes that were opened before, too, which stay what they are', () => {
    const { opener } = openerOf()
    const [acme, globex] = [opener.open({ ...ACME, mlApp: 'own' }), opener.open(GLOBEX)]
    const processor = () => null
    const route = opener.open({ targets: [acme, globex], mlApp: 'shared', processor })
    expect(lanesOf(route)).toEqual([
      [acme.laneId, { mlApp: 'own', processor }],
      [globex.laneId, { mlApp: 'shared', processor }]
    ])
    expect(route.targets?.map(({ isDefault, laneId }) => [isDefault, laneId])).toEqual([
      [false, acme.laneId],
      [false, globex.laneId]
    ])
    expect([{ ...acme.options }, { ...globex.options }]).toEqual([{ mlApp: 'own' }, {}])
    expect(opener.open({ targets: [acme, globex] }).targets?.[1]).toBe(globex)
  })

  test('leave the default route the default', () => {
    const { opener, core } = openerOf()
    const own = openOwnRoute(core)
    const route = opener.open({ targets: [own], captureContent: false })
    expect([route.isDefault, route.core === core, { ...route.options }]).toEqual([
      true,
      true,
      { captureContent: false }
    ])
  })

  test('are for references, too', () => {
    const { opener } = openerOf()
    const [acme, globex] = [
      JSON.parse(JSON.stringify(opener.open({ ...ACME, mlApp: 'own' }))),
      JSON.parse(JSON.stringify(opener.open(GLOBEX)))
    ]
    const route = opener.open({ targets: [acme, globex], mlApp: 'shared', captureContent: false })
    expect(lanesOf(route)).toEqual([
      [FIRST_LANE, { mlApp: 'own', captureContent: false }],
      [FIRST_LANE + 1, { mlApp: 'shared', captureContent: false }]
    ])
  })

  test.each(['ddApiKey', 'ddSite', 'tenant'])('are never its %s', name => {
    const { opener, asked } = openerOf()
    const expected = invalid(`${name} cannot stand beside targets: put it into a target`)
    for (const value of [KEYS.acme, '', 5]) {
      expect(refusal(() => opener.open({ targets: [ACME], [name]: value }))).toEqual(expected)
    }
    expect(asked).toEqual([])
    for (const value of [undefined, null]) {
      expect(opener.open({ targets: [ACME], [name]: value }).tenant).toBe('acme')
    }
  })

  test('are judged as those of one lane', () => {
    const { opener, asked, notes } = openerOf()
    expect(refusal(() => opener.open({ targets: [ACME], sampleRate: 2 }))).toEqual(
      invalid('route option "sampleRate" must be a number from 0 to 1, got number')
    )
    expect(asked).toEqual([])
    opener.open({ targets: [{ ...ACME, servise: 'x' }], processsor: 1 })
    expect(notes.map(([, text]) => text)).toEqual([
      'route option "processsor" is not known: did you mean "processor"?',
      'route option "servise" is not known: did you mean "service"?'
    ])
  })
})

describe('no list of targets', () => {
  test.each([
    ['an empty list', []],
    ['a text', 'default'],
    ['an object', { 0: ACME, length: 1 }],
    ['false', false],
    ['a set', new Set([ACME])],
    ['a route', () => ACME],
    ['a list that answers nothing', revoked()],
    ['a list with a length that is no number', new Proxy([ACME], { get: () => 'x' })],
    ['a list of less than nothing', new Proxy([ACME], { get: () => -1 })],
    ['a list whose length throws', throwingProxy('length')],
    ['a list whose target throws', throwingProxy('0')]
  ])('is %s', (_, targets) => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener.open({ targets }))).toEqual(NO_LIST)
    expect(asked).toEqual([])
  })

  test('is what throws when it is asked for', () => {
    expect(refusal(() => openerOf().opener.open(throwing({}, 'targets')))).toEqual(unreadable('targets'))
  })

  test.each([undefined, null])('is %p, which is not given', targets => {
    expect(openerOf().opener.open({ ...ACME, targets }).tenant).toBe('acme')
  })

  test('a list that is inherited', () => {
    const { opener } = openerOf()
    expect(refusal(() => opener.open(Object.create({ targets: [ACME] }))).code).toBe(
      'SPANLANE_INVALID_API_KEY'
    )
  })
})

describe('no target', () => {
  test.each([
    ['another text than "default"', 'Default', 'string'],
    ['a key', KEYS.acme, 'string'],
    ['a number', 5, 'number'],
    ['undefined', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a function', () => ACME, 'function'],
    ['what has targets itself', { ...ACME, targets: undefined }, 'object']
  ])('is %s', (_, target, type) => {
    const { opener } = openerOf()
    expect(refusal(() => opener.open({ targets: [ACME, target] }))).toEqual(noTarget(type))
  })

  test('is a hole in a list', () => {
    // biome-ignore lint/suspicious/noSparseArray: what a caller may give
    expect(refusal(() => openerOf().opener.open({ targets: [, ACME] }))).toEqual(noTarget('undefined'))
  })

  test('is "default" without a default route', () => {
    expect(refusal(() => openerOf().opener.open({ targets: ['default'] }))).toEqual(
      invalid('target "default" needs a default route: DD_API_KEY or the option "apiKey"')
    )
  })

  test('is one without a key, or with a wrong name or option', () => {
    const { opener } = openerOf()
    expect(refusal(() => opener.open({ targets: [{}] })).message).toMatch(
      /^ddApiKey is required for routing context: a string, got undefined\. /
    )
    expect(refusal(() => opener.open({ targets: [Object.create(ACME)] })).code).toBe(
      'SPANLANE_INVALID_API_KEY'
    )
    expect(refusal(() => opener.open({ targets: [{ ...ACME, env: '' }] }))).toEqual(
      invalid('route option "env" must be a string that is not empty, got string')
    )
    expect(refusal(() => opener.open({ targets: [revoked()] }))).toEqual(unreadable('targets'))
    expect(refusal(() => opener.open({ targets: [throwing(ACME, 'tenant')] }))).toEqual(unreadable('tenant'))
  })
})

test('each field is read once, beside targets and in them', () => {
  const { opener } = openerOf()
  const target = counted({ ...ACME, mlApp: 'own', sampleRate: 1 })
  const route = counted({ targets: [target.input], env: 'prod', processor: () => null })
  opener.open(route.input)
  expect(route.reads.sort()).toEqual(['env', 'processor', 'targets'])
  expect(target.reads.sort()).toEqual(['ddApiKey', 'ddSite', 'mlApp', 'sampleRate', 'tenant'])
})

test('a list is asked for its length once, and for each target once', () => {
  /** @type {unknown[]} */
  const asked = []
  const targets = new Proxy([ACME, GLOBEX], {
    get(list, name) {
      asked.push(name)
      return Reflect.get(list, name)
    }
  })
  openerOf().opener.open({ targets })
  expect(asked).toEqual(['length', '0', '1'])
})

test('no key is in what was opened', () => {
  const { opener } = openerOf()
  const route = opener.open({ targets: [ACME, { ...GLOBEX, mlApp: 'shop' }] })
  expect(everythingOf(route)).not.toMatch(/([abd])\1{7}/)
})

/** @param {string} name @returns {any} a list of one target that throws when asked for that */
function throwingProxy(name) {
  return new Proxy([ACME], {
    get(list, asked) {
      if (asked === name) throw new Error(KEYS.acme)
      return Reflect.get(list, asked)
    }
  })
}
