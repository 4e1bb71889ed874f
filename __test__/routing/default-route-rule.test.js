'use strict'

// Where the operator's own data goes: what the code says wrong is thrown, what the environment says wrong is told.

const { openDefaultRoute } = require('../../lib/routing/default-route')
const { NO_OPTIONS, Route } = require('../../lib/routing/routing')
const { DEFAULT_SITE, KEYS, coded, everythingOf, refusal, standInCore } = require('./setup')

const BAD_KEY = `${KEYS.platform} `
const NAMES = ['DD_API_KEY', 'DATADOG_API_KEY']
const before = NAMES.map(name => process.env[name])

beforeEach(() => {
  for (const name of NAMES) delete process.env[name]
})
afterAll(() => {
  for (const [index, name] of NAMES.entries()) {
    delete process.env[name]
    if (before[index] !== undefined) process.env[name] = before[index]
  }
})

/** @param {{ site?: string, siteIsOption?: boolean, core?: any }} [settings] */
function opened({ site = DEFAULT_SITE, siteIsOption = false, core } = {}) {
  const standIn = standInCore()
  /** @type {string[]} */
  const warned = []
  const config = /** @type {any} */ ({
    site,
    siteIsOption,
    logger: { warn: (/** @type {string} */ line) => warned.push(line) }
  })
  const open = (/** @type {any} */ options) => openDefaultRoute(core ?? standIn.core, config, options)
  return { ...standIn, warned, open }
}

/** @param {string} message */
const warningOf = message =>
  `no default route: ${message}; correct DD_API_KEY or DD_SITE, or give the options apiKey and site ` +
  '(docs/troubleshooting.md#no_default_route)'

describe('the default route', () => {
  test.each([
    ['the option', { apiKey: KEYS.platform }, undefined],
    ['the environment', undefined, KEYS.platform],
    ['the option before the environment', { apiKey: KEYS.platform }, KEYS.acme]
  ])('is of the key of %s', (_, options, variable) => {
    if (variable !== undefined) process.env.DD_API_KEY = variable
    const { open, asked, core, warned } = opened({ site: 'datadoghq.eu' })
    const route = open(options)
    expect(asked).toStrictEqual([
      ['openRoute', KEYS.platform, { ddSite: 'datadoghq.eu', tenant: null, isDefault: true }]
    ])
    expect(Route.is(route)).toBe(true)
    expect([route?.core === core, route?.options === NO_OPTIONS, route?.isDefault]).toEqual([
      true,
      true,
      true
    ])
    expect([route?.tenant, route?.site, warned]).toEqual(['default', 'datadoghq.eu', []])
    expect(everythingOf(route)).not.toMatch(/([abd])\1{7}/)
  })

  test('is none without a key', () => {
    const { open, asked, warned } = opened()
    expect([open(undefined), open({})]).toEqual([null, null])
    expect([asked, warned]).toEqual([[], []])
  })
})

describe('a key that the core refuses', () => {
  test('is thrown as the core says it, where the code gave it', () => {
    const { open, warned } = opened({ siteIsOption: false })
    expect(refusal(() => open({ apiKey: BAD_KEY }))).toEqual({
      code: 'SPANLANE_INVALID_API_KEY',
      message: 'this key has a space'
    })
    expect(warned).toEqual([])
  })

  test('is told, where the environment gave it, whoever gave the site', () => {
    process.env.DD_API_KEY = `${KEYS.platform} ${KEYS.platform}`
    for (const siteIsOption of [true, false]) {
      const { open, warned } = opened({ siteIsOption })
      expect(open(undefined)).toBeNull()
      expect(warned).toEqual([warningOf('this key has a space')])
    }
  })
})

describe('a site that the core refuses', () => {
  test('is thrown, where the code gave it, whoever gave the key', () => {
    process.env.DD_API_KEY = KEYS.platform
    for (const options of [undefined, { apiKey: KEYS.platform }]) {
      const { open, warned } = opened({ site: 'nowhere.example', siteIsOption: true })
      expect(refusal(() => open(options))).toEqual({
        code: 'SPANLANE_INVALID_SITE',
        message: 'this site is not known'
      })
      expect(warned).toEqual([])
    }
  })

  test('is told, where the environment gave it', () => {
    const { open, warned } = opened({ site: 'nowhere.example' })
    expect(open({ apiKey: KEYS.platform })).toBeNull()
    expect(warned).toEqual([warningOf('this site is not known')])
  })
})

test('what the core cannot do is thrown or told as a wrong key', () => {
  const core = {
    openRoute() {
      throw coded('SPANLANE_TOO_MANY_ROUTES', 'there are too many')
    }
  }
  const { open, warned } = opened({ core, siteIsOption: true })
  expect(refusal(() => open({ apiKey: KEYS.platform })).code).toBe('SPANLANE_TOO_MANY_ROUTES')
  process.env.DD_API_KEY = KEYS.platform
  expect(open(undefined)).toBeNull()
  expect(warned).toEqual([warningOf('there are too many')])
})

test('an option that is no text is thrown before the core is asked', () => {
  const { open, asked } = opened()
  expect(refusal(() => open({ apiKey: 5 })).code).toBe('SPANLANE_INVALID_API_KEY')
  expect(asked).toEqual([])
})
