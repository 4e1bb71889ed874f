'use strict'

/** Tenants that do nothing: memory of each, CPU of all. */

const { rounded } = require('../support/summary')

const name = 'idle'
const nodes = /** @type {const} */ ('main')

/** The process that is compared with has made the same events, for one tenant in so many. */
const FEWER = 20

/** On a slow machine a sweep may come in between, and close lanes before they are measured. */
const TRIES = 3

/** @typedef {{ delivered: number, open: number, kept: number, rss: number, heapUsed: number, cpuShare: number }} Seen */

/** @param {import('./context').Context} context */
async function measure(context) {
  const { tenants, restMs, watchMs } = context.scale.idle
  const few = Math.ceil(tenants / FEWER)
  const intake = await context.openBlackIntake()

  /**
   * @param {number} count of tenants
   * @param {boolean} keepsRoutes
   * @param {number} watch for so many ms
   * @returns {Promise<Seen>}
   */
  const seenWith = async (count, keepsRoutes, watch) => {
    // Lanes that no route holds close after a while: who takes his time must keep the routes.
    const rest = keepsRoutes ? restMs : 0
    const plan = {
      url: intake.url,
      events: tenants,
      tenants: count,
      keepsRoutes,
      restMs: rest,
      watchMs: watch
    }
    for (let left = TRIES; ; left--) {
      const child = context.openMeasured('idle.js', plan, { nodeOptions: ['--expose-gc'] })
      const seen = await child.next()
      await child.close()
      if (seen.open === count || left === 1) return seen
    }
  }

  const rows = []
  for (const keepsRoutes of [false, true]) {
    const fewSeen = await seenWith(few, keepsRoutes, 0)
    const seen = await seenWith(tenants, keepsRoutes, keepsRoutes ? watchMs : 0)
    rows.push({
      routes: keepsRoutes ? 'kept' : 'let go',
      open: seen.open,
      delivered: [fewSeen.delivered, seen.delivered],
      bytesPerTenant: Math.round((seen.rss - fewSeen.rss) / (tenants - few)),
      heapBytesPerTenant: Math.round((seen.heapUsed - fewSeen.heapUsed) / (tenants - few)),
      cpuPercent: keepsRoutes ? rounded(100 * seen.cpuShare) : null
    })
  }
  await intake.close()
  return { tenants, few, watchSeconds: watchMs / 1000, rows }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ tenants, rows }) {
  return rows.flatMap((/** @type {any} */ { routes, open, delivered }) => [
    ...delivered
      .filter((/** @type {number} */ count) => count !== tenants)
      .map((/** @type {number} */ count) => `${count} of ${tenants} arrived, routes ${routes}`),
    ...(open === tenants ? [] : [`${open} of ${tenants} lanes were open, routes ${routes}`])
  ])
}

module.exports = { name, nodes, measure, problems }
