'use strict'

const { atLeast, atMost } = require('../goals')
const { number, percent, spread, table } = require('../markdown')

/** @typedef {import('../../results').Entry} Entry */

const CORES_GOAL = 0.35
const BYTES_PER_TENANT_GOAL = 400
const ADDON_MB_GOAL = 3.5
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
    const rows = entries.map(({ node, result }) => [
      node,
      result.tenants.toLocaleString('en-US'),
      result.bytesPerTenant,
      number(result.idleCpuPercent)
    ])
    const text = `Tenants with keys and labels of their own, after one span each. RSS above that of a process that had delivered for
5,000 others, by tenant; CPU of the whole process while nothing happens.
`
    return {
      title: 'Idle tenants',
      text: `${text}\n${table(['Node', 'tenants', 'bytes of RSS per tenant', 'CPU %'], rows)}\n`,
      plots: [],
      goals: entries.flatMap(({ node, result }) => [
        atMost(node, `idle: RSS per tenant`, result.bytesPerTenant, BYTES_PER_TENANT_GOAL, ' bytes'),
        atMost(node, `idle: CPU`, result.idleCpuPercent, 0.5, ' %')
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
