'use strict'

/** What entering a tenant's context costs, and opening an instance in a fresh process. */

const { summaryOf } = require('../support/summary')
const { turned } = require('../support/turned')

const name = 'routes'
const nodes = /** @type {const} */ ('main')

/** Who enters how. */
const PEERS = [
  { what: 'none', peer: 'none', isKept: false },
  { what: 'dd-trace', peer: 'dd-trace', isKept: false },
  { what: 'spanlane', peer: 'spanlane', isKept: false },
  { what: 'spanlane, routes kept', peer: 'spanlane', isKept: true }
]
const OPENED = ['dd-trace', 'spanlane']

/** @param {import('./context').Context} context */
async function measure(context) {
  const intake = await context.openBlackIntake()
  const rows = []
  for (const tenants of context.scale.routes.tenants) rows.push(await compare(context, intake.url, tenants))
  const opened = await openings(context, intake.url)
  await intake.close()
  return { rows, opened }
}

/**
 * Processes of their own, which take turns.
 *
 * @param {import('./context').Context} context
 * @param {string} url
 * @param {number} tenants
 */
async function compare(context, url, tenants) {
  const { rounds, cpuMs } = context.scale
  const children = []
  for (const { what, ...how } of PEERS) {
    const child = context.openMeasured('routes.js', { ...how, url, cpuMs, tenants })
    await child.next()
    children.push({ what, child, us: /** @type {number[]} */ ([]) })
  }
  let hasEntered = true
  for (let round = 0; round < rounds; round++) {
    for (const { child, us } of turned(children, round)) {
      const seen = await child.ask({ ask: 'run' })
      us.push(seen.us)
      hasEntered &&= seen.hasEntered
    }
  }
  for (const { child } of children) await child.close()
  const us = Object.fromEntries(children.map(({ what, us }) => [what, summaryOf(us)]))
  return { tenants, hasEntered, us }
}

/** @param {import('./context').Context} context @param {string} url */
async function openings(context, url) {
  /** @type {{ peer: string, wallMs: number[], cpuMs: number[] }[]} */
  const seen = OPENED.map(peer => ({ peer, wallMs: [], cpuMs: [] }))
  for (let round = 0; round < context.scale.footprint.imports; round++) {
    for (const { peer, wallMs, cpuMs } of seen) {
      const child = context.openMeasured('opening.js', { peer, url, installed: context.installed.folder })
      const one = await child.next()
      await child.close()
      wallMs.push(one.wallMs)
      cpuMs.push(one.cpuMs)
    }
  }
  return seen.map(({ peer, wallMs, cpuMs }) => ({
    peer,
    wallMs: summaryOf(wallMs),
    cpuMs: summaryOf(cpuMs)
  }))
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  return rows
    .filter((/** @type {any} */ { hasEntered }) => !hasEntered)
    .map((/** @type {any} */ { tenants }) => `${tenants} tenants: not every callback was called`)
}

module.exports = { name, nodes, measure, problems }
