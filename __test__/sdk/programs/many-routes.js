'use strict'

// Routes that are used once, collected. Run by open-routes.test.js with --expose-gc.

const { setImmediate: turn } = require('node:timers/promises')
const { OpenRoutes } = require('../../../lib/routing/open-routes')

const TENANTS = 100_000
const routes = new OpenRoutes()

/** @param {number} laneId @returns {any} what a route is to its finder */
function route(laneId) {
  return { laneId }
}

async function main() {
  const held = routes.keep(route(TENANTS))
  for (let laneId = 1; laneId < TENANTS; laneId++) {
    routes.keep(route(laneId))
    // What a turn has made lives as long as it.
    if (laneId % 1000 === 0) await turn()
  }
  while (routes.size > 1) {
    globalThis.gc?.()
    await turn()
  }
  process.stdout.write(`${routes.find(TENANTS) === held}\n`)
}

main()
