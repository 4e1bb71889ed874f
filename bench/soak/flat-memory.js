'use strict'

// Cycles of span and flush, and tenants that come once and never again: memory and handles stay flat.
// With `node --expose-gc` the heap is measured after a collection.

const { createLLMObs } = require('../..')
const path = require('node:path')
const { openChild } = require('../support/child')

const INTAKE = path.join(__dirname, '..', 'support', 'intake-process.js')
const MIB = 1024 * 1024
const SAMPLES = 20
/** The first samples see pools, caches and optimised code settle. */
const SETTLING_SHARE = 0.5
/** Growth per thousand operations; above it something is kept. */
const SLOPE_MAX_BYTES = 1024
/** Pages that the allocator keeps, and V8's own; below this a slope says nothing. */
const NOISE_BYTES = 8 * MIB

const defaults = { cycles: '1000000', tenants: '1000000', 'flush-every': '100' }

/** @param {typeof defaults} options */
async function run({ cycles, tenants, 'flush-every': flushEvery }) {
  const intake = openChild(INTAKE, { delayMs: 0, blackHoledKeys: [], faultShare: 0, isForgetful: true })
  const { url } = await intake.next()
  const llmobs = createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })
  const handlesBefore = process.getActiveResourcesInfo().length
  const every = Number(flushEvery)
  /** @type {string[]} */
  const problems = []
  const measure = async (
    /** @type {string} */ name,
    /** @type {number} */ count,
    /** @type {(index: number) => void} */ step
  ) => {
    const samples = []
    const perSample = Math.max(every, Math.floor(count / SAMPLES))
    for (let index = 1; index <= count; index += 1) {
      step(index)
      if (index % every === 0) await llmobs.flush({ timeoutMs: 30_000 })
      if (index % perSample === 0) samples.push(sample())
    }
    const settled = samples.slice(Math.floor(samples.length * SETTLING_SHARE))
    const operations = (settled.length - 1) * perSample
    const [first, last] = [settled[0], settled[settled.length - 1]]
    for (const what of /** @type {const} */ (['rss', 'heap'])) {
      const grown = last[what] - first[what]
      if (grown > NOISE_BYTES && grown / (operations / 1000) > SLOPE_MAX_BYTES) {
        problems.push(`${name}: ${what} grew by ${Math.round(grown / MIB)} MiB in ${operations} operations`)
      }
    }
    return {
      operations: count,
      rssMib: samples.map(one => Math.round(one.rss / MIB)).join(' '),
      heapMib: samples.map(one => Math.round(one.heap / MIB)).join(' ')
    }
  }
  const one = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.com' }
  const oneTenant = await measure('one tenant', Number(cycles), () => makeSpan(llmobs, one))
  const manyTenants = await measure('passing tenants', Number(tenants), index =>
    makeSpan(llmobs, { ddApiKey: index.toString(16).padStart(32, 'b'), ddSite: 'datadoghq.com' })
  )
  const { total, tenants: open } = llmobs.stats()
  if (total.delivered !== Number(cycles) + Number(tenants))
    problems.push(`not delivered: ${JSON.stringify(total)}`)
  await llmobs.shutdown()
  const handles = process.getActiveResourcesInfo().length - handlesBefore
  if (handles > 0)
    problems.push(`${handles} handles are left after shutdown: ${process.getActiveResourcesInfo()}`)
  await intake.close()
  return { figures: { oneTenant, manyTenants, openLanes: open.length, handlesLeft: handles }, problems }
}

function sample() {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  return { rss, heap: heapUsed }
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {{ ddApiKey: string, ddSite: string }} route
 */
function makeSpan(llmobs, route) {
  llmobs.withRoutingContext(route, () => {
    llmobs.trace({ kind: 'llm', name: 'chat' }, span => {
      llmobs.annotate(span, { inputData: 'question', outputData: 'answer', metadata: { temperature: 1 } })
    })
  })
}

module.exports = { defaults, run }
