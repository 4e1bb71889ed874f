'use strict'

// What every program here starts with: four tenants, an intake, packages of the version that is asked for, and a verdict.

const { createRequire } = require('node:module')
const path = require('node:path')
const { createLLMObs } = require('../..')
const { startIntake } = require('../../testing')

const NAMES = ['acme', 'globex', 'initech', 'umbrella']
const RUNS = 40

/** Where the packages are. */
const FOLDER = path.resolve(process.env.INSTRUMENTATION_FOLDER ?? '.')
const load = createRequire(path.join(FOLDER, 'package.json'))

/** @param {string} name @returns {import('../../index').RoutingContextOptions} */
function routeOf(name) {
  const ddApiKey = 'abcd'[NAMES.indexOf(name)].repeat(32)
  return { ddApiKey, ddSite: 'datadoghq.eu', tenant: name }
}

/** A text that tells whose it is wherever it turns up. @param {string} name */
const textOf = name => `text-of-${name}-end`

async function openWorld() {
  const intake = await startIntake()
  /** @type {string[]} */
  const log = []
  const note = (/** @type {string} */ message) => void log.push(message)
  const llmobs = createLLMObs({ intakeUrl: intake.url, mlApp: 'matrix', logger: { warn: note, error: note } })
  return { intake, llmobs, log }
}

/**
 * Runs something for each tenant, ten times, all at once.
 *
 * @param {any} llmobs
 * @param {(name: string, index: number) => unknown} fn in the tenant's context
 */
async function runAll(llmobs, fn) {
  const runs = Array.from({ length: RUNS }, (_, index) => {
    const name = NAMES[index % NAMES.length]
    return llmobs.withRoutingContext(routeOf(name), () => fn(name, index))
  })
  await Promise.all(runs)
}

/**
 * What arrived where, and who belongs elsewhere.
 *
 * @param {import('../../testing').Intake} intake
 */
function verdict(intake) {
  /** @type {Map<string, string>} */
  const tenantOf = new Map()
  for (const name of NAMES) {
    for (const span of intake.spans({ key: routeOf(name).ddApiKey })) tenantOf.set(span.span_id, name)
  }
  const spans = intake.spans()
  const isWrong = (/** @type {any} */ span) => {
    const named = [...JSON.stringify(span).matchAll(/text-of-(\w+)-end/g)].map(([, name]) => name)
    return named.some(name => name !== tenantOf.get(span.span_id))
  }
  const hasStrangeParent = (/** @type {any} */ span) =>
    span.parent_id !== 'undefined' && tenantOf.get(span.parent_id) !== tenantOf.get(span.span_id)
  const counts = NAMES.map(name => [...tenantOf.values()].filter(tenant => tenant === name).length)
  return {
    spans: spans.length,
    named: spans.filter(span => JSON.stringify(span).includes('text-of-')).length,
    wrongTenant: spans.filter(isWrong).length,
    wrongParent: spans.filter(hasStrangeParent).length,
    isEven: new Set(counts).size === 1,
    traces: new Set(spans.map(({ trace_id: id }) => id)).size
  }
}

/**
 * @param {ReturnType<typeof verdict>} found
 * @param {Record<string, boolean>} further what else has to be true
 */
function tell(found, further) {
  const { wrongTenant, wrongParent, isEven } = found
  /** @type {[string, boolean][]} */
  const all = [
    ['no wrong tenant', wrongTenant === 0],
    ['no wrong parent', wrongParent === 0],
    ['even', isEven],
    ...Object.entries(further)
  ]
  const failed = all.flatMap(([name, isTrue]) => (isTrue ? [] : [name]))
  console.log(JSON.stringify({ ...found, failed }))
  if (failed.length > 0) process.exitCode = 1
}

module.exports = { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict }
