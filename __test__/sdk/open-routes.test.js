'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')
const { ACME, GLOBEX, KEYS, sdk, thrownBy } = require('./setup')

const { open } = sdk()

/**
 * @param {any} llmobs
 * @param {any} options
 */
function routeIn(llmobs, options) {
  return llmobs.withRoutingContext(options, () => llmobs.currentRoute())
}

test('the same key, site and label again are the same route', async () => {
  const { llmobs } = await open()
  const first = routeIn(llmobs, ACME)
  expect(first).toMatchObject({ tenant: 'acme', site: 'datadoghq.eu' })
  expect(routeIn(llmobs, { ...ACME })).toBe(first)
  const plain = routeIn(llmobs, { ddApiKey: KEYS.acme })
  expect(routeIn(llmobs, { ddApiKey: KEYS.acme, ddSite: 'datadoghq.com' })).toBe(plain)
  expect(routeIn(llmobs, { ddApiKey: KEYS.acme, ddSite: undefined, tenant: undefined })).toBe(plain)
  expect(plain.tenantId).not.toBe(first.tenantId)
})

test.each([
  ['another key', { ddApiKey: KEYS.globex }],
  ['another site', { ddSite: 'us3.datadoghq.com' }],
  ['another label', { tenant: 'acme-2' }],
  ['no label', { tenant: undefined }],
  ['the label of another case', { tenant: 'ACME' }]
])('%s is another lane', async (_, change) => {
  const { llmobs } = await open()
  const first = routeIn(llmobs, ACME)
  expect(routeIn(llmobs, { ...ACME, ...change }).laneId).not.toBe(first.laneId)
  expect(routeIn(llmobs, ACME)).toBe(first)
})

test.each([
  ['a key with white space around it', { ddApiKey: ` ${KEYS.acme}\n` }],
  ['a site in capitals', { ddSite: ' DATADOGHQ.EU' }]
])('%s is the same lane', async (_, change) => {
  const { llmobs } = await open()
  const first = routeIn(llmobs, ACME)
  expect(routeIn(llmobs, { ...ACME, ...change }).laneId).toBe(first.laneId)
})

test('options of a route are its own', async () => {
  const { llmobs } = await open()
  const plain = routeIn(llmobs, ACME)
  const own = routeIn(llmobs, { ...ACME, mlApp: 'theirs' })
  expect(own.options).toMatchObject({ mlApp: 'theirs' })
  expect(own.laneId).toBe(plain.laneId)
  expect(routeIn(llmobs, ACME)).toBe(plain)
  const hidden = Object.defineProperty({ ...ACME }, 'mlApp', { value: 'hidden' })
  expect(routeIn(llmobs, hidden).options).toMatchObject({ mlApp: 'hidden' })
  const proxy = new Proxy({ ...ACME, mlApp: 'seen' }, {})
  expect(routeIn(llmobs, proxy).options).toMatchObject({ mlApp: 'seen' })
})

test('each option is read once, again too', async () => {
  const { llmobs } = await open()
  const reads = []
  const options = Object.defineProperties(
    {},
    Object.fromEntries(
      Object.entries(ACME).map(([name, value]) => [
        name,
        {
          enumerable: true,
          get() {
            reads.push(name)
            return value
          }
        }
      ])
    )
  )
  const first = routeIn(llmobs, options)
  expect(routeIn(llmobs, options)).toBe(first)
  expect(reads.sort()).toEqual(['ddApiKey', 'ddApiKey', 'ddSite', 'ddSite', 'tenant', 'tenant'])
})

test.each([
  [{ ...ACME, ddApiKey: 'two words' }, 'SPANLANE_INVALID_API_KEY'],
  [{ ...ACME, ddApiKey: '' }, 'SPANLANE_INVALID_API_KEY'],
  [{ ...ACME, ddApiKey: 'k'.repeat(513) }, 'SPANLANE_INVALID_API_KEY'],
  [{ ...ACME, ddSite: 'nowhere.example' }, 'SPANLANE_INVALID_SITE'],
  [{ ...ACME, tenant: '' }, 'SPANLANE_INVALID_TENANT'],
  [{ ...ACME, tenant: 'default' }, 'SPANLANE_INVALID_TENANT'],
  [{ ...ACME, tenant: KEYS.acme }, 'SPANLANE_INVALID_TENANT']
])('what is refused is refused beside an open lane, and again (%#)', async (options, code) => {
  const { llmobs } = await open()
  const held = routeIn(llmobs, ACME)
  for (let time = 0; time < 2; time++) {
    const error = thrownBy(() => routeIn(llmobs, options))
    expect(error).toMatchObject({ code })
    expect(error.message).not.toMatch(/aaaa/)
  }
  expect(routeIn(llmobs, ACME)).toBe(held)
})

test.each([
  ['a key', { ...ACME, ddApiKey: 'k'.repeat(512) }],
  ['a label', { ...ACME, tenant: '\u20ac'.repeat(128) }],
  ['a label of 251 bytes', { ...ACME, tenant: `\u00e9${'\u20ac'.repeat(83)}` }],
  ['a label of 252 bytes', { ...ACME, tenant: '\u20ac'.repeat(84) }]
])('%s at the limit is the same lane again', async (_, options) => {
  const { llmobs } = await open()
  const first = routeIn(llmobs, options)
  const again = routeIn(llmobs, options)
  expect([again.laneId, again.tenant]).toEqual([first.laneId, first.tenant])
})

test('two instances have routes of their own', async () => {
  const [one, two] = [await open(), await open()]
  const routes = [routeIn(one.llmobs, ACME), routeIn(two.llmobs, ACME)]
  expect(routes[0]).not.toBe(routes[1])
  for (const [index, { llmobs, places }] of [one, two].entries()) {
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: `of ${index}` }, () => {}))
    expect(await places()).toEqual({ [`of ${index}`]: 'acme@datadoghq.eu' })
  }
})

test('a route that was found again goes on with the new key of a rotation', async () => {
  const { llmobs, intake } = await open()
  const traceIn = (/** @type {any} */ options, /** @type {string} */ name) =>
    llmobs.withRoutingContext(options, () => llmobs.trace({ kind: 'task', name }, () => {}))
  const held = routeIn(llmobs, ACME)
  traceIn(GLOBEX, 'of another')
  traceIn(ACME, 'before')
  await llmobs.flush()
  llmobs.rotate('acme', { ddApiKey: KEYS.initech })
  traceIn(ACME, 'old key')
  traceIn({ ...ACME, ddApiKey: KEYS.initech }, 'new key')
  await llmobs.flush()
  expect(routeIn(llmobs, ACME)).toBe(held)
  const names = (/** @type {string} */ key) => intake.spans({ key }).map(span => span.name)
  expect(names(KEYS.acme)).toEqual(['before'])
  expect(names(KEYS.initech).sort()).toEqual(['new key', 'old key'])
  expect(names(KEYS.globex)).toEqual(['of another'])
})

test('20,000 routes that were used once hold no lane any more, and those that are kept hold theirs', async () => {
  const program = path.join(__dirname, 'programs', 'many-routes.js')
  const ended = await runChild(['--expose-gc', program], {})
  expect(ended).toMatchObject({ code: 0, stdout: '19994 7 true\n', stderr: '' })
})
