'use strict'

const { createLLMObs } = require('../..')
const { intakes } = require('../support/intake')

/** Keys of three customers and of the platform itself: valid in form, of no use anywhere. */
const KEYS = Object.freeze({
  acme: 'a'.repeat(32),
  globex: 'b'.repeat(32),
  initech: 'c'.repeat(32),
  platform: 'd'.repeat(32)
})

const ACME = Object.freeze({ ddApiKey: KEYS.acme, ddSite: 'datadoghq.eu', tenant: 'acme' })
const GLOBEX = Object.freeze({ ddApiKey: KEYS.globex, ddSite: 'us5.datadoghq.com', tenant: 'globex' })

/** Collects what would be logged. */
class Log {
  /** @type {string[]} */
  lines = []

  /** @type {string[]} */
  quiet = []

  /** @param {string} message */
  debug(message) {
    this.quiet.push(message)
  }

  /** @param {string} message */
  info(message) {
    this.quiet.push(message)
  }

  /** @param {string} message */
  warn(message) {
    this.lines.push(message)
  }

  /** @param {string} message */
  error(message) {
    this.lines.push(message)
  }
}

/**
 * For a test file: opens real instances on real intakes, and ends both after each test.
 *
 * @param {{ expectViolations?: boolean }} [settings]
 */
function sdk(settings) {
  const started = intakes(settings)
  /** @type {import('../..').LLMObs[]} */
  let open = []
  // Registered after the intakes' own, so it runs before it.
  afterEach(async () => {
    const ended = open
    open = []
    await Promise.all(ended.map(llmobs => llmobs.shutdown({ timeoutMs: 500 })))
  })
  return {
    /**
     * @param {import('../..').InitOptions} [options]
     * @param {import('../../testing').IntakeOptions} [intakeOptions]
     */
    async open(options, intakeOptions) {
      const intake = await started.start(intakeOptions)
      const log = new Log()
      const llmobs = createLLMObs({
        intakeUrl: intake.url,
        mlApp: 'shop',
        apiKey: KEYS.platform,
        logger: log,
        ...options
      })
      open.push(llmobs)
      return {
        intake,
        llmobs,
        log,
        /** Every span that arrived, by name. @returns {Promise<Record<string, any>>} */
        async spans() {
          await llmobs.flush()
          return Object.fromEntries(intake.spans().map(span => [span.name, span]))
        },
        /** Where spans arrived, by name: `<owner of the key>@<site>`. @returns {Promise<Record<string, string>>} */
        async places() {
          await llmobs.flush()
          const arrivals = Object.entries(KEYS).flatMap(([owner, key]) =>
            SITES.flatMap(site => intake.spans({ key, site }).map(span => [span.name, `${owner}@${site}`]))
          )
          return Object.fromEntries(arrivals)
        }
      }
    }
  }
}

const SITES = ['datadoghq.com', 'datadoghq.eu', 'us5.datadoghq.com']

/**
 * @param {() => unknown} call
 * @returns {any} what it threw
 */
function thrownBy(call) {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

module.exports = { ACME, GLOBEX, KEYS, Log, sdk, thrownBy }
