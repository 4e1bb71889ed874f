'use strict'

const { atLeast, atMost } = require('../goals')
const { number, percent, table } = require('../markdown')
const { lineChart } = require('../svg')

/** @typedef {import('../../results').Entry} Entry */

/** The default linger and two round trips. */
const LAG_GOAL_MS = 200 + 2 * 50
const LAG_GOAL_5000_MS = 2000
const CPU_GOAL = 15

/**
 * @param {any} result
 * @param {number} tenants
 * @param {string} peer
 */
function rowOf(result, tenants, peer) {
  return result.rows.find((/** @type {any} */ row) => row.tenants === tenants && row.peer === peer)
}

/** @param {any} result @param {any} row what the peer used above the driver that does nothing */
function cpuAboveIdle(result, row) {
  return Math.max(0, row.mainCpuMs - rowOf(result, row.tenants, 'none').mainCpuMs)
}

/** @param {any} result */
function countsOf(result) {
  return /** @type {number[]} */ ([...new Set(result.rows.map((/** @type {any} */ row) => row.tenants))])
}

/** @param {any} result */
function peersOf(result) {
  const peers = /** @type {string[]} */ (result.rows.map((/** @type {any} */ row) => row.peer))
  return [...new Set(peers)].filter(peer => peer !== 'none')
}

/** @param {any} result */
function tableOf(result) {
  const rows = result.rows
    .filter((/** @type {any} */ { peer }) => peer !== 'none')
    .map((/** @type {any} */ row) => [
      `${row.tenants}, ${row.peer}`,
      percent(row.atEnd, row.made),
      percent(row.arrived, row.made),
      number(row.lagP50Ms),
      number(row.lagP99Ms),
      number(cpuAboveIdle(result, row)),
      number(row.delayP99Ms),
      number(row.stallMs),
      number(row.rssMib),
      row.requests
    ])
  const late = `+ ${result.lateMs / 1000} s`
  const headings = [
    'lag p50 ms',
    'lag p99 ms',
    'main CPU ms',
    'loop p99 ms',
    'loop max ms',
    'RSS MiB',
    'requests'
  ]
  return table(['tenants, peer', 'at the end', late, ...headings], rows)
}

/**
 * @param {Entry} entry
 * @param {{ title: string, y: string, of: (row: any) => number | null }} what
 */
function chart({ node, result }, { title, y, of }) {
  const counts = countsOf(result)
  return lineChart({
    title: `${title}, Node ${node}`,
    x: 'tenants, one span each per second',
    y,
    points: counts.map(String),
    series: peersOf(result).map(peer => ({
      name: peer,
      values: counts.map(tenants => of(rowOf(result, tenants, peer)))
    }))
  })
}

/** @param {Entry} entry */
function plotsOf(entry) {
  const { node, result } = entry
  const [major] = node.split('.', 1)
  const plots = [
    {
      name: 'lag',
      title: 'Lag (p99) of what arrived',
      y: 'ms',
      of: (/** @type {any} */ row) => row.lagP99Ms
    },
    {
      name: 'cpu',
      title: 'Main-thread CPU over the idle driver',
      y: 'ms',
      of: (/** @type {any} */ row) => cpuAboveIdle(result, row)
    },
    { name: 'loop', title: 'Longest event-loop delay', y: 'ms', of: (/** @type {any} */ row) => row.stallMs },
    { name: 'rss', title: 'RSS above the start', y: 'MiB', of: (/** @type {any} */ row) => row.rssMib }
  ]
  return plots.map(({ name, ...what }) => ({
    name: `fan-out-${name}-node${major}`,
    title: `${what.title}, Node ${node}`,
    svg: chart(entry, what)
  }))
}

/** @param {Entry} entry */
function goalsOf({ node, result }) {
  return countsOf(result)
    .filter(tenants => tenants >= 1000)
    .flatMap(tenants => {
      const own = rowOf(result, tenants, 'spanlane')
      const what = `(d) ${tenants} tenants`
      const ratio =
        cpuAboveIdle(result, rowOf(result, tenants, 'dd-trace')) / Math.max(1, cpuAboveIdle(result, own))
      return [
        atLeast(node, `${what}: delivered`, (100 * own.arrived) / own.made, 100, ' %'),
        atMost(
          node,
          `${what}: lag p99`,
          own.lagP99Ms,
          tenants < 5000 ? LAG_GOAL_MS : LAG_GOAL_5000_MS,
          ' ms'
        ),
        ...(tenants < 5000
          ? [atLeast(node, `${what}: main CPU of dd-trace / Spanlane`, ratio, CPU_GOAL)]
          : [])
      ]
    })
}

/** @param {Entry[]} entries */
function section(entries) {
  const [{ result }] = entries
  const text = `Spans of 1 KB at an even rate for ${result.seconds} s, to an intake that answers after ${result.delayMs} ms. One run each.
Lag is the time from a span's end to its arrival, of those that arrived. Main CPU is that of the JavaScript thread while
the load ran, without what the driver costs by itself. dd-trace has one socket for each host; with 64 it is the opponent
that it could be. RSS is the highest value above that before the load.
`
  const parts = entries.map(
    entry => `### Node ${entry.node}, dd-trace ${entry.ddTrace}\n\n${tableOf(entry.result)}\n`
  )
  return {
    title: '(d) Many tenants',
    text: [text, ...parts].join('\n'),
    plots: entries.flatMap(plotsOf),
    goals: entries.flatMap(goalsOf)
  }
}

module.exports = { workload: 'fan-out', section }
