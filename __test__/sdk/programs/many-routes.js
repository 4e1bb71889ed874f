'use strict'

// Routes of every kind that are used once, collected, beside some that are kept. Run by open-routes.test.js with
// --expose-gc.

const { setImmediate: turn } = require('node:timers/promises')
const { createLLMObs } = require('../../..')

const TENANTS = 20_000
const llmobs = createLLMObs({ mlApp: 'shop', intakeUrl: 'http://127.0.0.1:1', exitTimeoutMs: 0, logger: {} })

/** @param {number} index */
const options = index => ({ ddApiKey: index.toString(16).padStart(32, 'b'), tenant: `tenant-${index}` })

/** A route of each way in, by turns. @type {((index: number) => any)[]} */
const WAYS = [
  index => llmobs.withRoutingContext(options(index), () => llmobs.currentRoute()),
  index => llmobs.route(options(index)),
  index => llmobs.route({ ...options(index), mlApp: 'theirs' }),
  index => llmobs.route(llmobs.route(options(index)).toJSON()),
  index => llmobs.route(llmobs.route(options(index)), { processor: span => span }),
  index => llmobs.route({ targets: [options(index), options(0)] })
]

/** @param {any} route @param {number} laneId @returns {boolean} whether this thread has a route there */
function isHeld({ core }, laneId) {
  try {
    return core.tenantTag(laneId, '1').length > 0
  } catch (error) {
    if (/** @type {any} */ (error).code !== 'SPANLANE_INTERNAL') throw error
    return false
  }
}

/** @returns {Promise<{ kept: any[], lanes: number[] }>} some of the routes, and the lanes of all others */
async function openMany() {
  const [kept, lanes] = [/** @type {any[]} */ ([]), /** @type {number[]} */ ([])]
  for (let index = 1; index <= TENANTS; index++) {
    const route = WAYS[index % WAYS.length](index)
    if (index <= WAYS.length) kept.push(route)
    else lanes.push(route.laneId)
    // What a turn has made lives as long as it.
    if (index % 1000 === 0) await turn()
  }
  return { kept, lanes }
}

async function main() {
  const { kept, lanes } = await openMany()
  while (lanes.some(laneId => isHeld(kept[0], laneId))) {
    globalThis.gc?.()
    await turn()
  }
  const held = kept.flatMap(route => route.targets ?? [route])
  process.stdout.write(`${lanes.length} ${held.length} ${held.every(route => isHeld(route, route.laneId))}\n`)
  process.exit()
}

main()
