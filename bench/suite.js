'use strict'

// The benchmark suite: peers and Spanlane side by side, then docs/benchmarks.md with what is known so far.
//   --workload a,b   only these          --node 20,24   on these versions     --rounds 5   --seed 1
//   --quick          two minutes; its document stays in node_modules/.cache
//   --smoke          every way through the suite once, on this Node; its figures mean nothing
//   --document       no measurement: the document of the results that are kept
//   --into folder    where results and document go

const path = require('node:path')
const { parseArgs } = require('node:util')
const { nodeOf } = require('../scripts/node-versions')
const { ddTraceOf } = require('../scripts/dd-trace-versions')
const { writeDocument } = require('./report')
const { SCALES } = require('./scales')
const { Results } = require('./results')
const { ddTraceFolder, ddTraceVersion, makeStandIn } = require('./support/dd-trace')
const { Installed } = require('./support/installed')
const { Context } = require('./workloads/context')

const WORKLOADS = [
  require('./workloads/writer'),
  require('./workloads/whole-span'),
  require('./workloads/routes'),
  require('./workloads/peers'),
  require('./workloads/opentelemetry'),
  require('./workloads/delivery'),
  require('./workloads/fan-out'),
  require('./workloads/burst'),
  require('./workloads/big-prompt'),
  require('./workloads/volume'),
  require('./workloads/idle'),
  require('./workloads/footprint')
]
const ALL_NODES = ['20', '22', '24']
/** Where the long workloads run too. */
const MAIN_NODES = ['20', '24']
/** dd-trace 6 needs Node 22. */
const NEWEST_DD_TRACE = { version: '6.21.0', leastNode: 22 }

const ROOT = path.join(__dirname, '..')
const { values } = parseArgs({
  options: {
    workload: { type: 'string' },
    node: { type: 'string' },
    rounds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    quick: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    document: { type: 'boolean', default: false },
    into: { type: 'string' }
  }
})
const kind = values.smoke ? 'smoke' : values.quick ? 'quick' : 'full'

/** @typedef {typeof WORKLOADS[number]} Workload */

/**
 * What is to be measured where.
 *
 * @returns {{ major: string, workloads: Workload[] }[]}
 */
function cells() {
  const wanted = values.workload?.split(',') ?? WORKLOADS.map(({ name }) => name)
  const unknown = wanted.filter(name => !WORKLOADS.some(workload => workload.name === name))
  if (unknown.length > 0) {
    throw new RangeError(`no workload ${unknown}: ${WORKLOADS.map(({ name }) => name).join(', ')}`)
  }
  const workloads = WORKLOADS.filter(({ name }) => wanted.includes(name))
  const own = process.versions.node.split('.', 1)[0]
  const majors = values.node?.split(',') ?? (kind === 'full' ? ALL_NODES : [own])
  return majors.map(major => {
    const isMain = values.node !== undefined || kind !== 'full' || MAIN_NODES.includes(major)
    return { major, workloads: workloads.filter(({ nodes }) => isMain || nodes === 'all') }
  })
}

/** @param {string} major */
function ddTraceFor(major) {
  if (kind === 'smoke' || Number(major) < NEWEST_DD_TRACE.leastNode) {
    return { folder: ddTraceFolder(), version: ddTraceVersion() }
  }
  return { folder: ddTraceOf(NEWEST_DD_TRACE.version), version: NEWEST_DD_TRACE.version }
}

/**
 * @param {Results} results
 * @returns {Promise<string[]>} what went wrong
 */
async function measureAll(results) {
  const scale = { ...SCALES[kind], ...(values.rounds ? { rounds: Number(values.rounds) } : null) }
  const standIn = makeStandIn()
  const installed = new Installed()
  const found = []
  for (const { major, workloads } of cells()) {
    const execPath = nodeOf(major)
    if (execPath === null) throw new Error(`npm has no package of Node ${major} for this platform`)
    const ddTrace = ddTraceFor(major)
    const context = new Context({ execPath, ddTrace, scale, seed: Number(values.seed), installed, standIn })
    const node = context.nodeVersion()
    for (const workload of workloads) {
      const startMs = performance.now()
      const result = await workload.measure(context)
      const seconds = Math.round((performance.now() - startMs) / 1000)
      const problems = workload.problems(result)
      const seed = context.seed
      const entry = { workload: workload.name, node, ddTrace: ddTrace.version, kind, seed, seconds, problems }
      results.keep({ ...entry, result })
      console.log(`${workload.name} on Node ${node}: ${seconds} s ${problems.join('; ')}`)
      found.push(...problems.map(problem => `${workload.name} on Node ${node}: ${problem}`))
    }
  }
  standIn.remove()
  installed.remove()
  return found
}

async function main() {
  const cache = path.join(ROOT, 'node_modules', '.cache', 'spanlane-bench')
  const results = new Results(values.into ?? (kind === 'full' ? cache : path.join(cache, kind)))
  const problems = values.document ? [] : await measureAll(results)
  const isOfficial = kind === 'full' && values.into === undefined
  const file = writeDocument(results.all(), isOfficial ? path.join(ROOT, 'docs') : results.folder)
  console.log(`written: ${path.relative(process.cwd(), file)}`)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}

main()
