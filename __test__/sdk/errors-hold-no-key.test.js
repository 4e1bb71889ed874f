'use strict'

// Key and site swapped, a key in the place of a name or a label, a key with a mistake in it: no error and no warning
// repeats what may be a key.

const { createLLMObs } = require('../..')
const { KEYS, Log, sdk } = require('./setup')

const { open } = sdk()

const SECRETS = [
  '0123456789abcdef0123456789abcdef',
  'ABCDEF0123456789',
  'pub0123-4567-89ab',
  'abcd-efgh-ijkl-mnop-qrst-uvwx',
  'ddapi_key_short_12',
  'sk.live.51H.x9',
  'eyJh.eyJz.SflK',
  'Zm9vYmFy==',
  'k3y+/x',
  'kéy-日本-0',
  `${'a1'.repeat(300)}`
]

/** Where a key may stand by mistake. @type {Record<string, (llmobs: any, key: string) => unknown>} */
const PLACES = {
  'the site': (llmobs, key) => llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite: key }, () => 1),
  'the site, and the site the key': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: 'datadoghq.com', ddSite: key }, () => 1),
  'the site of a target': (llmobs, key) =>
    llmobs.withRoutingContext({ targets: [{ ddApiKey: KEYS.acme, ddSite: key }] }, () => 1),
  'a host in the site': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite: `https://${key}@x` }, () => 1),
  'a key with a space in it': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: `${key} ${key}` }, () => 1),
  'a key with a line break in it': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: `${key}\r\n${key}` }, () => 1),
  'the whole options': (llmobs, key) => llmobs.withRoutingContext(key, () => 1),
  'a route option': (llmobs, key) => llmobs.withRoutingContext({ ddApiKey: KEYS.acme, [key]: 1 }, () => 1),
  'the value of a route option': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: KEYS.acme, sampleRate: key }, () => 1),
  'the key and the label': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: key, tenant: key }, () => 1),
  'a label with a mistake': (llmobs, key) =>
    llmobs.withRoutingContext({ ddApiKey: KEYS.acme, tenant: `${key}\n` }, () => 1),
  'a route': (llmobs, key) => llmobs.route(key),
  'a reference': (llmobs, key) => llmobs.route({ reference: key }),
  'the key of rotate': (llmobs, key) => llmobs.rotate('acme', { ddApiKey: `${key} x` }),
  'the label of rotate': (llmobs, key) => llmobs.rotate(`${key}\ud800`, { ddApiKey: KEYS.acme }),
  verifyRoute: (llmobs, key) => llmobs.verifyRoute({ ddApiKey: KEYS.acme, ddSite: key }),
  'the reference of a parent': (llmobs, key) =>
    llmobs.trace({ kind: 'task', parent: { traceId: '1', spanId: '2', route: key } }, () => 1),
  'the reference of an evaluation': (llmobs, key) =>
    llmobs.submitEvaluation(
      { traceId: '1', spanId: '2', route: key },
      { label: 'x', metricType: 'score', value: 1 }
    ),
  'a kind': (llmobs, key) => llmobs.trace({ kind: key }, () => 1),
  'a function': (llmobs, key) => llmobs.withRoutingContext({ ddApiKey: KEYS.acme }, key),
  'the option apiKey, with a mistake': (_llmobs, key) => createLLMObs({ apiKey: `${key} x`, logger: {} }),
  'the option site': (_llmobs, key) => createLLMObs({ site: key, logger: {} }),
  'the option allowedSites': (_llmobs, key) => createLLMObs({ allowedSites: [`${key}/`], logger: {} }),
  'the name of an option': (_llmobs, key) => createLLMObs({ [key]: true, logger: {} }),
  'the value of an option': (_llmobs, key) => createLLMObs({ outsideContexts: key, logger: {} }),
  'the option intakeUrl': (_llmobs, key) => createLLMObs({ intakeUrl: key, logger: {} }),
  'the option proxy': (_llmobs, key) => createLLMObs({ proxy: `://${key}`, logger: {} })
}

test.each(Object.entries(PLACES))('a key as %s', async (_place, call) => {
  const { llmobs, log } = await open()
  const dropping = await open({ onInvalidRoute: 'drop' })
  for (const key of SECRETS) {
    for (const instance of [llmobs, dropping.llmobs]) {
      try {
        await call(instance, key)
      } catch (error) {
        const { code, message, stack } = /** @type {any} */ (error)
        expect(code).toMatch(/^SPANLANE_/)
        expect(`${message}${stack}`).not.toContain(key)
      }
    }
  }
  await Promise.all([llmobs.flush(), dropping.llmobs.flush()])
  const said = [...log.lines, ...log.quiet, ...dropping.log.lines, ...dropping.log.quiet].join('\n')
  for (const key of SECRETS) expect(said).not.toContain(key)
})

test.each(SECRETS)('a key as DD_SITE, and another as DD_API_KEY: %s', key => {
  const before = { ...process.env }
  const logger = new Log()
  process.env.DD_SITE = key
  process.env.DD_API_KEY = `${key} x`
  try {
    const llmobs = createLLMObs({ logger })
    expect(llmobs.currentRoute()).toBeNull()
    llmobs.shutdown()
  } finally {
    for (const name of ['DD_SITE', 'DD_API_KEY']) {
      if (before[name] === undefined) delete process.env[name]
      else process.env[name] = before[name]
    }
  }
  expect(logger.lines).toHaveLength(1)
  expect(logger.lines.join()).not.toContain(key)
})

test('a misspelt name of an option, and a misspelt site, are shown', async () => {
  const { llmobs } = await open()
  expect(() => createLLMObs(/** @type {any} */ ({ strictRouting: true }))).toThrow(
    /"strictRouting" is not known/
  )
  expect(() =>
    llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite: 'us9.datadoghq.com' }, () => 1)
  ).toThrow(/ddSite "us9.datadoghq.com" is not a known site/)
})
