'use strict'

// What arrives of spans that were finished right before the process ended, for each way a process can end.

const { spawn } = require('node:child_process')
const path = require('node:path')
const { MAJORS, installedNodes, nodeOf } = require('../../scripts/node-versions')
const { drawTable, startIntake } = require('../../testing')
const { WAYS, keyOf } = require('../exits/ways')
const { ddTraceVersion, makeStandIn } = require('../support/dd-trace')

const CHILD = path.join(__dirname, '..', 'exits', 'child.js')
const CHILD_TIMEOUT_MS = 30_000
/** What dd-trace sends may still be on its way when its process has ended. */
const LATE_MS = 500

/**
 * `bad`: so many of the tenants are never answered; what is counted are the spans of the others.
 * `ways`: only those, separated by semicolons. `nodes`: `this`, `installed` (see scripts/node-versions.js) or `all`, which installs them.
 */
const defaults = { spans: '500', tenants: '20', bad: '0', ways: '', nodes: 'all', peer: 'yes' }

/** @param {typeof defaults} options */
async function run({ spans, tenants, bad, ways, nodes, peer }) {
  /** @type {string[]} */
  const problems = []
  /** @type {Record<string, Record<string, number>>} */
  const figures = {}
  const plan = { spans: Number(spans), tenants: Number(tenants), bad: Number(bad) }
  const expected = (plan.spans * (plan.tenants - plan.bad)) / plan.tenants
  const chosen = Object.entries(WAYS).filter(([name]) => ways === '' || ways.split(';').includes(name))
  for (const execPath of binariesOf(nodes)) {
    for (const [name, way] of chosen) {
      const cell = await measure({ ...plan, sender: 'spanlane', way: name }, execPath)
      figures[cell.node] ??= {}
      figures[cell.node][name] = cell.delivered
      if (cell.ended !== way.ends) problems.push(`${cell.node}, ${name}: ended with ${cell.ended}`)
      if (!way.isLost && cell.delivered !== expected) {
        problems.push(`${cell.node}, ${name}: ${cell.delivered} of ${expected} were delivered`)
      }
      if (cell.violations > 0) problems.push(`${cell.node}, ${name}: ${cell.violations} violations`)
    }
  }
  if (peer === 'yes') figures[`dd-trace ${ddTraceVersion()}`] = await measurePeer(plan)
  const columns = Object.keys(figures)
  const rows = chosen.map(([name]) => [name, ...columns.map(column => String(figures[column][name] ?? '-'))])
  console.log(drawTable([`of ${expected} spans`, ...columns], rows))
  return { figures, problems }
}

/** @param {string} nodes */
function binariesOf(nodes) {
  if (nodes === 'this') return [process.execPath]
  if (nodes === 'all') for (const major of MAJORS) nodeOf(major)
  return installedNodes()
}

/** @param {{ spans: number, tenants: number, bad: number }} plan */
async function measurePeer(plan) {
  const standIn = makeStandIn()
  /** @type {Record<string, number>} */
  const delivered = {}
  // dd-trace has no `drainOnSignals`, and a worker of its own is the whole of it.
  const names = Object.keys(WAYS).filter(name => WAYS[name].drainOnSignals === undefined)
  try {
    for (const way of names) {
      delivered[way] = (
        await measure({ ...plan, sender: 'dd-trace', way }, process.execPath, standIn)
      ).delivered
    }
  } finally {
    standIn.remove()
  }
  return delivered
}

/**
 * @param {Omit<import('../exits/child').Plan, 'url'>} plan
 * @param {string} execPath
 * @param {ReturnType<typeof makeStandIn>} [standIn]
 */
async function measure(plan, execPath, standIn) {
  const intake = await startIntake({
    tls: standIn?.tls,
    script: Array.from({ length: plan.bad }, (_, tenant) => ({
      match: { key: keyOf(tenant) },
      actions: [{ stall: true, times: Number.POSITIVE_INFINITY }]
    }))
  })
  const { execArgv = [], env = {} } = standIn?.settings(intake.port) ?? {}
  const args = [...execArgv, CHILD, JSON.stringify({ ...plan, url: intake.url })]
  const child = spawn(execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: CHILD_TIMEOUT_MS,
    killSignal: 'SIGKILL'
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', chunk => {
    stderr = `${stderr}${chunk}`.slice(-4000)
  })
  const ended = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  if (standIn !== undefined) await intake.waitFor(plan.spans, { timeoutMs: LATE_MS }).catch(() => {})
  const names = new Set(intake.spans().map(span => span.name))
  const violations = intake.violations.length
  await intake.close()
  return { node: `Node ${await versionOf(execPath)}`, delivered: names.size, ended, violations, stderr }
}

/** @type {Map<string, Promise<string>>} */
const versions = new Map([[process.execPath, Promise.resolve(process.versions.node)]])

/** @param {string} execPath */
function versionOf(execPath) {
  let version = versions.get(execPath)
  if (version === undefined) {
    version = new Promise((resolve, reject) => {
      const child = spawn(execPath, ['-p', 'process.versions.node'], { stdio: ['ignore', 'pipe', 'inherit'] })
      child.once('error', reject)
      child.stdout.setEncoding('utf8').once('data', text => resolve(text.trim()))
    })
    versions.set(execPath, version)
  }
  return version
}

module.exports = { defaults, run }
