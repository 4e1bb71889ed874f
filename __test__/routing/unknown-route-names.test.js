'use strict'

// A misspelt name must not send data elsewhere, and a whole row of a table may stand where a route is expected.

const { checkNames } = require('../../lib/routing/route-options')
const { ACME, KEYS, openerOf, refusal, revoked, throwing } = require('./setup')

/** @param {Record<string, any>} input @returns {any[][]} what was noted */
function notesOf(input) {
  /** @type {any[][]} */
  const notes = []
  const reports = /** @type {any} */ ({ note: (/** @type {any[]} */ ...said) => notes.push(said) })
  expect(checkNames(input, reports)).toBeUndefined()
  return notes
}

/** @param {string} text */
const noted = text => ['SPANLANE_INVALID_ROUTE', text]

test('known names say nothing, whatever they hold', () => {
  const names = 'ddApiKey ddSite tenant targets mlApp service env sampleRate captureContent processor'.split(
    ' '
  )
  for (const value of [undefined, null, '', 1]) {
    expect(notesOf(Object.fromEntries(names.map(name => [name, value])))).toEqual([])
  }
})

describe('a name that means a known one is refused', () => {
  test.each([
    ['ddsite', 'ddSite'],
    ['DDSITE', 'ddSite'],
    ['dd_site', 'ddSite'],
    ['dd-site', 'ddSite'],
    ['_dd__site-', 'ddSite'],
    ['site', 'ddSite'],
    ['Site', 'ddSite'],
    ['apiKey', 'ddApiKey'],
    ['api_key', 'ddApiKey'],
    ['API-KEY', 'ddApiKey'],
    ['DD_API_KEY', 'ddApiKey'],
    ['Tenant', 'tenant'],
    ['Targets', 'targets'],
    ['ml_app', 'mlApp'],
    ['Service', 'service'],
    ['ENV', 'env'],
    ['sample_rate', 'sampleRate'],
    ['capture-content', 'captureContent'],
    ['Processor', 'processor']
  ])('%s', (name, meant) => {
    const expected = {
      code: 'SPANLANE_INVALID_ROUTE',
      message: `route option "${name}" is not known: "${meant}" is meant`
    }
    for (const nothing of [{}, { [meant]: undefined }, { [meant]: null }, Object.create({ [meant]: 1 })]) {
      expect(refusal(() => notesOf(Object.assign(nothing, { [name]: KEYS.acme })))).toEqual(expected)
    }
    expect(notesOf({ [name]: 1, [meant]: 'given' })).toEqual([])
    expect(notesOf({ [name]: 1, [meant]: '' })).toEqual([])
  })

  test('by both entrances, with nothing asked of the core', () => {
    const { opener, asked } = openerOf()
    const input = { ddApiKey: KEYS.acme, site: 'datadoghq.eu' }
    const expected = {
      code: 'SPANLANE_INVALID_ROUTE',
      message: 'route option "site" is not known: "ddSite" is meant'
    }
    expect(refusal(() => opener.open(input))).toEqual(expected)
    expect(refusal(() => opener.openAgain(input))).toEqual(expected)
    expect(refusal(() => opener.open({ targets: [input] }))).toEqual(expected)
    expect(asked).toEqual([])
  })

  test('and not noted as well', () => {
    const { opener, notes } = openerOf()
    const { ddSite: _, ...row } = ACME
    expect(refusal(() => opener.open({ ...row, ddsite: 'datadoghq.eu' })).code).toBe('SPANLANE_INVALID_ROUTE')
    expect(notes).toEqual([])
  })

  test('behind others that say nothing', () => {
    expect(refusal(() => notesOf({ id: 5, ddApiKey: 'k', tenantId: 1, site: 'x' })).message).toBe(
      'route option "site" is not known: "ddSite" is meant'
    )
  })
})

describe('a name that is near to a known one is told', () => {
  test.each([
    ['tenantId', 'tenant'],
    ['tenant_id', 'tenant'],
    ['tenantName', 'tenant'],
    ['tennant', 'tenant'],
    ['ddSites', 'ddSite'],
    ['servise', 'service'],
    ['sampleRates', 'sampleRate']
  ])('%s', (name, near) => {
    const text = `route option "${name}" is not known: did you mean "${near}"?`
    for (const nothing of [{}, { [near]: undefined }, { [near]: null }]) {
      expect(notesOf({ ...nothing, [name]: 1 })).toEqual([noted(text)])
    }
    expect(notesOf({ [name]: 1, [near]: 'given' })).toEqual([])
  })

  test('each of them, and the route is opened', () => {
    const { opener, notes } = openerOf()
    const { tenant: _, ...unnamed } = ACME
    const route = opener.openAgain({ ...unnamed, tennant: 'acme', processsor: 1 })
    expect(notes).toEqual([
      noted('route option "tennant" is not known: did you mean "tenant"?'),
      noted('route option "processsor" is not known: did you mean "processor"?')
    ])
    expect([route.tenant === 'acme', { ...route.options }]).toEqual([false, {}])
  })

  test('but no text that may be something else than a name', () => {
    expect(notesOf({ 'tenant%': 1 })).toEqual([
      noted('route option one of the names is not known: did you mean "tenant"?')
    ])
  })
})

test.each(['id', 'created', 'plan', 'x'.repeat(100), KEYS.acme, '', '__proto__', 'constructor'])(
  'a name near to nothing says nothing: %p',
  name => {
    expect(notesOf(Object.defineProperty({}, name, { value: 1, enumerable: true }))).toEqual([])
  }
)

test('inherited, hidden and symbolic names are no names', () => {
  const input = Object.create(
    { site: 'x' },
    { apiKey: { value: 'x' }, [Symbol('ddsite')]: { value: 1, enumerable: true } }
  )
  expect(notesOf(input)).toEqual([])
})

test('no value is read for its name', () => {
  for (const name of ['ddApiKey', 'mlApp', 'targets']) expect(notesOf(throwing({}, name))).toEqual([])
  expect(notesOf(throwing({}, 'id'))).toEqual([])
})

test('names that cannot be read are refused, and not why', () => {
  expect(refusal(() => notesOf(revoked()))).toEqual({
    code: 'SPANLANE_INVALID_ROUTE',
    message: 'the options of the routing context could not be read'
  })
})
