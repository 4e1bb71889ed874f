'use strict'

const { atLeast, atMost } = require('../goals')
const { spread, table } = require('../markdown')
const { barChart } = require('../svg')

/** @typedef {import('../../results').Entry} Entry */

const STALL_GOAL_MS = 10

const burst = {
  workload: 'burst',
  /** @param {Entry[]} entries */
  section(entries) {
    const parts = entries.map(({ node, ddTrace, result }) => {
      const rows = result.rows.map((/** @type {any} */ { peer, made, arrived, stallMs, mainCpuMs }) => [
        peer,
        `${Math.round(arrived.median)} of ${made}`,
        spread(stallMs),
        spread(mainCpuMs)
      ])
      const headings = ['peer', 'arrived', 'longest stall ms', 'main CPU ms']
      return `### Node ${node}, dd-trace ${ddTrace}\n\n${table(headings, rows)}\n`
    })
    const { made } = entries[0].result.rows[0]
    const text = `${made} spans of one tenant in one turn of the event loop. The stall includes the making of the spans.\n`
    return {
      title: '(e) A burst',
      text: [text, ...parts].join('\n'),
      plots: [],
      goals: entries.map(({ node, result }) => {
        const own = result.rows.find((/** @type {any} */ { peer }) => peer === 'spanlane')
        return atLeast(node, '(e) arrived of a burst', own.arrived.low, own.made, '')
      })
    }
  }
}

const bigPrompt = {
  workload: 'big-prompt',
  /** @param {Entry[]} entries */
  section(entries) {
    const parts = entries.map(({ node, ddTrace, result }) => {
      const rows = result.rows.map(
        (/** @type {any} */ { charset, peer, made, arrived, stallMs, mainCpuMs }) => [
          `${charset}, ${peer}`,
          peer === 'none' ? '-' : `${arrived} of ${made}`,
          spread(stallMs),
          spread(mainCpuMs)
        ]
      )
      const headings = ['text, peer', 'arrived', 'longest stall ms', 'main CPU ms']
      return `### Node ${node}, dd-trace ${ddTrace}\n\n${table(headings, rows)}\n`
    })
    const megabytes = entries[0].result.bytes / 1e6
    const text = `One span with ${megabytes} MB of prompt. A timer of 1 ms tells how long the event loop stood until the span had arrived;
\`none\` is what it says when nothing happens.
`
    return {
      title: '(f) A big prompt',
      text: [text, ...parts].join('\n'),
      plots: entries.map(promptPlot),
      goals: entries.flatMap(({ node, result }) =>
        result.rows
          .filter((/** @type {any} */ { peer }) => peer === 'spanlane')
          .map((/** @type {any} */ { charset, stallMs }) =>
            atMost(node, `(f) ${charset}: longest stall`, stallMs.median, STALL_GOAL_MS, ' ms')
          )
      )
    }
  }
}

/** @param {Entry} entry */
function promptPlot({ node, result }) {
  const [major] = node.split('.', 1)
  const unique = (/** @type {string} */ what) =>
    /** @type {string[]} */ ([...new Set(result.rows.map((/** @type {any} */ row) => row[what]))])
  const charsets = unique('charset')
  const svg = barChart({
    title: `Longest event-loop stall around one big prompt, Node ${node}`,
    x: 'text of the prompt',
    y: 'ms',
    points: charsets,
    series: unique('peer').map(peer => ({
      name: peer,
      values: charsets.map(charset => {
        const row = result.rows.find((/** @type {any} */ one) => one.peer === peer && one.charset === charset)
        return row.stallMs.median
      })
    })),
    goals: charsets.map(() => STALL_GOAL_MS)
  })
  return { name: `big-prompt-stall-node${major}`, title: `Longest stall, Node ${node}`, svg }
}

module.exports = { burst, bigPrompt }
