'use strict'

// docs/benchmarks.md: what was measured, what was aimed at, and a table for each workload.

const fs = require('node:fs')
const path = require('node:path')
const { version } = require('../package.json')
const {
  atLeast,
  atMost,
  byNode,
  mapped,
  nameOf,
  number,
  ofPeer,
  percent,
  ratio,
  spread,
  table,
  times,
  whole
} = require('./tables')
const { peers } = require('./sections/peers')
const { routes } = require('./sections/routes')
const { wholeSpan } = require('./sections/whole-span')

/** @typedef {import('./results').Entry} Entry */
/** @typedef {import('./tables').Cell} Cell */
/** @typedef {import('./tables').Goal} Goal */
/** @typedef {import('./tables').Section} Section */

const HEAD = `# Benchmarks

Written by \`npm run bench\`, which builds the release addon, takes the peers from npm and measures them and Spanlane in
the same run; a text that is edited here is lost. CONTRIBUTING.md has the options. Figures are CPU time of the
JavaScript thread, which other work on the machine disturbs less than wall time; still, compare figures of one table
only, and trust ratios more than microseconds. Rounds alternate between the peers; a figure with a range is the median
of the rounds and their lowest and highest value.

dd-trace runs with its own defaults, agentless, with APM off (it is cheaper so), without telemetry and remote
configuration, and with an agent that answers. Nothing of it is changed but where its sockets lead. The
\`worker_threads\` writer is in \`bench/peers/\`: the least that a team would write, one \`JSON.stringify\` per event.
`

/** What was aimed at; two numbers are of Node 20 and of those after it. Ratios are dd-trace / Spanlane where nothing else is said. */
const GOALS = {
  writer: /** @type {Record<string, Record<number, [number, number]>>} */ ({
    ascii: { 1: [18, 14], 10: [40, 50], 100: [80, 85] },
    mixed: { 1: [60, 28], 10: [200, 170], 100: [300, 220] },
    cjk: { 1: [95, 75], 10: [900, 850], 100: [1000, 850] }
  }),
  /** Of what the SDK's own span costs. */
  bridge: 1.8,
  opentelemetry: 5,
  delivery: 40,
  worker: 3,
  lagMs: 260,
  lagOf5000Ms: 2000,
  /** A span that is the only one of its tenant's second, beside what the way to the intake takes. */
  lagP50Ms: 16,
  fanOutCpu: /** @type {[number, number]} */ ([20, 12]),
  stallMs: 4,
  cores: 0.32,
  mainCores: 0.15,
  idleBytes: /** @type {Record<string, number>} */ ({ 'let go': 284, kept: 600 }),
  idleCpuPercent: 0.5,
  addonMb: 4.2,
  importMs: 2
}

/** @type {Section} */
const writer = {
  workload: 'writer',
  title: '(a) Handing an event over',
  text: () => `Microseconds of the JavaScript thread's CPU time per event, garbage collection included: the median of the rounds
and where they went. Every event is another one. The request is left out for all; Spanlane's bodies go to another
process all the same, and each variant's events are counted at its end. The garbage of one variant is collected before
the next begins, each round has another order, and a batch begins when the other threads are done with the one before.

- **dd-trace**: its span writer, \`append\` and \`flush\`, given the event as an object
- **spanlane**: the record of a finished span of its own SDK
- **bridge**: the record of dd-trace's event object, as \`spanlane/dd-trace\` hands it over
- **worker_threads**: one \`JSON.stringify\`, posted in groups to a worker thread
- **copy of the bytes**, **copy of the strings**: what no design can go below

In the second table, **dd-trace / spanlane** is how many times what Spanlane takes dd-trace takes to hand an event over;
**dd-trace / bridge** the same of an event that dd-trace has made and Spanlane delivers; **worker / spanlane** what the
writer in a worker thread takes; **spanlane / copy of the strings** how far Spanlane is from copying the texts and nothing else.
`,
  tables: ({ rows }) => [
    rows.map((/** @type {any} */ row) => ({ event: nameOf(row), ...mapped(row.us, spread) })),
    rows.map((/** @type {any} */ row) => ({
      event: nameOf(row),
      'dd-trace / spanlane': times(ratio(row, 'dd-trace', 'spanlane')),
      'dd-trace / bridge': times(ratio(row, 'dd-trace', 'bridge')),
      'worker / spanlane': times(ratio(row, 'worker_threads', 'spanlane')),
      'spanlane / copy of the strings': times(ratio(row, 'spanlane', 'copy of the strings'))
    }))
  ],
  goals: ({ rows }, entry) =>
    rows.flatMap((/** @type {any} */ row) => {
      const what = `(a) ${nameOf(row)}`
      const goal = byNode(entry, ...GOALS.writer[row.charset][row.size])
      const floor = row.size < 10 ? 8 : 3
      return [
        atLeast(`${what}: dd-trace / Spanlane`, ratio(row, 'dd-trace', 'spanlane'), goal),
        atMost(`${what}: bridge / Spanlane`, ratio(row, 'bridge', 'spanlane'), GOALS.bridge),
        atLeast(`${what}: worker_threads / Spanlane`, ratio(row, 'worker_threads', 'spanlane'), GOALS.worker),
        atMost(`${what}: over a copy of the strings`, ratio(row, 'spanlane', 'copy of the strings'), floor)
      ]
    })
}

/** @type {Section} */
const opentelemetry = {
  workload: 'opentelemetry',
  title: 'Spans of OpenTelemetry',
  text: () => `Microseconds of the JavaScript thread per span, from its start until it is delivered: an \`llm\` span by the semantic
conventions, with its messages, through \`spanlane/opentelemetry\` and through the batch processor with the OTLP exporter,
each with the defaults. \`none\` is the SDK without a processor, which all of them pay; the ratios are of what comes on top
of it. The exporters deliver to one place; Spanlane routes, and makes events of LLM Observability. Nobody who looks into the
messages is below \`JSON.parse\`, which is that of the two texts alone; \`by hand\` is \`startSpan\` and \`annotate\` with what
they say, without OpenTelemetry: the rest of a span's way here.
`,
  tables: ({ rows }) => [
    rows.map((/** @type {any} */ row) => ({ span: nameOf(row), ...mapped(row.us, spread) })),
    rows.map((/** @type {any} */ row) => ({
      span: nameOf(row),
      'JSON / spanlane': times(overNone(row, 'OTLP JSON')),
      'protobuf / spanlane': times(overNone(row, 'OTLP protobuf')),
      'protobuf / spanlane, SDK included': times(ratio(row, 'OTLP protobuf', 'spanlane'))
    }))
  ],
  goals: ({ rows }) =>
    rows.flatMap((/** @type {any} */ row) =>
      ['OTLP JSON', 'OTLP protobuf'].map(peer =>
        atLeast(`OpenTelemetry, ${nameOf(row)}: ${peer} / Spanlane`, overNone(row, peer), GOALS.opentelemetry)
      )
    )
}

/**
 * @param {any} row
 * @param {string} peer
 * @returns {number} its cost on top of the SDK's, over Spanlane's
 */
function overNone({ us }, peer) {
  return (us[peer].median - us.none.median) / (us.spanlane.median - us.none.median)
}

/** @type {Section} */
const delivery = {
  workload: 'delivery',
  title: '(c) One event per request',
  text: () => `Each tenant has one span of 1 KB, so each is a request of its own, over TLS to another process that answers at once.
Microseconds of the JavaScript thread per span, from \`routingContext\` to the last answer, in processes that are warm. With
\`routes kept\` the application opens each tenant's route once, by \`llmobs.route\`; all others are given key and site each
time. The \`worker_threads\` tracer checks nothing that it is given, and knows nothing but model calls.
**over Spanlane** is how many times what Spanlane takes a peer takes; **arrived** and **requests** are of all rounds together.
`,
  note: ({ tenants }) => `, ${tenants} tenants`,
  tables: ({ rows, made }) => {
    const own = ofPeer(rows, 'spanlane').us.median
    return [
      rows.map((/** @type {any} */ row) => ({
        peer: row.peer,
        'us per span': spread(row.us),
        'over Spanlane': times(row.us.median / own),
        arrived: `${row.arrived} of ${made}`,
        requests: row.requests
      }))
    ]
  },
  goals: ({ rows }) => {
    const own = ofPeer(rows, 'spanlane').us.median
    return [
      atLeast('(c) dd-trace / Spanlane', ofPeer(rows, 'dd-trace').us.median / own, GOALS.delivery),
      atLeast('(c) worker_threads / Spanlane', ofPeer(rows, 'worker_threads').us.median / own, GOALS.worker)
    ]
  }
}

/** @type {Section} */
const fanOut = {
  workload: 'fan-out',
  title: '(d) Many tenants',
  text: ({
    seconds,
    delayMs
  }) => `Spans of 1 KB at an even rate for ${seconds} s, to an intake that answers after ${delayMs} ms. One run each.
Lag is the time from a span's end to its arrival, of those that arrived. Main CPU is that of the JavaScript thread while
the load ran, without what the driver costs by itself. dd-trace has one socket for each host; with 64 it is the opponent
that it could be. RSS is the highest value above that before the load. **at the end** is what of the spans had arrived when the
load was over, the column after it what had arrived some seconds later; **loop p99** is how late the event loop was at most
in 99 of 100 looks, **loop max** the longest time in which nothing else could run.
`,
  tables: ({ rows, lateMs }) => [
    rows
      .filter((/** @type {any} */ { peer }) => peer !== 'none')
      .map((/** @type {any} */ row) => ({
        'tenants, peer': `${row.tenants}, ${row.peer}`,
        'at the end': percent(row.atEnd, row.made),
        [`+ ${lateMs / 1000} s`]: percent(row.arrived, row.made),
        'lag p50 ms': number(row.lagP50Ms),
        'lag p99 ms': number(row.lagP99Ms),
        'main CPU ms': number(cpuAboveIdle(rows, row)),
        'loop p99 ms': number(row.delayP99Ms),
        'loop max ms': number(row.stallMs),
        'RSS MiB': number(row.rssMib),
        requests: row.requests
      }))
  ],
  goals: ({ rows }, entry) =>
    rows
      .filter((/** @type {any} */ { peer, tenants }) => peer === 'spanlane' && tenants >= 1000)
      .flatMap((/** @type {any} */ own) => {
        const { tenants } = own
        const what = `(d) ${tenants} tenants`
        const theirs = cpuAboveIdle(rows, ofPeer(rows, 'dd-trace', tenants))
        const cpuRatio = theirs / Math.max(1, cpuAboveIdle(rows, own))
        const lagMs = tenants < 5000 ? GOALS.lagMs : GOALS.lagOf5000Ms
        const goals = [
          atLeast(`${what}: delivered`, (100 * own.arrived) / own.made, 100, ' %'),
          atMost(`${what}: lag p99`, own.lagP99Ms, lagMs, ' ms')
        ]
        if (tenants >= 5000) return goals
        return [
          ...goals,
          atMost(`${what}: lag p50`, own.lagP50Ms, GOALS.lagP50Ms, ' ms'),
          atLeast(`${what}: main CPU of dd-trace / Spanlane`, cpuRatio, byNode(entry, ...GOALS.fanOutCpu))
        ]
      })
}

/** @type {Section} */
const burst = {
  workload: 'burst',
  title: '(e) A burst',
  text: ({ rows: [{ made }] }) =>
    `${made} spans of one tenant in one turn of the event loop. **longest stall** is how long nothing else could run, the making of the
spans included; **main CPU** is what the JavaScript thread used until everything had arrived or was given up.\n`,
  tables: ({ rows }) => [
    rows.map((/** @type {any} */ { peer, made, arrived, stallMs, mainCpuMs }) => ({
      peer,
      arrived: `${Math.round(arrived.median)} of ${made}`,
      'longest stall ms': spread(stallMs),
      'main CPU ms': spread(mainCpuMs)
    }))
  ],
  goals: ({ rows }) => {
    const own = ofPeer(rows, 'spanlane')
    return [atLeast('(e) arrived of a burst', own.arrived.low, own.made, '')]
  }
}

/** @type {Section} */
const bigPrompt = {
  workload: 'big-prompt',
  title: '(f) A big prompt',
  text: ({
    bytes
  }) => `One span with ${bytes / 1e6} MB of prompt. A timer of 1 ms tells how long the event loop stood until the span had arrived;
\`none\` is what it says when nothing happens.
`,
  tables: ({ rows }) => [
    rows.map((/** @type {any} */ { charset, peer, made, arrived, stallMs, mainCpuMs }) => ({
      'text, peer': `${charset}, ${peer}`,
      arrived: peer === 'none' ? '-' : `${arrived} of ${made}`,
      'longest stall ms': spread(stallMs),
      'main CPU ms': spread(mainCpuMs)
    }))
  ],
  goals: ({ rows }) =>
    rows
      .filter((/** @type {any} */ { peer }) => peer === 'spanlane')
      .map((/** @type {any} */ { charset, stallMs }) =>
        atMost(`(f) ${charset}: longest stall`, stallMs.median, GOALS.stallMs, ' ms')
      )
}

/** @type {Section} */
const volume = {
  workload: 'volume',
  title: 'Volume',
  text: ({
    tenants,
    perSecond,
    seconds
  }) => `${tenants} tenants, ${whole(perSecond)} spans of 1 KB per second for ${seconds} s, whole spans by the public API, each
in a routing context of its own. Who cannot keep up has made fewer. \`none\` is the driver; with \`routes kept\` the
application opens each tenant's route once, all others are given key and site each time. One run each. **main thread,
cores** is the share of one core that the JavaScript thread used while the load ran, **process, cores** that of all
threads, and **the other threads** the difference, which is delivery and the collector of garbage; **longest stall**
is how long nothing else could run, **RSS** the highest value above that before the load.
`,
  tables: ({ rows }) => [
    rows.map((/** @type {any} */ row) => ({
      peer: row.peer,
      made: row.made,
      arrived: row.peer === 'none' ? '-' : percent(row.arrived, row.made),
      requests: row.requests,
      'main thread, cores': number(row.mainCores),
      'process, cores': number(row.cores),
      'the other threads': number(row.cores - row.mainCores),
      'longest stall ms': number(row.stallMs),
      'RSS MiB': number(row.rssMib)
    }))
  ],
  goals: ({ rows, perSecond, seconds }) => {
    const own = ofPeer(rows, 'spanlane')
    return [
      atLeast('volume: made of what was due', (100 * own.made) / (perSecond * seconds), 99, ' %'),
      atLeast('volume: arrived', (100 * own.arrived) / own.made, 100, ' %'),
      atMost('volume: whole process', own.cores, GOALS.cores, ' cores'),
      atMost('volume: JavaScript thread', own.mainCores, GOALS.mainCores, ' cores')
    ]
  }
}

/** @type {Section} */
const idle = {
  workload: 'idle',
  title: 'Idle tenants',
  text: ({
    tenants,
    few,
    watchSeconds
  }) => `${whole(tenants)} tenants with keys and labels of their own, after one span each. Bytes of RSS by which the process is larger than
one that has made as many spans for ${whole(few)} tenants, by tenant: both after full garbage collections, their finalizers,
and V8's and the core's giving back of free pages. \`let go\`: nobody holds the routes, but their lanes are still open (they
close at the next sweep, and then a tenant costs nothing). \`kept\`: the application holds each tenant's route, and the
bytes of it in V8's heap are part of the RSS. CPU of the whole process over ${number(watchSeconds)} s, with a sweep over all lanes in it.
`,
  isOneTable: true,
  tables: ({ rows }, { node }) => [
    rows.map((/** @type {any} */ row) => ({
      Node: node,
      routes: row.routes,
      'bytes of RSS per tenant': row.bytesPerTenant,
      'of them in V8': row.heapBytesPerTenant,
      'CPU %': number(row.cpuPercent)
    }))
  ],
  goals: ({ rows }) => [
    ...rows.map((/** @type {any} */ { routes, bytesPerTenant }) =>
      atMost(`idle: RSS per tenant, routes ${routes}`, bytesPerTenant, GOALS.idleBytes[routes], ' bytes')
    ),
    ...rows
      .filter((/** @type {any} */ { cpuPercent }) => cpuPercent !== null)
      .map((/** @type {any} */ { cpuPercent }) => atMost('idle: CPU', cpuPercent, GOALS.idleCpuPercent, ' %'))
  ]
}

/** @type {Section} */
const footprint = {
  workload: 'footprint',
  title: 'Footprint',
  text: ({ addons, build }) => {
    const sizes = addons.map((/** @type {any} */ { file, bytes, gzipBytes }) => ({
      addon: `\`${file}\``,
      MB: number(bytes / 1e6),
      'MB with gzip': number(gzipBytes / 1e6)
    }))
    const took = `\nThe last build of it took ${build?.seconds} s (dependencies as far as they were not built).\n`
    return `${table(sizes)}\n${build === null ? '' : took}\nLoading the package as it is published in a fresh process, the median of many:\n`
  },
  isOneTable: true,
  tables: ({ imports }, { node }) => [
    [
      {
        Node: node,
        ...Object.fromEntries(
          imports.map((/** @type {any} */ { module, ms }) => [`${module}, ms`, spread(ms)])
        )
      }
    ]
  ],
  goals: ({ addons, imports: [empty, own] }) => [
    ...addons.map((/** @type {any} */ { file, bytes }) =>
      atMost(`size of ${file}`, bytes / 1e6, GOALS.addonMb, ' MB')
    ),
    atMost('import: over an empty module', own.ms.median - empty.ms.median, GOALS.importMs, ' ms')
  ]
}

const SECTIONS = [
  writer,
  wholeSpan,
  routes,
  peers,
  opentelemetry,
  delivery,
  fanOut,
  burst,
  bigPrompt,
  volume,
  idle,
  footprint
]

/**
 * @param {Entry[]} entries
 * @param {string} folder
 * @returns {string} the document's path
 */
function writeDocument(entries, folder) {
  const told = SECTIONS.map(section => ({
    section,
    entries: entries.filter(
      ({ workload, result }) => workload === section.workload && section.isReadable?.(result) !== false
    )
  })).filter(({ entries }) => entries.length > 0)
  const file = path.join(folder, 'benchmarks.md')
  const parts = told.map(({ section, entries }) => sectionText(section, entries))
  fs.writeFileSync(
    file,
    [HEAD, measured(told.flatMap(({ entries }) => entries)), goals(told), ...parts].join('\n')
  )
  return file
}

/** @param {Entry[]} entries in the order of the sections */
function measured(entries) {
  const rows = entries.map(entry => ({
    workload: `${entry.workload}, Node ${entry.node}`,
    'dd-trace': entry.ddTrace,
    seed: entry.seed,
    date: entry.at.slice(0, 10),
    'took s': entry.seconds,
    'load of the machine': entry.load
  }))
  const machines = [...new Set(entries.map(({ machine }) => machine))].join('; ')
  const note = entries.some(({ kind }) => kind !== 'full')
    ? '\n**These are the figures of a shortened run. They show that the suite works, and nothing else.**\n'
    : ''
  return `## What was measured\n\nSpanlane ${version}. Machine: ${machines}.\n${note}\n${table(rows)}\n`
}

/** @param {{ section: Section, entries: Entry[] }[]} told */
function goals(told) {
  const all = told.flatMap(({ section, entries }) =>
    entries.flatMap(entry => section.goals(entry.result, entry).map(goal => ({ node: entry.node, ...goal })))
  )
  const nodes = [...new Set(all.map(({ node }) => node))]
  const rows = [...new Set(all.map(({ what }) => what))].map(what => {
    const list = all.filter(goal => goal.what === what)
    const seen = nodes.map(node => [`Node ${node}`, shown(list.find(goal => goal.node === node))])
    const goal = [...new Set(list.map(({ goal }) => goal))].join(', ')
    return { what, goal, ...Object.fromEntries(seen) }
  })
  const met = all.filter(({ isMet }) => isMet).length
  return `## Goals\n\n${met} of ${all.length} are met; **what missed** stands out. Where a goal is not the same on all versions of Node, they stand in the\norder of the versions.\n\n${table(rows)}\n`
}

/** @param {any[]} rows @param {any} row @returns {number} what a peer used above the driver that does nothing */
function cpuAboveIdle(rows, row) {
  return Math.max(0, row.mainCpuMs - ofPeer(rows, 'none', row.tenants).mainCpuMs)
}

/** @param {Goal | undefined} goal */
function shown(goal) {
  if (goal === undefined) return ''
  return goal.isMet ? goal.seen : `**${goal.seen}**`
}

/**
 * @param {Section} section
 * @param {Entry[]} entries
 */
function sectionText({ title, text, tables, note, isOneTable }, entries) {
  const parts = isOneTable
    ? [table(entries.flatMap(entry => tables(entry.result, entry)[0]))]
    : entries.flatMap(entry => [
        `### Node ${entry.node}, dd-trace ${entry.ddTrace}${note?.(entry.result) ?? ''}`,
        ...tables(entry.result, entry).map(table)
      ])
  return `## ${title}\n\n${text(entries[0].result)}\n${parts.join('\n\n')}\n`
}

module.exports = { writeDocument }
