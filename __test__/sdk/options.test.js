'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const tls = require('node:tls')
const { createLLMObs } = require('../..')
const { LIMITS } = require('../../lib/options/option-rules')
const { readApiKey, resolveOptions } = require('../../lib/options/options')
const { runChild } = require('../support/run-child')
const { Log, thrownBy } = require('./setup')

const LOOPBACK = { intakeUrl: 'http://127.0.0.1:1' }
const CERTIFICATE = tls.rootCertificates[0]

/** Runs `work` with exactly these variables of ours. */
function withEnv(env, work) {
  const before = { ...process.env }
  try {
    for (const name of Object.keys(process.env)) {
      if (/^_?DD_|^DATADOG_|^SPANLANE_|_proxy$|^NODE_EXTRA|^NODE_TLS|^OTEL_/i.test(name))
        delete process.env[name]
    }
    Object.assign(process.env, env)
    return work()
  } finally {
    process.env = before
  }
}

/**
 * @param {Record<string, any>} options
 * @param {Record<string, string>} [env]
 */
function resolve(options, env = {}) {
  return withEnv(env, () => resolveOptions({ ...LOOPBACK, ...options }))
}

test('every default', () => {
  const { logger, ...resolved } = withEnv({}, () => resolveOptions({}))
  expect(logger).toBeDefined()
  const { ca, ...settings } = resolved.settings
  expect(ca.length).toBeGreaterThan(100)
  expect({ ...resolved, settings }).toEqual({
    enabled: true,
    mlApp: require('../../package.json').name,
    service: null,
    env: null,
    version: null,
    hostTags: [],
    tenantTags: [],
    tracerVersion: 'spanlane-0.1.0',
    packageVersion: '0.1.0',
    pageUrl: null,
    platform: null,
    otelEnabled: false,
    tagsHeaderChars: 512,
    sampleRate: 1,
    outsideContexts: null,
    onInvalidRoute: 'throw',
    onMisuse: 'warn',
    site: 'datadoghq.com',
    siteIsOption: false,
    exitTimeoutMs: 3000,
    drainOnSignals: [],
    settings: {
      intakeUrl: null,
      allowedSites: [],
      proxy: null,
      noProxy: null,
      compression: 'none',
      flushIntervalMs: 1000,
      flushLingerMs: 200,
      requestTimeoutMs: 5000,
      maxEventBytes: 5_000_000,
      maxPayloadBytes: 5_000_000,
      maxBufferedBytes: 67_108_864,
      maxBufferedBytesPerTenant: 16_777_216,
      maxBufferedBytesFailing: 33_554_432,
      maxRequestsInFlight: 256,
      maxRequestsInFlightPerTenant: 2,
      deliveryThreads: 2,
      maxRetryAgeMs: 300_000,
      keepAlive: true,
      exitTimeoutMs: 3000,
      tracerVersion: 'spanlane-0.1.0'
    }
  })
})

describe('an option wins over its environment variable', () => {
  /** @type {[env: Record<string, string>, options: Record<string, any>, read: (resolved: any) => unknown, fromEnv: unknown, fromOption: unknown][]} */
  const PAIRS = [
    [{ DD_LLMOBS_ENABLED: 'false' }, { enabled: true }, o => o.enabled, false, true],
    [{ DD_LLMOBS_ENABLED: '0' }, { enabled: true }, o => o.enabled, false, true],
    [{ DD_LLMOBS_ML_APP: 'env' }, { mlApp: 'own' }, o => o.mlApp, 'env', 'own'],
    [{ DD_SERVICE: 'svc' }, { mlApp: 'own' }, o => o.mlApp, 'svc', 'own'],
    [{ DD_SERVICE: 'env' }, { service: 'own' }, o => o.service, 'env', 'own'],
    [{ DD_SERVICE_NAME: 'env' }, { service: 'own' }, o => o.service, 'env', 'own'],
    [{ OTEL_SERVICE_NAME: 'env' }, { service: 'own' }, o => o.service, 'env', 'own'],
    [{ DD_ENV: 'env' }, { env: 'own' }, o => o.env, 'env', 'own'],
    [{ DD_VERSION: '1' }, { version: '2' }, o => o.version, '1', '2'],
    [
      { DD_SITE: 'datadoghq.eu' },
      { site: 'us5.datadoghq.com' },
      o => o.site,
      'datadoghq.eu',
      'us5.datadoghq.com'
    ],
    [{ DD_LLMOBS_SAMPLE_RATE: '0.25' }, { sampleRate: 0.5 }, o => o.sampleRate, 0.25, 0.5],
    [
      { _DD_LLMOBS_FLUSH_INTERVAL: '500' },
      { flushIntervalMs: 250 },
      o => o.settings.flushIntervalMs,
      500,
      250
    ],
    [{ _DD_LLMOBS_TIMEOUT: '900' }, { requestTimeoutMs: 800 }, o => o.settings.requestTimeoutMs, 900, 800],
    [
      { HTTPS_PROXY: 'http://e:1' },
      { proxy: 'http://o:1' },
      o => o.settings.proxy,
      'http://e:1',
      'http://o:1'
    ],
    [{ https_proxy: 'http://e:1' }, { proxy: false }, o => o.settings.proxy, 'http://e:1', null],
    [{ ALL_PROXY: 'http://e:1' }, { proxy: false }, o => o.settings.proxy, 'http://e:1', null],
    [{ NO_PROXY: 'a.b' }, {}, o => o.settings.noProxy, 'a.b', 'a.b'],
    [{ DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH: '0' }, {}, o => o.tagsHeaderChars, 0, 0],
    [{ DD_TRACE_OTEL_ENABLED: 'true' }, {}, o => o.otelEnabled, true, true]
  ]

  test.each(PAIRS)('%j', (env, options, read, fromEnv, fromOption) => {
    expect(read(resolve({}, env))).toEqual(fromEnv)
    expect(read(resolve(options, env))).toEqual(fromOption)
  })

  test('DD_API_KEY and apiKey, read apart', () => {
    expect(withEnv({ DD_API_KEY: 'env' }, () => readApiKey({}))).toEqual({ apiKey: 'env', isOption: false })
    expect(withEnv({ DATADOG_API_KEY: 'env' }, () => readApiKey())).toEqual({
      apiKey: 'env',
      isOption: false
    })
    expect(withEnv({ DD_API_KEY: 'env' }, () => readApiKey({ apiKey: 'own' }))).toEqual({
      apiKey: 'own',
      isOption: true
    })
    expect(JSON.stringify(resolve({ apiKey: 'own key' }, { DD_API_KEY: 'env key' }))).not.toMatch(
      /own key|env key/
    )
  })

  test.each([undefined, null])('%p is not given', nothing => {
    const names = Object.keys(LIMITS).concat('enabled', 'mlApp', 'site', 'service', 'env', 'version', 'tags')
    const more = [
      'tenantTags',
      'sampleRate',
      'onInvalidRoute',
      'compression',
      'ca',
      'drainOnSignals',
      'logger'
    ]
    const options = Object.fromEntries([...names, ...more].map(name => [name, nothing]))
    const env = { DD_LLMOBS_ML_APP: 'env', DD_SITE: 'datadoghq.eu', DD_API_KEY: 'env' }
    const { logger: _one, ...resolved } = resolve(options, env)
    const { logger: _other, ...standard } = resolve({}, env)
    expect(resolved).toEqual(standard)
    expect(withEnv(env, () => readApiKey({ apiKey: nothing }))).toEqual({ apiKey: 'env', isOption: false })
    expect(withEnv(env, () => resolveOptions(nothing))).toMatchObject({ mlApp: 'env' })
  })

  test.each([
    [5, '5'],
    [2.5, '2.5'],
    [true, 'true'],
    [7n, '7']
  ])('%p as a name is text', (value, text) => {
    const names = { mlApp: value, service: value, env: value, version: value }
    expect(resolve(names)).toMatchObject({ mlApp: text, service: text, env: text, version: text })
  })

  test('an empty variable is not set', () => {
    expect(resolve({}, { DD_SITE: '', DD_SERVICE: '' })).toMatchObject({
      site: 'datadoghq.com',
      service: null
    })
  })
})

describe('what is wrong in the environment warns, and the default is used', () => {
  test.each([
    [{ DD_LLMOBS_SAMPLE_RATE: '2' }, o => o.sampleRate, 1],
    [{ DD_LLMOBS_SAMPLE_RATE: 'half' }, o => o.sampleRate, 1],
    [{ _DD_LLMOBS_FLUSH_INTERVAL: '1.5' }, o => o.settings.flushIntervalMs, 1000],
    [{ _DD_LLMOBS_TIMEOUT: '-1' }, o => o.settings.requestTimeoutMs, 5000],
    [{ DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH: 'x' }, o => o.tagsHeaderChars, 512]
  ])('%j', (env, read, standard) => {
    const logger = new Log()
    expect(read(resolve({ logger }, env))).toBe(standard)
    expect(logger.lines).toHaveLength(1)
    expect(logger.lines[0]).toContain(Object.keys(env)[0])
  })

  test('an unusable SPANLANE_INTAKE_URL disables: nothing goes to the real sites instead', () => {
    const logger = new Log()
    const { enabled } = withEnv({ SPANLANE_INTAKE_URL: 'http://gateway.example' }, () =>
      resolveOptions({ logger })
    )
    expect(enabled).toBe(false)
    expect(logger.lines).toEqual([expect.stringContaining('SPANLANE_INTAKE_URL must use https')])
  })

  test.each([{ HTTPS_PROXY: 'socks5://proxy:1080' }, { all_proxy: 'no url at all' }])(
    'a proxy that cannot be used (%j) disables: it is not gone round',
    env => {
      const logger = new Log()
      expect(resolve({ logger }, env).enabled).toBe(false)
      expect(logger.lines).toEqual([expect.stringContaining('must be the URL of an http: or https: proxy')])
    }
  )

  test('a SOCKS proxy is told of once, with what to do instead', () => {
    const logger = new Log()
    const { enabled } = resolve({ logger }, { ALL_PROXY: 'socks5://user:secret@proxy:1080' })
    expect(enabled).toBe(false)
    expect(logger.lines).toEqual([
      expect.stringMatching(/ALL_PROXY.*SOCKS.*HTTPS_PROXY or the option "proxy"/)
    ])
    expect(logger.lines[0]).not.toContain('secret')

    const other = resolve({ logger }, { ALL_PROXY: 'socks5://proxy:1080', HTTPS_PROXY: 'http://proxy:3128' })
    expect(other).toMatchObject({ enabled: true, settings: { proxy: 'http://proxy:3128' } })
    expect(logger.lines).toHaveLength(1)
  })

  test('NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored, with a warning', () => {
    const logger = new Log()
    resolve({ logger }, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(logger.lines).toEqual([expect.stringMatching(/NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored/)])
  })

  test.each([
    [{ DD_API_KEY: 'two words' }, /no default route: /],
    [{ DD_API_KEY: 'd'.repeat(32), DD_SITE: 'evil.example' }, /no default route: /],
    [{ DD_API_KEY: 'd'.repeat(32), DD_SITE: 'ddog-gov.com' }, /no default route: /]
  ])('no default route with %j', async (env, warning) => {
    const logger = new Log()
    const llmobs = withEnv(env, () => createLLMObs({ ...LOOPBACK, logger }))
    expect(llmobs.currentRoute()).toBeNull()
    expect(logger.lines).toEqual([expect.stringMatching(warning)])
    expect(logger.lines[0]).not.toContain('two words')
    await llmobs.shutdown()
  })
})

describe('what is wrong in an option throws, and names it', () => {
  const WHOLE = /must be a whole number from/
  /** @type {[options: any, type: Function, text: RegExp][]} */
  const WRONG = [
    [5, TypeError, /options must be an object, got number/],
    [[], TypeError, /options must be an object, got array/],
    [{ flushIntervalMS: 5 }, TypeError, /option "flushIntervalMS" is not known/],
    [{ enabled: 'yes' }, TypeError, /option "enabled" must be true or false, got string/],
    [{ mlApp: {} }, TypeError, /option "mlApp" must be a string, got object/],
    [{ version: [1] }, TypeError, /option "version" must be a string, got array/],
    [{ mlApp: '' }, TypeError, /option "mlApp" must not be empty/],
    [{ apiKey: 5 }, TypeError, /option "apiKey" must be a string/],
    [{ apiKey: [] }, TypeError, /option "apiKey" must be a string.*got array/],
    [{ site: 5 }, TypeError, /option "site" must be a string/],
    [{ tags: 'a:b' }, TypeError, /option "tags" must be an object, got string/],
    [{ tags: { a: {} } }, TypeError, /option "tags.a" must be a string, a number or a boolean, got object/],
    [{ tenantTags: 'a' }, TypeError, /option "tenantTags" must be an array of strings/],
    [{ tenantTags: [5] }, TypeError, /option "tenantTags\[0\]" must be a string, got number/],
    [{ sampleRate: '1' }, TypeError, /option "sampleRate" must be a number from 0 to 1/],
    [{ sampleRate: 1.01 }, RangeError, /option "sampleRate" must be a number from 0 to 1, got 1.01/],
    [{ sampleRate: Number.NaN }, RangeError, /option "sampleRate"/],
    [{ onInvalidRoute: 'ignore' }, TypeError, /option "onInvalidRoute" must be one of throw, drop/],
    [{ compression: 'zstd' }, TypeError, /option "compression" must be one of none, gzip/],
    [{ outsideContexts: true }, TypeError, /option "outsideContexts" must be one of auto, default, refuse/],
    [
      { outsideContexts: 'strict' },
      TypeError,
      /option "outsideContexts" must be one of auto, default, refuse/
    ],
    [{ strictRouting: true }, TypeError, /option "strictRouting" is not known/],
    [{ allowedSites: {} }, TypeError, /option "allowedSites"/],
    [{ intakeUrl: 'localhost' }, TypeError, /option "intakeUrl" must be an absolute URL/],
    [{ intakeUrl: 'ftp://127.0.0.1' }, TypeError, /option "intakeUrl" must start with https: or http:/],
    [
      { intakeUrl: 'http://10.0.0.1' },
      TypeError,
      /option "intakeUrl" must use https: unless its host is a loopback/
    ],
    [{ intakeUrl: 'http://127.0.0.1.evil.example' }, TypeError, /option "intakeUrl" must use https/],
    [{ intakeUrl: 'https://user:pass@gateway.example' }, TypeError, /option "intakeUrl" must hold no user/],
    [{ ca: 5 }, TypeError, /option "ca" must be PEM text/],
    [{ ca: ['not a certificate'] }, TypeError, /option "ca" holds no PEM certificate/],
    [{ proxy: 5 }, TypeError, /option "proxy" must be a string/],
    [
      { proxy: 'socks5://proxy:1080' },
      TypeError,
      /option "proxy" must be the URL of an http: or https: proxy/
    ],
    [{ logger: () => {} }, TypeError, /option "logger" must be an object/],
    [{ logger: { warn: 'yes' } }, TypeError, /option "logger.warn" must be a function/],
    [{ drainOnSignals: 'SIGTERM' }, TypeError, /option "drainOnSignals" must be an array/],
    [
      { drainOnSignals: ['SIGKILL'] },
      TypeError,
      /option "drainOnSignals" must name signals that can be caught/
    ],
    [{ drainOnSignals: ['toString'] }, TypeError, /option "drainOnSignals" must name signals/],
    [{ flushIntervalMs: '5' }, TypeError, WHOLE],
    [{ flushIntervalMs: 9 }, RangeError, WHOLE],
    [{ flushIntervalMs: 86_400_001 }, RangeError, WHOLE],
    [{ flushLingerMs: -1 }, RangeError, WHOLE],
    [{ requestTimeoutMs: 0 }, RangeError, WHOLE],
    [{ requestTimeoutMs: 600_001 }, RangeError, WHOLE],
    [{ maxEventBytes: 999 }, RangeError, WHOLE],
    [{ maxEventBytes: 5_000_001 }, RangeError, WHOLE],
    [{ maxPayloadBytes: 5_000_001 }, RangeError, WHOLE],
    [{ maxBufferedBytes: 999 }, RangeError, WHOLE],
    [{ maxBufferedBytesPerTenant: 1000.5 }, RangeError, WHOLE],
    [{ maxBufferedBytesFailing: 499 }, RangeError, WHOLE],
    [{ maxRequestsInFlight: 0 }, RangeError, WHOLE],
    [{ maxRequestsInFlight: 65_537 }, RangeError, WHOLE],
    [{ maxRequestsInFlightPerTenant: 0 }, RangeError, WHOLE],
    [{ deliveryThreads: 0 }, RangeError, WHOLE],
    [{ deliveryThreads: 65 }, RangeError, WHOLE],
    [{ maxRetryAgeMs: -1 }, RangeError, WHOLE],
    [{ exitTimeoutMs: 600_001 }, RangeError, WHOLE],
    [{ exitTimeoutMs: Number.POSITIVE_INFINITY }, RangeError, WHOLE]
  ]

  test.each(WRONG)('%j', (options, type, text) => {
    const error = thrownBy(() => withEnv({}, () => createLLMObs(options)))
    expect(error).toBeInstanceOf(type)
    expect(error.code).toBe(
      options?.apiKey === undefined ? 'SPANLANE_INVALID_OPTION' : 'SPANLANE_INVALID_API_KEY'
    )
    expect(error.message).toMatch(text)
  })

  test.each([
    [{ apiKey: 'two words' }, 'SPANLANE_INVALID_API_KEY'],
    [{ apiKey: 'd'.repeat(32), site: 'evil.example' }, 'SPANLANE_INVALID_SITE'],
    [{ apiKey: 'd'.repeat(32), site: 'ddog-gov.com' }, 'SPANLANE_INVALID_SITE'],
    // Without a default route: the first context that names no site would be the next to notice.
    [{ site: 'evil.example' }, 'SPANLANE_INVALID_SITE'],
    [{ site: 'us2.ddog-gov.com' }, 'SPANLANE_INVALID_SITE']
  ])('%j is judged by the core', (options, code) => {
    expect(thrownBy(() => withEnv({}, () => createLLMObs({ ...LOOPBACK, ...options }))).code).toBe(code)
  })

  test.each([
    [{ flushIntervalMs: 10, flushLingerMs: 0, requestTimeoutMs: 1, maxRetryAgeMs: 0, exitTimeoutMs: 0 }],
    [
      {
        flushIntervalMs: 86_400_000,
        flushLingerMs: 86_400_000,
        requestTimeoutMs: 600_000,
        exitTimeoutMs: 600_000
      }
    ],
    [{ maxEventBytes: 1000, maxPayloadBytes: 1000, maxBufferedBytes: 1000, maxBufferedBytesPerTenant: 1000 }],
    [{ maxEventBytes: 5_000_000, maxPayloadBytes: 5_000_000, maxRequestsInFlight: 65_536 }],
    [{ sampleRate: 0 }],
    [{ sampleRate: 1 }],
    [{ agentlessEnabled: true, projectName: 'ignored' }],
    [{ intakeUrl: 'http://[::1]:8126/' }],
    [{ intakeUrl: 'http://localhost:8126' }],
    [{ intakeUrl: 'https://gateway.example/base' }],
    [{ proxy: 'proxy.example:3128' }],
    [{ proxy: 'https://user:pass@proxy.example' }],
    [{ ca: CERTIFICATE }],
    [{ ca: [Buffer.from(CERTIFICATE)] }],
    [{ drainOnSignals: ['SIGTERM', 'SIGINT'] }],
    [{ logger: {} }]
  ])('%j is accepted', options => {
    expect(() => resolve(options)).not.toThrow()
  })

  test('inherited options are not read', () => {
    const options = Object.create({ mlApp: 'inherited', intakeUrl: 'http://127.0.0.1:9', enabled: false })
    expect(withEnv({ DD_SERVICE: 'svc' }, () => resolveOptions(options))).toMatchObject({
      mlApp: 'svc',
      enabled: true
    })
  })
})

describe('the roots that are trusted', () => {
  const https = { intakeUrl: 'https://gateway.example' }

  test('none are gathered for a loopback intake over http', () => {
    expect(resolve({ ca: CERTIFICATE }).settings.ca).toEqual([])
  })

  test("Node's own and those of the option", () => {
    const own = `${CERTIFICATE}\n`
    const { ca } = resolve({ ...https, ca: own }).settings
    expect(ca).toEqual(expect.arrayContaining([tls.rootCertificates[1], own]))
  })

  test('and those of NODE_EXTRA_CA_CERTS', () => {
    const getCACertificates = Object.getOwnPropertyDescriptor(tls, 'getCACertificates')
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-'))
    const file = path.join(folder, 'extra.pem')
    fs.writeFileSync(file, `${CERTIFICATE}\nextra`)
    try {
      // Where Node has its own list the file is in it, read at start; this is the other path.
      delete (/** @type {any} */ (tls).getCACertificates)
      const logger = new Log()
      const { ca } = resolve(https, { NODE_EXTRA_CA_CERTS: file }).settings
      expect(ca).toContain(`${CERTIFICATE}\nextra`)
      resolve({ ...https, logger }, { NODE_EXTRA_CA_CERTS: path.join(folder, 'missing.pem') })
      expect(logger.lines).toEqual([
        expect.stringMatching(/^NODE_EXTRA_CA_CERTS could not be read \(ENOENT\); correct the path/)
      ])
    } finally {
      if (getCACertificates !== undefined) Object.defineProperty(tls, 'getCACertificates', getCACertificates)
      fs.rmSync(folder, { recursive: true })
    }
  })
})

describe('the logger', () => {
  test('by default writes warnings to standard error, with the prefix', async () => {
    const env = { DD_LLMOBS_SAMPLE_RATE: 'x', DD_LLMOBS_ML_APP: 'shop' }
    const { stderr } = await runChild(['-e', "require('./lib/options/options').resolveOptions({})"], { env })
    expect(stderr).toMatch(/^spanlane: DD_LLMOBS_SAMPLE_RATE must be a number from 0 to 1: 1 is used; .*\n$/)
  })

  test('that throws disturbs nobody', () => {
    const logger = {
      warn() {
        throw new Error('disk full')
      }
    }
    expect(() => resolve({ logger }, { DD_LLMOBS_SAMPLE_RATE: 'x' })).not.toThrow()
  })
})
