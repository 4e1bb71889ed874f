'use strict'

const { keyFingerprint } = require('../intake/address')
const { adviceFor, answerText } = require('./route-advice')
const { UsageError, valuesOf } = require('./usage-error')

/**
 * @typedef {import('./main').Streams} Streams
 * @typedef {import('./main').Library} Library
 */

const KEY_VARIABLE = 'DD_API_KEY'
const MAX_KEY_BYTES = 4096
const QUIET = Object.freeze({ debug() {}, info() {}, warn() {}, error() {} })

const usage = `Usage: spanlane verify --site <site> [options]

Sends one empty request to a Datadog site, and says whether a customer's API key works there, and what to tell the
customer if it does not. The key is read from standard input when something is piped into it, else from the variable
${KEY_VARIABLE}. It is never an argument: those are seen by whoever lists the processes.

  echo "$KEY" | spanlane verify --site datadoghq.eu

Options:
  --site <site>       The site, as datadoghq.eu
  --key-env <name>    The variable that holds the key (default: ${KEY_VARIABLE})
  --help              Show this

Exit codes: 0 the key works; 1 it does not, or nobody could be asked; 2 wrong options.
`

/**
 * @param {string[]} args
 * @param {Streams} streams
 * @param {Library} library
 * @returns {Promise<number>}
 */
async function runVerify(args, streams, library) {
  const {
    site,
    help,
    'key-env': variable
  } = valuesOf(args, {
    site: { type: 'string' },
    'key-env': { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false }
  })
  if (help) {
    streams.stdout.write(usage)
    return 0
  }
  if (site === undefined) throw new UsageError('--site is missing')
  const key = await keyFrom(streams, variable)
  const llmobs = library().createLLMObs({ mlApp: 'spanlane-verify', logger: QUIET })
  try {
    const verification = await llmobs.verifyRoute({ ddApiKey: key, ddSite: site })
    const what = `key ${keyFingerprint(key)} (SHA-256) at ${site}`
    if (verification.ok) {
      streams.stdout.write(`It works: ${what}, status ${verification.status}.\n`)
      return 0
    }
    const { cure, customer } = adviceFor(verification, site)
    streams.stdout.write(`It does not work: ${what}: ${answerText(verification)}.\n`)
    streams.stdout.write(`  To do: ${cure}.\n  For the customer: ${customer.replace(/\.$/, '')}.\n`)
    return 1
  } catch (error) {
    // A key, a site: what is wrong with their form is said without them.
    if (error instanceof TypeError) throw new UsageError(error.message)
    throw error
  } finally {
    await llmobs.shutdown({ timeoutMs: 0 })
  }
}

/**
 * @param {Streams} streams
 * @param {string | undefined} variable
 * @returns {Promise<string>}
 */
async function keyFrom({ stdin, env = {} }, variable) {
  const name = variable ?? KEY_VARIABLE
  if (variable === undefined && stdin !== undefined && stdin.isTTY !== true) {
    let text = ''
    for await (const chunk of stdin) {
      text += String(chunk)
      if (text.length > MAX_KEY_BYTES) throw new UsageError('standard input is no key: it is too long')
    }
    if (text.trim() !== '') return text.trim()
  }
  const key = env[name]?.trim() ?? ''
  if (key === '') throw new UsageError(`no key: pipe it into this command, or set ${name}`)
  return key
}

module.exports = { runVerify, usage }
