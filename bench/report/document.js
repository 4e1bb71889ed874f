'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { version } = require('../../package.json')
const { table } = require('./markdown')
const { bigPrompt, burst } = require('./sections/stalls')
const { footprint, idle, volume } = require('./sections/process')

/** @typedef {import('../results').Entry} Entry */
/** @typedef {{ name: string, title: string, svg: string }} Plot */
/** @typedef {{ title: string, text: string, plots: Plot[], goals: import('./goals').Goal[] }} Section */

/** @type {{ workload: string, section: (entries: Entry[]) => Section }[]} */
const SECTIONS = [
  require('./sections/writer'),
  require('./sections/whole-span'),
  require('./sections/delivery'),
  require('./sections/fan-out'),
  burst,
  bigPrompt,
  volume,
  idle,
  footprint
]

const HEAD = `# Benchmarks

Written by \`npm run bench\`, which builds the release addon, takes dd-trace from npm and measures peers and Spanlane in
the same run; a text that is edited here is lost. CONTRIBUTING.md has the options. Figures are CPU time of the
JavaScript thread, which other work on the machine disturbs less than wall time; still, compare figures of one table
only, and trust ratios more than microseconds. Rounds alternate between the peers; a figure with a range is the median
of the rounds and their lowest and highest value.

dd-trace runs with its own defaults, agentless, with APM off (it is cheaper so), without telemetry and remote
configuration, and with an agent that answers. Nothing of it is changed but where its sockets lead. The
\`worker_threads\` writer is in \`bench/peers/\`: the least that a team would write, one \`JSON.stringify\` per event.
`

/**
 * Writes benchmarks.md and its plots.
 *
 * @param {Entry[]} entries
 * @param {string} folder
 * @returns {string} the document's path
 */
function writeDocument(entries, folder) {
  const sections = SECTIONS.flatMap(({ workload, section }) => {
    const own = entries.filter(entry => entry.workload === workload)
    return own.length === 0 ? [] : [section(own)]
  })
  const plotFolder = path.join(folder, 'benchmarks')
  fs.rmSync(plotFolder, { recursive: true, force: true })
  fs.mkdirSync(plotFolder, { recursive: true })
  for (const { name, svg } of sections.flatMap(({ plots }) => plots)) {
    fs.writeFileSync(path.join(plotFolder, `${name}.svg`), svg)
  }
  const file = path.join(folder, 'benchmarks.md')
  const goals = goalTable(sections.flatMap(section => section.goals))
  fs.writeFileSync(file, [HEAD, measured(entries), goals, ...sections.map(textOf)].join('\n'))
  return file
}

/** @param {Entry[]} entries */
function measured(entries) {
  const inOrder = SECTIONS.flatMap(({ workload }) => entries.filter(entry => entry.workload === workload))
  const rows = inOrder.map(entry => [
    `${entry.workload}, Node ${entry.node}`,
    entry.ddTrace,
    entry.seed,
    entry.at.slice(0, 10),
    entry.seconds,
    entry.load
  ])
  const machines = [...new Set(entries.map(({ machine }) => machine))].join('; ')
  const note = entries.some(({ kind }) => kind !== 'full')
    ? '\n**These are the figures of a shortened run. They show that the suite works, and nothing else.**\n'
    : ''
  const headings = ['workload', 'dd-trace', 'seed', 'date', 'took s', 'load of the machine']
  return `## What was measured\n\nSpanlane ${version}. Machine: ${machines}.\n${note}\n${table(headings, rows)}\n`
}

/** @param {import('./goals').Goal[]} goals */
function goalTable(goals) {
  const met = goals.filter(({ isMet }) => isMet).length
  const nodes = [...new Set(goals.map(({ node }) => node))].filter(node => node !== '')
  /** @type {Map<string, import('./goals').Goal[]>} */
  const rows = new Map()
  for (const goal of goals) rows.set(goal.what, [...(rows.get(goal.what) ?? []), goal])
  const cells = [...rows].map(([what, list]) => {
    const seen = nodes.map(node => {
      const goal = list.find(one => one.node === node || one.node === '')
      if (goal === undefined) return ''
      return goal.isMet ? goal.seen : `**${goal.seen}**`
    })
    return [what, list[0].goal, ...seen]
  })
  const headings = ['what', 'goal', ...nodes.map(node => `Node ${node}`)]
  return `## Goals\n\n${met} of ${goals.length} are met; **what missed** stands out.\n\n${table(headings, cells)}\n`
}

/** @param {Section} section */
function textOf({ title, text, plots }) {
  const images = plots.map(plot => `![${plot.title}](benchmarks/${plot.name}.svg)`)
  return `## ${title}\n\n${[text, ...images].join('\n')}\n`
}

module.exports = { writeDocument }
