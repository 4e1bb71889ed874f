'use strict'

const { atLeast, atMost } = require('../goals')
const { number, percent, spread, table } = require('../markdown')

/** @typedef {import('../../results').Entry} Entry */

const CORES_GOAL = 0.35
const BYTES_PER_TENANT_GOAL = 400
const IDLE_CPU_PERCENT_GOAL = 0.5
const ADDON_MB_GOAL = 4.2
const IMPORT_MS_GOAL = 5

const volume = {
  workload: 'volume',
  /** @param {Entry[]} entries */
  section(entries) {
    const [{ result: first }] = entries
    const parts = entries.map(({ node, ddTrace, result }) => {
      const rows = result.rows.map((/** @type {any} */ row) => [
        row.peer,
        row.made,
        row.peer === 'none' ? '-' : percent(row.arrived, row.made),
        row.requests,
        number(row.mainCores),
        number(row.cores),
        number(row.stallMs),
        number(row.rssMib)
      ])
      const headings = ['main thread, cores', 'process, cores', 'longest stall ms', 'RSS MiB']
      return `### Node ${node}, dd-trace ${ddTrace}\n\n${table(['peer', 'made', 'arrived', 'requests', ...headings], rows)}\n`
    })
    const text = `${first.tenants} tenants, ${number(first.perSecond)} spans of 1 KB per second for ${first.seconds} s, whole spans by the public API, each in a routing
context of its own. Who cannot keep up has made fewer. \`none\` is the driver; with \`routes kept\` the application opens
each tenant's route once, all others are given key and site each time. One run each.
`
    return {
      title: 'Volume',
      text: [text, ...parts].join('\n'),
      plots: [],
      goals: entries.flatMap(({ node, result }) => {
        const own = result.rows.find((/** @type {any} */ { peer }) => peer === 'spanlane')
        const due = result.perSecond * result.seconds
        return [
          atLeast(node, `volume: made of what was due`, (100 * own.made) / due, 99, ' %'),
          atLeast(node, `volume: arrived`, (100 * own.arrived) / own.made, 100, ' %'),
          atMost(node, `volume: whole process`, own.cores, CORES_GOAL, ' cores')
        ]
      })
    }
  }
}

const idle = {
  workload: 'idle',
  /** @param {Entry[]} entries */
  section(entries) {
    const [{ result: first }] = entries
    const rows = entries.flatMap(({ node, result }) =>
      result.rows.map((/** @type {any} */ row) => [
        node,
        row.routes,
        row.bytesPerTenant,
        row.heapBytesPerTenant,
        row.cpuPercent === null ? '-' : number(row.cpuPercent)
      ])
    )
    const text = `${first.tenants.toLocaleString('en-US')} tenants with keys and labels of their own, after one span each. Bytes of RSS by which the process is larger than
one that has made as many spans for ${first.few.toLocaleString('en-US')} tenants, by tenant: both after full garbage collections, their finalizers,
and V8's and the core's giving back of free pages. \`let go\`: nobody holds the routes, but their lanes are still open (they
close at the next sweep, and then a tenant costs nothing). \`kept\`: the application holds each tenant's route, and the
bytes of it in V8's heap are part of the RSS. CPU of the whole process over ${number(first.watchSeconds)} s, with a sweep over all lanes in it.
`
    const headings = ['Node', 'routes', 'bytes of RSS per tenant', 'of them in V8', 'CPU %']
    return {
      title: 'Idle tenants',
      text: `${text}\n${table(headings, rows)}\n`,
      plots: [],
      goals: entries.flatMap(({ node, result }) => [
        ...result.rows.map((/** @type {any} */ { routes, bytesPerTenant }) =>
          atMost(
            node,
            `idle: RSS per tenant, routes ${routes}`,
            bytesPerTenant,
            BYTES_PER_TENANT_GOAL,
            ' bytes'
          )
        ),
        ...result.rows
          .filter((/** @type {any} */ { cpuPercent }) => cpuPercent !== null)
          .map((/** @type {any} */ { cpuPercent }) =>
            atMost(node, `idle: CPU`, cpuPercent, IDLE_CPU_PERCENT_GOAL, ' %')
          )
      ])
    }
  }
}

const footprint = {
  workload: 'footprint',
  /** @param {Entry[]} entries */
  section(entries) {
    const { addons, build } = entries[entries.length - 1].result
    const sizes = addons.map((/** @type {any} */ { file, bytes, gzipBytes }) => [
      `\`${file}\``,
      number(bytes / 1e6),
      number(gzipBytes / 1e6)
    ])
    const imports = entries.map(({ node, result }) => [
      node,
      ...result.imports.map((/** @type {any} */ { ms }) => spread(ms))
    ])
    const modules = entries[0].result.imports.map((/** @type {any} */ { module }) => `${module}, ms`)
    const built =
      build === null
        ? ''
        : `\nThe last build of it took ${build.seconds} s (dependencies as far as they were not built).\n`
    return {
      title: 'Footprint',
      text: `${table(['addon', 'MB', 'MB with gzip'], sizes)}\n${built}\nLoading in a fresh process, the median of many:\n\n${table(['Node', ...modules], imports)}\n`,
      plots: [],
      goals: [
        ...addons.map((/** @type {any} */ { file, bytes }) =>
          atMost('', `size of ${file}`, bytes / 1e6, ADDON_MB_GOAL, ' MB')
        ),
        ...entries.map(({ node, result }) => {
          const [empty, own] = result.imports
          const above = own.ms.median - empty.ms.median
          return atMost(node, `import: over an empty module`, above, IMPORT_MS_GOAL, ' ms')
        })
      ]
    }
  }
}

module.exports = { footprint, idle, volume }
