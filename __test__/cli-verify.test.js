'use strict'

const { randomBytes } = require('node:crypto')
const path = require('node:path')
const { ddTraceFindings, environmentFindings, nodeFinding } = require('../lib/cli/doctor-command')
const { adviceFor } = require('../lib/cli/route-advice')
const { keyFingerprint } = require('../testing')
const { intakes } = require('./support/intake')
const { startChild } = require('./support/run-child')

const BIN = 'bin/spanlane.js'
const { start } = intakes()

/** Runs a command with what is piped into it. */
async function run(args, { env = {}, input = '' } = {}) {
  const { child, ended } = startChild([BIN, ...args], { env })
  child.stdin?.end(input)
  return ended
}

const FORBIDDEN = { actions: [{ status: 403, times: Number.POSITIVE_INFINITY }] }

describe('spanlane verify', () => {
  test.each([
    ['standard input', key => ({ input: `${key}\n` })],
    ['DD_API_KEY', key => ({ env: { DD_API_KEY: key } })],
    ['another variable', key => ({ env: { CUSTOMER_KEY: key } }), '--key-env', 'CUSTOMER_KEY']
  ])('takes the key from %s, and says that it works', async (...row) => {
    const [, given, ...options] = row
    const key = randomBytes(16).toString('hex')
    const { url, requests } = await start()
    const { env, input } = { env: {}, ...given(key) }
    const told = await run(['verify', '--site', 'datadoghq.eu', ...options], {
      env: { SPANLANE_INTAKE_URL: url, ...env },
      input
    })
    expect(told).toMatchObject({
      code: 0,
      stdout: `It works: key ${keyFingerprint(key)} (SHA-256) at datadoghq.eu, status 202.\n`,
      stderr: ''
    })
    expect(requests.map(({ site, keyFingerprint: one }) => [site, one])).toEqual([
      ['datadoghq.eu', keyFingerprint(key)]
    ])
  })

  test('says what to do and what to tell the customer when it is refused; the key is nowhere', async () => {
    const key = randomBytes(16).toString('hex')
    const { url } = await start({ script: FORBIDDEN })
    const { code, stdout, stderr } = await run(['verify', '--site', 'datadoghq.eu'], {
      env: { SPANLANE_INTAKE_URL: url },
      input: key
    })
    expect(code).toBe(1)
    expect(stdout).toContain('It does not work: key ')
    expect(stdout).toContain('at datadoghq.eu: key_refused, status 403.')
    expect(stdout).toContain(
      'For the customer: Datadog refused your API key at datadoghq.eu. A key belongs to one site'
    )
    expect(stdout + stderr).not.toContain(key)
  })

  test.each([
    [['verify'], {}, '--site is missing'],
    [['verify', '--site', 'datadoghq.eu'], {}, 'no key: pipe it into this command, or set DD_API_KEY'],
    [['verify', '--site', 'datadoghq.eu', '--key', 'x'], {}, "Unknown option '--key'"],
    [['verify', '--site', 'datadoghq.eu'], { input: 'x'.repeat(5000) }, 'standard input is no key'],
    [['verify', '--site', 'not a site'], { input: 'a'.repeat(32) }, 'ddSite']
  ])('%j ends with code 2', async (args, given, message) => {
    const { code, stdout, stderr } = await run(args, given)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).toContain('Try: spanlane verify --help')
  })

  test.each([
    ['key_refused', 403, 'A key belongs to one site'],
    ['server_error', 503, 'nothing yet'],
    ['dns_error', null, 'nothing: the fault lies between'],
    ['tls_unknown_issuer', null, 'nothing: the fault lies between'],
    ['proxy_refused', null, 'nothing: the fault lies between'],
    ['timeout', null, 'nothing: the fault lies between']
  ])('has advice for %s', (reason, status, customer) => {
    const advice = adviceFor({ ok: false, reason, status }, 'datadoghq.eu')
    expect(advice.customer).toContain(customer)
    expect(advice.cure).not.toBe('')
  })
})

describe('spanlane doctor', () => {
  test('finds nothing wrong where nothing is, and asks each site', async () => {
    const { url, requests } = await start({ script: FORBIDDEN })
    const { code, stdout, stderr } = await run(
      ['doctor', '--site', 'datadoghq.com', '--site', 'datadoghq.eu'],
      {
        env: { SPANLANE_INTAKE_URL: url }
      }
    )
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^ok {5}spanlane \d+\.\d+\.\d+ on Node\.js \d+/)
    expect(stdout).toContain('ok     the native part is loaded\n')
    expect(stdout).toContain('ok     datadoghq.com: reached\nok     datadoghq.eu: reached\n')
    expect(stdout).toContain('everything goes there, and to no site')
    expect(stdout.endsWith('\nNothing is wrong.\n')).toBe(true)
    expect(code).toBe(0)
    expect(requests.map(({ site }) => site)).toEqual(['datadoghq.com', 'datadoghq.eu'])
  })

  test('says of the real key that it is refused, and of a site that it cannot be reached', async () => {
    const { url } = await start({ script: FORBIDDEN })
    const key = randomBytes(16).toString('hex')
    const env = { SPANLANE_INTAKE_URL: url, DD_API_KEY: key, DD_SITE: 'datadoghq.eu' }
    const refused = await run(['doctor'], { env })
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain(
      'WRONG  datadoghq.eu: key_refused, status 403\n       ask for a key of this site'
    )
    expect(refused.stdout).not.toContain(key)
    const gone = await run(['doctor'], { env: { ...env, SPANLANE_INTAKE_URL: 'http://127.0.0.1:9' } })
    expect(gone.stdout).toContain('WRONG  datadoghq.eu: connect_error, no answer\n')
  })

  test('says that the native part is switched off', async () => {
    const { code, stdout } = await run(['doctor'], { env: { DD_LLMOBS_ENABLED: 'false' } })
    expect(code).toBe(1)
    expect(stdout).toContain('WRONG  DD_LLMOBS_ENABLED switches everything off\n       unset it\n')
  })

  const wrongs = findings => findings.filter(({ isGood }) => !isGood).map(({ what }) => what)

  test('looks at the environment, and shows no password', () => {
    const env = { HTTPS_PROXY: 'http://user:secret@proxy.example:3128', NODE_EXTRA_CA_CERTS: 'package.json' }
    const found = environmentFindings(env)
    expect(found.map(({ what }) => what)).toEqual([
      'HTTPS_PROXY: by proxy.example:3128',
      'NODE_EXTRA_CA_CERTS: package.json'
    ])
    expect(wrongs(environmentFindings({ NODE_EXTRA_CA_CERTS: 'no-such-file' }))).toEqual([
      'NODE_EXTRA_CA_CERTS: no-such-file cannot be read (ENOENT)'
    ])
    expect(wrongs(environmentFindings({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }))).toHaveLength(1)
    expect(wrongs(environmentFindings({ HTTPS_PROXY: 'nowhere' }))).toEqual(['HTTPS_PROXY is no URL'])
  })

  test('knows the versions that fit', () => {
    expect(nodeFinding('20.0.0').isGood).toBe(true)
    expect(nodeFinding('18.20.0')).toMatchObject({ isGood: false, cure: 'install Node.js >=20' })
    expect(ddTraceFindings(path.join(__dirname, '..'))).toEqual([
      { isGood: true, what: expect.stringMatching(/^dd-trace \d+\.\d+\.\d+ beside it$/) }
    ])
    expect(ddTraceFindings('/')).toEqual([{ isGood: true, what: 'no dd-trace beside it' }])
  })
})
