'use strict'

const { ACME, KEYS, sdk, thrownBy } = require('./setup')

const { open } = sdk()

const KEY = KEYS.acme

/** @type {[what: string, options: unknown, code: string][]} */
const REFUSED = [
  ['no options', undefined, 'SPANLANE_INVALID_API_KEY'],
  ['null', null, 'SPANLANE_INVALID_API_KEY'],
  ['a number', 5, 'SPANLANE_INVALID_API_KEY'],
  ['no key', {}, 'SPANLANE_INVALID_API_KEY'],
  ['an empty key', { ddApiKey: '' }, 'SPANLANE_INVALID_API_KEY'],
  ['a number as key', { ddApiKey: 12345 }, 'SPANLANE_INVALID_API_KEY'],
  ['an object as key', { ddApiKey: { toString: () => KEY } }, 'SPANLANE_INVALID_API_KEY'],
  ['an inherited key', Object.create({ ddApiKey: KEY }), 'SPANLANE_INVALID_API_KEY'],
  ['white space as key', { ddApiKey: ' \n' }, 'SPANLANE_INVALID_API_KEY'],
  ['white space in a key', { ddApiKey: `${KEY} ${KEY}` }, 'SPANLANE_INVALID_API_KEY'],
  ['a line break in a key', { ddApiKey: `${KEY}\r\nhost: evil` }, 'SPANLANE_INVALID_API_KEY'],
  ['NUL in a key', { ddApiKey: `${KEY}\0` }, 'SPANLANE_INVALID_API_KEY'],
  ['a key beyond ASCII', { ddApiKey: `${KEY}ä` }, 'SPANLANE_INVALID_API_KEY'],
  ['an empty site', { ddApiKey: KEY, ddSite: '' }, 'SPANLANE_INVALID_SITE'],
  ['a number as site', { ddApiKey: KEY, ddSite: 1 }, 'SPANLANE_INVALID_SITE'],
  ['an unknown site', { ddApiKey: KEY, ddSite: 'evil.example' }, 'SPANLANE_INVALID_SITE'],
  ['user info in a site', { ddApiKey: KEY, ddSite: 'x@datadoghq.com' }, 'SPANLANE_INVALID_SITE'],
  ['a port in a site', { ddApiKey: KEY, ddSite: 'datadoghq.com:8443' }, 'SPANLANE_INVALID_SITE'],
  ['a path in a site', { ddApiKey: KEY, ddSite: 'datadoghq.com/x' }, 'SPANLANE_INVALID_SITE'],
  ['a scheme in a site', { ddApiKey: KEY, ddSite: 'https://datadoghq.com' }, 'SPANLANE_INVALID_SITE'],
  ['a look-alike site', { ddApiKey: KEY, ddSite: 'datadogһq.com' }, 'SPANLANE_INVALID_SITE'],
  ['a trailing dot', { ddApiKey: KEY, ddSite: 'datadoghq.com.' }, 'SPANLANE_INVALID_SITE'],
  ['a gov site', { ddApiKey: KEY, ddSite: 'ddog-gov.com' }, 'SPANLANE_INVALID_SITE'],
  ['a number as tenant', { ddApiKey: KEY, tenant: 7 }, 'SPANLANE_INVALID_TENANT'],
  ['an empty tenant', { ddApiKey: KEY, tenant: '' }, 'SPANLANE_INVALID_TENANT'],
  ['a line break in a tenant', { ddApiKey: KEY, tenant: 'a\nb' }, 'SPANLANE_INVALID_TENANT'],
  ['the reserved tenant', { ddApiKey: KEY, tenant: 'default' }, 'SPANLANE_INVALID_TENANT'],
  ['the key as tenant', { ddApiKey: KEY, tenant: KEY }, 'SPANLANE_INVALID_TENANT'],
  ['half a surrogate pair in a tenant', { ddApiKey: KEY, tenant: 'a\ud800' }, 'SPANLANE_INVALID_TENANT'],
  ['a misspelt site', { ddApiKey: KEY, ddsite: 'datadoghq.eu' }, 'SPANLANE_INVALID_ROUTE'],
  ['a site by a near name', { ddApiKey: KEY, site: 'datadoghq.eu' }, 'SPANLANE_INVALID_ROUTE'],
  ['an empty mlApp', { ddApiKey: KEY, mlApp: '' }, 'SPANLANE_INVALID_ROUTE'],
  ['a rate above 1', { ddApiKey: KEY, sampleRate: 1.001 }, 'SPANLANE_INVALID_ROUTE'],
  ['a rate below 0', { ddApiKey: KEY, sampleRate: -0.001 }, 'SPANLANE_INVALID_ROUTE'],
  ['NaN as rate', { ddApiKey: KEY, sampleRate: Number.NaN }, 'SPANLANE_INVALID_ROUTE'],
  ['text as captureContent', { ddApiKey: KEY, captureContent: 'false' }, 'SPANLANE_INVALID_ROUTE'],
  ['text as processor', { ddApiKey: KEY, processor: 'mask' }, 'SPANLANE_INVALID_ROUTE'],
  ['no targets', { targets: [] }, 'SPANLANE_INVALID_ROUTE'],
  ['targets and a key', { ddApiKey: KEY, targets: [ACME] }, 'SPANLANE_INVALID_ROUTE'],
  ['an unknown target', { targets: ['other'] }, 'SPANLANE_INVALID_ROUTE'],
  ['targets in a target', { targets: [{ targets: [ACME] }] }, 'SPANLANE_INVALID_ROUTE'],
  ['17 targets', { targets: Array(17).fill(ACME) }, 'SPANLANE_INVALID_ROUTE'],
  ['an unknown reference', { reference: '0'.repeat(32) }, 'SPANLANE_INVALID_ROUTE']
]

/** @type {[what: string, options: any][]} */
const ACCEPTED = [
  ['a key with white space around it', { ddApiKey: ` ${KEY}\n` }],
  ['a site in capitals, with white space around it', { ddApiKey: KEY, ddSite: ' DataDogHQ.eu ' }],
  ['a rate of 0', { ddApiKey: KEY, sampleRate: 0 }],
  ['a rate of 1', { ddApiKey: KEY, sampleRate: 1 }],
  [
    'a customer record with other fields',
    { ddApiKey: KEY, ddSite: 'datadoghq.eu', id: 5, site: 'acme.example' }
  ],
  ['16 targets', { targets: Array(16).fill(ACME) }],
  [
    'null, which is not given',
    { ddApiKey: KEY, ddSite: null, tenant: null, targets: null, mlApp: null, sampleRate: null }
  ],
  ['a whole surrogate pair in a tenant', { ddApiKey: KEY, tenant: '\ud83d\ude00' }]
]

describe('a wrong route is refused before the function runs', () => {
  test.each(REFUSED)('%s', async (_what, options, code) => {
    const { llmobs } = await open()
    let hasRun = false
    const error = thrownBy(() =>
      llmobs.withRoutingContext(/** @type {any} */ (options), () => {
        hasRun = true
      })
    )
    expect(error).toBeInstanceOf(TypeError)
    expect(error.code).toBe(code)
    expect(hasRun).toBe(false)
    expect(`${error.message}${error.stack}`).not.toContain(KEY)
    expect(thrownBy(() => llmobs.route(/** @type {any} */ (options))).code).toBe(code)
  })

  test.each(ACCEPTED)('%s is accepted', async (_what, options) => {
    const { llmobs } = await open()
    expect(llmobs.withRoutingContext(options, () => 'ran')).toBe('ran')
  })

  test.each([undefined, null, 5, {}])('a function is needed: %p', async fn => {
    const { llmobs } = await open()
    const error = thrownBy(() => llmobs.withRoutingContext(ACME, /** @type {any} */ (fn)))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.code).toBe('SPANLANE_INVALID_CALLBACK')
  })

  test('the text names the option and the type of its value', async () => {
    const { llmobs } = await open()
    const text = options => thrownBy(() => llmobs.withRoutingContext(options, () => {})).message
    expect(text({ ddApiKey: 5 })).toMatch(
      /^ddApiKey is required for routing context: a string, got number\. /
    )
    expect(text({ ddApiKey: KEY, ddSite: [] })).toBe('ddSite must be a string, as "datadoghq.eu", got array')
    expect(text({ ddApiKey: KEY, ddSIte: 'datadoghq.eu' })).toBe(
      'route option "ddSIte" is not known: "ddSite" is meant'
    )
  })

  test.each([[undefined], [{}], [{ ddApiKey: null }], [{ ddApiKey: '' }], [{ ddApiKey: ' ' }]])(
    'the text says what to do for a customer without a key: %p',
    async options => {
      const { llmobs } = await open()
      const { message } = thrownBy(() => llmobs.withRoutingContext(/** @type {any} */ (options), () => {}))
      expect(message).toMatch(/^ddApiKey is required for routing context.*without a routing context/)
      expect(message).toMatch(/outsideContexts.*onInvalidRoute: 'drop'/)
    }
  )

  test('a target "default" needs a default route', async () => {
    const { llmobs } = await open({ apiKey: undefined })
    expect(thrownBy(() => llmobs.route({ targets: [ACME, 'default'] })).code).toBe('SPANLANE_INVALID_ROUTE')
  })

  test('a target must not be a route with targets', async () => {
    const { llmobs } = await open()
    const both = llmobs.route({ targets: [ACME, 'default'] })
    expect(thrownBy(() => llmobs.route({ targets: [both] })).code).toBe('SPANLANE_INVALID_ROUTE')
  })

  test('a route of another instance is refused', async () => {
    const first = await open()
    const second = await open()
    const route = first.llmobs.route(ACME)
    expect(thrownBy(() => second.llmobs.withRoutingContext(route, () => {})).code).toBe(
      'SPANLANE_INVALID_ROUTE'
    )
  })
})
