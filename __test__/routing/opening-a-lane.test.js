'use strict'

// What the core is asked for when a route is given, and what is refused before it is asked.

const { NO_OPTIONS, Route, checkLabel } = require('../../lib/routing/routing')
const {
  ACME,
  DEFAULT_SITE,
  FIRST_LANE,
  FIRST_TENANT,
  GLOBEX,
  KEYS,
  counted,
  openerOf,
  refusal,
  revoked,
  throwing,
  unreadable
} = require('./setup')

const WITHOUT_KEY =
  'Where a customer has none, call the function without a routing context (outsideContexts says where its spans ' +
  "go), or set onInvalidRoute: 'drop', which runs it and counts its spans"
/** Both ways in. @type {('open' | 'openAgain')[]} */
const WAYS = ['open', 'openAgain']

describe.each(WAYS)('%s', way => {
  test('asks for the lane of key, site and label', () => {
    const { opener, asked } = openerOf()
    const route = opener[way](ACME)
    const destination = { ddSite: 'datadoghq.eu', tenant: 'acme', isDefault: false }
    expect(asked.filter(([what]) => what === 'openRoute')).toEqual([['openRoute', KEYS.acme, destination]])
    expect(route).toBeInstanceOf(Route)
    expect([route.laneId, route.tenantId]).toEqual([FIRST_LANE, FIRST_TENANT])
    expect([route.tenant, route.site, route.isDefault]).toEqual(['acme', 'datadoghq.eu', false])
    expect([route.targets, route.sampler, { ...route.options }]).toEqual([null, null, {}])
  })

  test.each([
    ['not given', {}],
    ['undefined', { ddSite: undefined, tenant: undefined }],
    ['null', { ddSite: null, tenant: null }]
  ])("asks for the instance's site and no label where they are %s", (_, fields) => {
    const { opener, asked } = openerOf()
    const route = opener[way]({ ddApiKey: KEYS.acme, ...fields })
    const destination = { ddSite: DEFAULT_SITE, tenant: null, isDefault: false }
    expect(asked.at(-1)).toEqual(['openRoute', KEYS.acme, destination])
    expect(route.site).toBe(DEFAULT_SITE)
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['number', 5],
    ['function', () => ACME]
  ])('refuses %s for options', (type, input) => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way](input))).toEqual({
      code: 'SPANLANE_INVALID_API_KEY',
      message: `ddApiKey is required for routing context, got ${type} for options. ${WITHOUT_KEY}`
    })
    expect(asked).toEqual([])
  })

  test.each([
    ['no key', {}, 'got undefined'],
    ['null for a key', { ddApiKey: null }, 'got null'],
    ['an empty key', { ddApiKey: '' }, 'it is empty'],
    ['a number for a key', { ddApiKey: 5 }, 'got number'],
    ['a list for a key', { ddApiKey: [KEYS.acme] }, 'got array'],
    ['an object for a key', { ddApiKey: { toString: () => KEYS.acme } }, 'got object'],
    ['a String object for a key', { ddApiKey: new String(KEYS.acme) }, 'got object'],
    ['a symbol for a key', { ddApiKey: Symbol(KEYS.acme) }, 'got symbol'],
    ['a key under a symbol', { [Symbol.for('ddApiKey')]: KEYS.acme }, 'got undefined'],
    ['an inherited key', Object.create(ACME), 'got undefined'],
    ['a list', [KEYS.acme], 'got undefined']
  ])('refuses %s', (_, input, problem) => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way](input))).toEqual({
      code: 'SPANLANE_INVALID_API_KEY',
      message: `ddApiKey is required for routing context: a string, ${problem}. ${WITHOUT_KEY}`
    })
    expect(asked).toEqual([])
  })

  test.each([
    ['a number', 5, 'number'],
    ['a list', ['datadoghq.eu'], 'array'],
    ['an object', {}, 'object'],
    ['false', false, 'boolean']
  ])('refuses %s for a site', (_, ddSite, type) => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way]({ ...ACME, ddSite }))).toEqual({
      code: 'SPANLANE_INVALID_SITE',
      message: `ddSite must be a string, as "datadoghq.eu", got ${type}`
    })
    expect(asked).toEqual([])
  })

  test.each([
    ['a number', 7, 'tenant must be a string, got number'],
    ['a list', ['acme'], 'tenant must be a string, got array'],
    ['false', false, 'tenant must be a string, got boolean'],
    ['the first half of a surrogate pair', 'a\ud83d', 'tenant must not have half of a surrogate pair'],
    ['the second half of one', '\ude00a', 'tenant must not have half of a surrogate pair'],
    ['both halves the wrong way round', '\ude00\ud83d', 'tenant must not have half of a surrogate pair']
  ])('refuses %s for a label', (_, tenant, message) => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way]({ ...ACME, tenant }))).toEqual({
      code: 'SPANLANE_INVALID_TENANT',
      message
    })
    expect(asked).toEqual([])
  })

  test('leaves an empty site and an empty label to the core', () => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way]({ ...ACME, ddSite: '' })).code).toBe('SPANLANE_INVALID_SITE')
    opener[way]({ ...ACME, tenant: '' })
    expect(
      asked.filter(([what]) => what === 'openRoute').map(([, , { ddSite, tenant }]) => [ddSite, tenant])
    ).toEqual([
      ['', 'acme'],
      ['datadoghq.eu', '']
    ])
  })

  test('repeats what the core says of a key', () => {
    const { opener } = openerOf()
    expect(refusal(() => opener[way]({ ddApiKey: `${KEYS.acme} ${KEYS.acme}` }))).toEqual({
      code: 'SPANLANE_INVALID_API_KEY',
      message: 'this key has a space'
    })
  })

  test('takes nothing that is inherited', () => {
    const { opener, asked } = openerOf()
    const route = opener[way](
      Object.assign(Object.create({ ddSite: 'datadoghq.eu', tenant: 'acme' }), {
        ddApiKey: KEYS.globex
      })
    )
    expect(asked.at(-1)).toEqual([
      'openRoute',
      KEYS.globex,
      { ddSite: DEFAULT_SITE, tenant: null, isDefault: false }
    ])
    expect(route.tenant).not.toBe('acme')
  })

  test('takes an object without a prototype, and one whose fields are hidden', () => {
    const { opener } = openerOf()
    const bare = Object.assign(Object.create(null), ACME)
    expect(opener[way](bare).laneId).toBe(FIRST_LANE)
    const hidden = Object.defineProperties({}, Object.getOwnPropertyDescriptors(Object.freeze({ ...ACME })))
    expect(opener[way](Object.defineProperty(hidden, 'more', { value: 1 })).laneId).toBe(FIRST_LANE)
  })

  test('reads each field once', () => {
    const { opener } = openerOf()
    const { input, reads } = counted(ACME)
    opener[way](input)
    expect(reads.sort()).toEqual(['ddApiKey', 'ddSite', 'tenant'])
  })

  test.each(['ddApiKey', 'ddSite', 'tenant'])('says that %s could not be read, and not why', name => {
    const { opener, asked } = openerOf()
    expect(refusal(() => opener[way](throwing(ACME, name)))).toEqual(unreadable(name))
    expect(asked).toEqual([])
  })

  test('takes what a Proxy lets it see', () => {
    const { opener } = openerOf()
    expect(opener[way](new Proxy({ ...ACME }, {})).tenant).toBe('acme')
    expect(refusal(() => opener[way](revoked()))).toEqual(unreadable('reference'))
    const hidesItsNames = new Proxy(
      { ...ACME },
      {
        ownKeys() {
          throw new Error(KEYS.acme)
        }
      }
    )
    expect(refusal(() => opener[way](hidesItsNames))).toEqual({
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'the options of the routing context could not be read'
    })
  })

  test('gives a route back as it is, to its own instance', () => {
    const { opener, asked } = openerOf()
    const route = opener.open({ ...ACME, mlApp: 'theirs' })
    asked.length = 0
    expect(opener[way](route)).toBe(route)
    expect(asked).toEqual([])
    expect(refusal(() => openerOf().opener[way](route))).toEqual({
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'this route belongs to another LLMObs instance'
    })
  })

  test.each([
    ['a copy', (/** @type {any} */ route) => ({ ...route })],
    ['a Proxy', (/** @type {any} */ route) => new Proxy(route, {})],
    ['a part', ({ laneId, tenantId }) => ({ laneId, tenantId, ddApiKey: KEYS.acme })]
  ])('refuses %s of a route', (_, copyOf) => {
    const { opener, asked } = openerOf()
    const copy = copyOf(opener.open(ACME))
    asked.length = 0
    expect(refusal(() => opener[way](copy))).toEqual({
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'this is a copy of a route: send route.toJSON() and open it with llmobs.route'
    })
    expect(asked).toEqual([])
  })

  test.each(['laneId', 'tenantId'])('takes a row of a table that has a column %s', name => {
    expect(openerOf().opener[way]({ ...ACME, [name]: 5 }).tenant).toBe('acme')
  })
})

describe('a route', () => {
  test('is only what this class made', () => {
    const { opener } = openerOf()
    const route = opener.open(ACME)
    expect(Route.is(route)).toBe(true)
    const others = [
      undefined,
      null,
      5,
      'route',
      Symbol('route'),
      () => route,
      {},
      { ...route },
      Object.create(route)
    ]
    expect(others.map(Route.is)).toEqual(others.map(() => false))
    expect(Route.is(new Proxy(route, {}))).toBe(false)
  })

  test('that was refused has no lane', () => {
    const route = new Route(null, null, NO_OPTIONS, false)
    expect([route.tenantId, route.tenant, route.site, route.laneId]).toEqual([-1, null, null, 0])
    expect([route.core, route.isRefused, route.options, route.isDefault]).toEqual([
      null,
      true,
      NO_OPTIONS,
      false
    ])
    expect([route.targets, route.sampler]).toEqual([null, null])
  })

  test('is frozen, with its targets', () => {
    const { opener } = openerOf()
    const route = opener.open({ targets: [ACME, GLOBEX] })
    const parts = [route, route.options, route.targets, ...(route.targets ?? [])]
    expect(parts.map(Object.isFrozen)).toEqual(parts.map(() => true))
    expect(Object.isFrozen(opener.openAgain(ACME))).toBe(true)
  })
})

describe('a label', () => {
  test.each([['acme'], [''], ['\ud83d\ude00'], ['\u{1f600}\u{1f600}'], ['\ufffd']])('may be %p', label => {
    expect(checkLabel(label)).toBeUndefined()
  })

  test.each([
    [undefined, 'tenant must be a string, got undefined'],
    [null, 'tenant must be a string, got null'],
    [{ toString: () => 'acme' }, 'tenant must be a string, got object'],
    ['\ud800', 'tenant must not have half of a surrogate pair'],
    ['\udfff', 'tenant must not have half of a surrogate pair']
  ])('may not be %p', (label, message) => {
    expect(refusal(() => checkLabel(label))).toEqual({ code: 'SPANLANE_INVALID_TENANT', message })
  })
})
