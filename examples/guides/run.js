'use strict'

const { spawn } = require('node:child_process')
const path = require('node:path')
const { CrossingError, expectNothingCrossed, startIntake } = require('spanlane/testing')
const { startProvider } = require('../dd-trace-openai/provider')
const { CUSTOMERS } = require('./customers')

const TIMEOUT_MS = 300_000

/**
 * @typedef {object} Outcome
 * @property {Record<string, number>} spans of each customer
 * @property {string[]} crossings
 * @property {string[]} problems what else is wrong
 */

/**
 * Runs a program against an intake and a model of its own, and looks at where its spans arrived.
 *
 * @param {import('./guides').Run} run
 * @param {string} folder of the guide
 * @returns {Promise<Outcome>}
 */
async function runProgram(run, folder) {
  const intake = await startIntake()
  const provider = await startProvider()
  const { command = [process.execPath], program, args = [], spans: expected, endsBy = null } = run
  const [file, ...options] = command
  const ended = await spawned(commandOf(file, folder), [...options, program, ...args], {
    cwd: folder,
    env: {
      ...inherited(),
      SPANLANE_INTAKE_URL: intake.url,
      MODEL_URL: provider.url,
      // Loopback, too, where dd-trace is part of a guide.
      DD_TRACE_AGENT_URL: intake.url,
      ...run.env
    }
  })
  provider.close()
  /** @type {Record<string, number>} */
  const spans = {}
  for (const [name, { ddApiKey: key, ddSite: site }] of Object.entries(CUSTOMERS)) {
    spans[name] = intake.spans({ key, site }).length
  }
  const problems = []
  if (ended.signal !== endsBy || (endsBy === null && ended.code !== 0)) {
    problems.push(`it ended with ${ended.signal ?? ended.code}\n${ended.stdout}${ended.stderr}`)
  } else if (ended.stderr !== '') problems.push(ended.stderr)
  const isWrong = Object.values(spans).some(count => expected !== null && count !== expected)
  if (isWrong) problems.push(`${expected} spans of each were expected, not ${JSON.stringify(spans)}`)
  const silent = intake.spans().filter(span => ownerOf(span) === null)
  if (silent.length > 0) problems.push(`${silent.length} spans do not say whose they are: ${silent[0].name}`)
  const crossings = expected === null ? [] : crossingsOf(intake)
  await intake.close()
  return { spans, crossings, problems }
}

/**
 * Questions and answers name their customer, whatever the route was.
 *
 * @param {import('spanlane/testing').WireEvent} event
 * @returns {string | null}
 */
function ownerOf(event) {
  const named = [...JSON.stringify(event).matchAll(/question \d+ of (\w+)/g)].map(([, name]) => name)
  return named.length === 0 ? null : [...new Set(named)].sort().join(' and ')
}

/** @param {import('spanlane/testing').Intake} intake @returns {string[]} */
function crossingsOf(intake) {
  const places = Object.entries(CUSTOMERS).map(([name, { ddApiKey: key, ddSite: site }]) => [
    name,
    { key, site }
  ])
  try {
    expectNothingCrossed(intake, Object.fromEntries(places), { ownerOf })
    return []
  } catch (error) {
    if (!(error instanceof CrossingError)) throw error
    return error.crossings.map(({ kind, message }) => `${kind}: ${message}`)
  }
}

/** @param {string} file absolute, or of a package @param {string} folder @returns {string} */
function commandOf(file, folder) {
  if (path.isAbsolute(file)) return file
  return path.join(folder, '..', '..', 'node_modules', file)
}

/** Nothing of the machine's Datadog. */
function inherited() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^_?DD_|^DATADOG_|^SPANLANE_|_proxy$|^NODE_OPTIONS$|^JEST_|^NODE_ENV$/i.test(name)
    )
  )
}

/**
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined> }} options
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function spawned(file, args, options) {
  const child = spawn(file, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL'
  })
  const output = { stdout: '', stderr: '' }
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name].setEncoding('utf8').on('data', text => {
      output[name] += text
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
}

module.exports = { runProgram }
