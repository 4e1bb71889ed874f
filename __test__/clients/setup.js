'use strict'

const { ACME, GLOBEX, sdk } = require('../sdk/setup')
const { Provider } = require('./provider')

/**
 * For a test file: an observed client, the model API behind it, and the intake that its spans arrive at.
 *
 * @param {(baseURL: string, options: any) => any} makeClient
 * @param {(client: any, options: any) => any} observe
 */
function world(makeClient, observe) {
  const { open: openSdk } = sdk()
  /** @type {Provider[]} */
  let providers = []
  afterEach(() => {
    for (const provider of providers) provider.close()
    providers = []
  })
  return {
    /** @param {any[]} answers @param {{ client?: any, sdk?: any }} [options] */
    async open(answers, options = {}) {
      const opened = await openSdk(options.sdk)
      const provider = await new Provider().listen()
      providers.push(provider)
      provider.answers = answers
      const plain = makeClient(provider.url, { maxRetries: 0, ...options.client })
      const client = observe(plain, { llmobs: opened.llmobs })
      const { llmobs } = opened
      return {
        ...opened,
        provider,
        client,
        plain,
        /** @template T @param {() => T} fn @returns {T} */
        inAcme: fn => llmobs.withRoutingContext(ACME, fn),
        /** @template T @param {() => T} fn @returns {T} */
        inGlobex: fn => llmobs.withRoutingContext(GLOBEX, fn),
        /** @returns {Promise<any[]>} */
        async all() {
          await llmobs.flush()
          return opened.intake.spans()
        },
        /** @returns {Promise<any>} */
        async only() {
          await llmobs.flush()
          const spans = opened.intake.spans()
          expect(spans).toHaveLength(1)
          return spans[0]
        }
      }
    }
  }
}

module.exports = { world }
