'use strict'

/**
 * Three customers of one platform, each with its own Datadog organisation on its own site, served at the same time by
 * one process. Runs without an account: every site is a local intake. Ends with code 1 if anything crossed. With
 * `--page` it stays, and one page shows what arrived at all of them, until Ctrl-C; `--open` also opens a browser.
 */

const { spawn } = require('node:child_process')

const { llmobs } = require('spanlane')
const { CrossingError, expectNothingCrossed, startIntake } = require('spanlane/testing')

const { answerQuestion } = require('./agent')
const { customers, platform } = require('./customers')
const { startGateway } = require('./gateway')
const { bold, drawIntake } = require('./report')

/** Between two rounds of questions while the page is shown. */
const PAUSE_MS = 4000
/** @type {Record<string, string[]>} */
const OPENERS = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }

/** @typedef {import('./customers').Customer} Customer */
/** @typedef {import('spanlane/testing').Intake} Intake */

const tenants = [...customers, platform]
const [isOpened, isShown] = ['--open', '--page'].map(option => process.argv.includes(option))

async function main() {
  /** @type {Map<string, Intake>} */
  const intakes = new Map()
  for (const { site } of tenants) {
    const [first] = intakes.values()
    // All on the page of the first.
    intakes.set(site, await startIntake({ page: isOpened || isShown ? (first ?? true) : false }))
  }
  const gateway = await startGateway(intakes)

  llmobs.init({
    mlApp: 'assistant-platform',
    service: 'assistant-platform',
    env: 'demo',
    apiKey: platform.key,
    site: platform.site,
    intakeUrl: gateway.url
  })
  if (!llmobs.enabled)
    throw new Error(
      'spanlane is disabled: its native part is missing (npm run setup), or DD_LLMOBS_ENABLED is false'
    )

  console.log(`${customers.length} customers ask at the same time ...\n`)
  await serveAll()
  const report = await llmobs.flush()

  for (const [site, intake] of intakes) console.log(drawIntake(site, intake, tenants))
  const crossed = crossingsIn([...intakes.values()])
  console.log(verdict(report, crossed))
  if (isOpened || isShown) await show([...intakes.values()][0].url)

  await llmobs.shutdown()
  gateway.close()
  await Promise.all([...intakes.values()].map(intake => intake.close()))
  if (crossed !== null || report.delivered === 0 || report.rejected + report.dropped + report.pending > 0) {
    process.exitCode = 1
  }
}

/**
 * Keeps asking in the customers' names, so that the page is live, until Ctrl-C.
 *
 * @param {string} url
 */
async function show(url) {
  console.log(`\nThe page: ${url}/ (Ctrl-C ends it)`)
  if (isOpened) openBrowser(`${url}/`)
  const stopped = new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => resolve(undefined))
  })
  let isStopped = false
  const timer = setInterval(() => isStopped || serveAll(), PAUSE_MS)
  await stopped
  isStopped = true
  clearInterval(timer)
}

/** @param {string} url */
function openBrowser(url) {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open']
  // Where there is none, the address was printed.
  spawn(command, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref()
}

/** The platform's own trace, in a context that says so: outside all contexts it may be a customer's that was lost. */
function serveAll() {
  return llmobs.withRoutingContext({ targets: ['default'] }, () =>
    llmobs.trace({ kind: 'workflow', name: 'serve-requests' }, async () => {
      llmobs.annotate({ tags: { owner: platform.name }, metadata: { customers: customers.length } })
      await Promise.all(customers.map(serve))
    })
  )
}

/**
 * Called inside a span of the platform. What runs in the routing context is nevertheless a trace of the customer's
 * own: no id of the platform's trace reaches the customer, and nothing of the customer reaches the platform.
 *
 * @param {Customer} customer
 */
function serve(customer) {
  return llmobs.trace({ kind: 'task', name: 'dispatch' }, async () => {
    const { name, key, site, evaluation } = customer
    const tags = { owner: name }
    llmobs.annotate({ tags: { owner: platform.name } })
    const route = { ddApiKey: key, ddSite: site, tenant: name }
    const span = await llmobs.withRoutingContext(route, () =>
      llmobs.annotationContext({ tags }, () => answerQuestion(customer))
    )
    // Outside the customer's context: an evaluation follows the span it names.
    const { label, value, reasoning } = evaluation
    llmobs.submitEvaluation(span, { label, metricType: 'score', value, reasoning, tags, mlApp: customer.app })
  })
}

/**
 * @param {Intake[]} intakes
 * @returns {CrossingError | null}
 */
function crossingsIn(intakes) {
  const homes = Object.fromEntries(tenants.map(({ name, key, site }) => [name, { key, site }]))
  try {
    expectNothingCrossed(intakes, homes)
    return null
  } catch (error) {
    if (error instanceof CrossingError) return error
    throw error
  }
}

/**
 * @param {{ delivered: number, rejected: number, dropped: number, pending: number }} report
 * @param {CrossingError | null} crossed
 */
function verdict({ delivered, rejected, dropped, pending }, crossed) {
  const counts = `delivered ${delivered}, rejected ${rejected}, dropped ${dropped}, pending ${pending}`
  if (crossed !== null) return `${bold('Something crossed.')} ${counts}\n${crossed.message}`
  return `${bold('Nothing crossed:')} ${tenants.length} tenants, ${tenants.length} intakes, each with its own key. ${counts}.`
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
