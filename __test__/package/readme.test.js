'use strict'

const { readFileSync } = require('node:fs')
const path = require('node:path')
const spanlane = require('../..')
const testing = require('../../testing')
const { KEYS } = require('../sdk/setup')
const { repository } = require('./installed')

const ROUTES = { acme: { ddApiKey: KEYS.acme }, globex: { ddApiKey: KEYS.globex } }
const SWAPPED = { acme: ROUTES.globex, globex: ROUTES.acme }

/** README's test, as a function: what it starts is kept to be looked at. */
function readmeTest() {
  const block = readFileSync(path.join(repository, 'README.md'), 'utf8')
    .split('```js\n')
    .map(text => text.split('```')[0])
    .find(text => text.includes('expectNothingCrossed'))
  /** @type {{ intake?: import('../../testing').Intake, llmobs?: import('../..').LLMObs }} */
  const started = {}
  const modules = {
    'spanlane/testing': {
      ...testing,
      startIntake: async () => (started.intake = await testing.startIntake())
    },
    spanlane: {
      createLLMObs: options => (started.llmobs = spanlane.createLLMObs({ apiKey: KEYS.platform, ...options }))
    }
  }
  /** @param {(llmobs: import('../..').LLMObs) => Promise<unknown>} application @returns {Promise<void>} */
  const run = application => {
    const values = {
      require: name => modules[name],
      test: (_name, body) => body(),
      runTheApplication: application,
      ACME_KEY: KEYS.acme,
      GLOBEX_KEY: KEYS.globex
    }
    const source = /** @type {string} */ (block).replace(/^test\(/m, 'return test(')
    return new Function(...Object.keys(values), source)(...Object.values(values))
  }
  return { run, started }
}

/** @param {Record<string, { ddApiKey: string }>} routes @param {boolean} isTagged */
const application = (routes, isTagged) => async llmobs => {
  for (const [owner, route] of Object.entries(routes)) {
    llmobs.withRoutingContext({ ...route, tenant: owner }, () =>
      llmobs.annotationContext(isTagged ? { tags: { owner } } : {}, () =>
        llmobs.trace({ kind: 'task', name: `answer for ${owner}` }, () => {})
      )
    )
  }
}

/** @param {ReturnType<typeof readmeTest>['started']} started */
async function expectCleanedUp({ intake, llmobs }) {
  await expect(fetch(/** @type {any} */ (intake).url)).rejects.toThrow()
  await expect(llmobs?.flush()).rejects.toMatchObject({ code: 'SPANLANE_SHUT_DOWN' })
}

describe("README's test", () => {
  test('passes when each customer gets its own, and cleans up', async () => {
    const { run, started } = readmeTest()
    await run(application(ROUTES, true))
    await expectCleanedUp(started)
  })

  test.each([
    ['keys are swapped', application(SWAPPED, true), /wrong_tenant: .*"answer for acme".*belongs to "acme"/],
    ['keys are swapped and nothing tells', application(SWAPPED, false), /no_owner/],
    ['the application fails', () => Promise.reject(new Error('out of order')), /out of order/]
  ])('fails when %s, and cleans up all the same', async (_what, run, message) => {
    const readme = readmeTest()
    await expect(readme.run(run)).rejects.toThrow(message)
    await expectCleanedUp(readme.started)
  })
})
