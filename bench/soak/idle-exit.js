'use strict'

// How long a process with an open instance and nothing to send takes to end, beside one without Spanlane, and one
// whose only tenant is never answered.

const { spawn } = require('node:child_process')
const path = require('node:path')
const { startIntake } = require('../../testing')

const ROOT = path.join(__dirname, '..', '..')
const SPAN = `llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.com' }, () =>
  llmobs.trace({ kind: 'task', name: 'last' }, () => {}))`
/** @param {string} rest */
const withSpanlane = rest => `const { llmobs } = require(${JSON.stringify(ROOT)})
  llmobs.init({ mlApp: 'bench', intakeUrl: process.argv[1], exitTimeoutMs: 500, logger: {} });${rest}`

const SCRIPTS = Object.freeze({
  'without Spanlane': '',
  'loaded only': `require(${JSON.stringify(ROOT)});`,
  'open, nothing sent': withSpanlane(''),
  'after a flush': withSpanlane(`${SPAN}; llmobs.flush().then(print); return`),
  'one black hole, 500 ms allowed': withSpanlane(SPAN.replace("'a'", "'b'"))
})

const defaults = { times: '10' }

/** @param {typeof defaults} options */
async function run({ times }) {
  const intake = await startIntake({
    script: { match: { key: 'b'.repeat(32) }, actions: [{ stall: true, times: Infinity }] }
  })
  /** @type {Record<string, number>} */
  const medianMs = {}
  /** @type {string[]} */
  const problems = []
  for (const [name, script] of Object.entries(SCRIPTS)) {
    const lasted = []
    for (let time = 0; time < Number(times); time += 1) {
      const { code, endedMs, lastMs } = await endOf(script, intake.url)
      if (code !== 0) problems.push(`${name}: exit code ${code}`)
      lasted.push(endedMs - lastMs)
    }
    medianMs[name] = Math.round(lasted.sort((left, right) => left - right)[Math.floor(lasted.length / 2)])
  }
  await intake.close()
  return { figures: { fromLastStatementToEndMs: medianMs }, problems }
}

/**
 * @param {string} script
 * @param {string} url
 */
async function endOf(script, url) {
  // The child says when its last statement has run.
  const source = `const print = () => process.stdout.write(String(Date.now()));(() => {${script}; print()})()`
  const child = spawn(process.execPath, ['-e', source, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 10_000,
    killSignal: 'SIGKILL'
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    printed += text
  })
  const endedMs = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve(Date.now()))
  })
  if (child.stdout.readable) await new Promise(resolve => child.stdout.once('close', resolve))
  return { code: child.exitCode, endedMs, lastMs: Number(printed) }
}

module.exports = { defaults, run }
