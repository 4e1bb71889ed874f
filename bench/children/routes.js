'use strict'

// What it costs this thread to enter the context of a tenant, and nothing in it. Argument: the plan as JSON. Says {} when
// it is warm; answers each question with what one took.

const { PEERS } = require('../peers/peers')
const { tenantsOf } = require('../support/load')
const { clockOverheadUs, openThreadClock } = require('../support/thread-cpu')

/** Contexts in a batch: each of the most tenants has its turn. */
const BATCH = 10_000

/**
 * @typedef {{ peer: string, isKept: boolean, url: string, cpuMs: number, tenants: number }} Plan isKept: the application
 *   has opened each route once, and gives it instead of key and site
 */

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const overheadUs = clockOverheadUs(readCpuUs)
const llmobs = PEERS[plan.peer](plan.url)
const tenants = tenantsOf(plan.tenants)
const kept = plan.isKept ? tenants.map(route => llmobs.route(route)) : []
let entered = 0

const inside = () => {
  entered += 1
}

function batch() {
  for (let index = 0; index < BATCH; index++) {
    const at = index % tenants.length
    if (plan.isKept) llmobs.routingContext(kept[at], inside)
    else llmobs.routingContext({ ddApiKey: tenants[at].ddApiKey, ddSite: tenants[at].ddSite }, inside)
  }
}

/** @returns {{ us: number, hasEntered: boolean }} what one context took, and whether every callback was called */
function measure() {
  const enteredBefore = entered
  let [usedUs, batches] = [0, 0]
  do {
    const before = readCpuUs()
    batch()
    usedUs += readCpuUs() - before - overheadUs
    batches += 1
  } while (usedUs < plan.cpuMs * 1000)
  const made = batches * BATCH
  return { us: usedUs / made, hasEntered: entered - enteredBefore === made }
}

for (let index = 0; index < 5; index++) batch()
process.on('message', () => process.send?.(measure()))
process.once('disconnect', () => process.exit())
process.send?.({})
