'use strict'

const { createLLMObs } = require('../..')
const { expectNothingCrossed, keyFingerprint } = require('../../testing')
const { makeAuthority } = require('../support/certificates')
const { startConnectProxy } = require('../support/connect-proxy')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')
const { KEYS } = require('../support/wire')

const SITES = ['datadoghq.com', 'datadoghq.eu', 'us5.datadoghq.com']
const HOSTS = SITES.flatMap(site => [`llmobs-intake.${site}`, `api.${site}`])

/** One name for each (key, site): two sites under one key, two keys on one site. */
const TENANTS = [
  { name: 'acme-us', key: KEYS.acme, site: 'datadoghq.com' },
  { name: 'acme-eu', key: KEYS.acme, site: 'datadoghq.eu' },
  { name: 'globex-eu', key: KEYS.globex, site: 'datadoghq.eu' },
  { name: 'initech-us5', key: KEYS.initech, site: 'us5.datadoghq.com' }
]

const { start } = intakes()

beforeAll(() => {
  // The machine's own exceptions must not lead around the proxy of this test.
  delete process.env.NO_PROXY
  delete process.env.no_proxy
})

const authority = makeAuthority()

/** A span and an evaluation of it, in the tenant's routing context. */
function speak(llmobs, { name, key, site }) {
  const tags = { owner: name }
  return llmobs.withRoutingContext({ ddApiKey: key, ddSite: site, tenant: name }, () => {
    const span = llmobs.trace({ kind: 'llm', name: `span of ${name}` }, () => {
      llmobs.annotate({ inputData: `question of ${name}`, outputData: 'answer', tags })
      return llmobs.exportSpan()
    })
    llmobs.submitEvaluation(span, { label: 'quality', metricType: 'score', value: 1, tags })
  })
}

describe('over TLS, through a proxy, to the real host names', () => {
  test.each([
    ['without credentials', {}],
    ['with credentials', { username: 'user', password: 'p@ss:word' }]
  ])('each body reaches its own host with its own key: %s', async (_, credentials) => {
    const intake = await start({ tls: authority.issue(HOSTS) })
    const proxy = await startConnectProxy({ targetPort: intake.port, ...credentials })
    const llmobs = createLLMObs({ mlApp: 'shop', ca: authority.ca, proxy: proxy.url })
    for (const tenant of TENANTS) speak(llmobs, tenant)
    await expect(llmobs.flush()).resolves.toMatchObject({ delivered: 8, rejected: 0, dropped: 0, pending: 0 })

    for (const { name, key, site } of TENANTS) {
      const there = intake.requests.filter(
        request => request.site === site && request.keyFingerprint === keyFingerprint(key)
      )
      expect(there.map(({ host }) => host).sort()).toEqual([`api.${site}`, `llmobs-intake.${site}`])
      expect(intake.spans({ site, key }).map(span => span.name)).toEqual([`span of ${name}`])
    }
    expect(new Set(proxy.tunnels.map(tunnel => tunnel.authority))).toEqual(
      new Set(HOSTS.map(host => `${host}:443`))
    )
    expect(proxy.tunnels.every(({ authorized }) => authorized)).toBe(true)
    expectNothingCrossed(
      intake,
      Object.fromEntries(TENANTS.map(({ name, key, site }) => [name, { key, site }]))
    )
    await llmobs.shutdown()
    await proxy.close()
  })

  test.each([
    ['an unknown authority', 'tls_unknown_issuer', () => authority.issue(HOSTS), makeAuthority().ca],
    [
      'a certificate for other hosts',
      'tls_name_mismatch',
      () => authority.issue(['llmobs-intake.example.com']),
      authority.ca
    ],
    ['an expired certificate', 'tls_expired', () => authority.issue(HOSTS, { isExpired: true }), authority.ca]
  ])('nothing is sent to a host with %s: %s', async (_, reason, issue, ca) => {
    const intake = await start({ tls: issue() })
    const proxy = await startConnectProxy({ targetPort: intake.port })
    /** @type {(text: string) => void} */
    let warn = () => {}
    const warned = new Promise(resolve => {
      warn = resolve
    })
    const logger = { debug() {}, info() {}, warn: text => warn(text), error() {} }
    const llmobs = createLLMObs({ mlApp: 'shop', ca, proxy: proxy.url, logger })
    speak(llmobs, TENANTS[0])
    await expect(warned).resolves.toMatch(`retrying: ${reason}`)
    expect(llmobs.stats().total).toMatchObject({ submitted: 2, delivered: 0, held: 2 })
    expect(proxy.tunnels.length).toBeGreaterThan(0)
    expect(intake.requests).toEqual([])
    await llmobs.shutdown({ timeoutMs: 0 })
    await proxy.close()
  })
})

test('a proxy that wants to know who asks is told apart', async () => {
  const intake = await start({ tls: authority.issue(HOSTS) })
  const proxy = await startConnectProxy({ targetPort: intake.port, username: 'user', password: 'secret' })
  const llmobs = createLLMObs({
    mlApp: 'shop',
    ca: authority.ca,
    proxy: `http://user:wrong@127.0.0.1:${proxy.port}`,
    logger: {}
  })
  await expect(llmobs.verifyRoute({ ddApiKey: KEYS.acme })).resolves.toEqual({
    ok: false,
    status: null,
    reason: 'proxy_auth_required'
  })
  await llmobs.shutdown()
  await proxy.close()
})

test.each(['http', 'https'])('without a proxy the environment is not asked for one: %s', async scheme => {
  const intake = await start(scheme === 'https' ? { tls: authority.issue(['127.0.0.1']) } : {})
  const options = { mlApp: 'shop', apiKey: KEYS.acme, intakeUrl: intake.url, proxy: false, ca: authority.ca }
  const program = `
    const llmobs = require('.').createLLMObs(${JSON.stringify(options)})
    llmobs.trace({ kind: 'task', name: 'direct' }, () => {})
    llmobs.flush().then(({ delivered }) => process.stdout.write(String(delivered)))
  `
  const nowhere = 'http://127.0.0.1:9'
  const names = ['http_proxy', 'https_proxy', 'all_proxy'].flatMap(name => [name, name.toUpperCase()])
  const env = Object.fromEntries(names.map(name => [name, nowhere]))
  const { stdout, stderr } = await runChild(['-e', program], { env })
  expect({ stdout, stderr }).toEqual({ stdout: '1', stderr: '' })
})
