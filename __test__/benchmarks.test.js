'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { peers } = require('../bench/sections/peers')
const { runChild } = require('./support/run-child')

/** What the suite measures, and who takes part; a name that goes missing here is a comparison that is no longer made. */
const WORKLOADS = {
  writer: ['spanlane', 'bridge', 'dd-trace', 'worker_threads'],
  'whole-span': ['dd-trace', 'spanlane', 'floor', 'none'],
  routes: ['none', 'dd-trace', 'spanlane', 'spanlane, routes kept'],
  // Without those that are taken from npm.
  peers: ['none', 'spanlane', 'dd-trace', 'OTLP JSON', 'OTLP protobuf', 'worker_threads'],
  opentelemetry: ['none', 'OTLP JSON', 'OTLP protobuf', 'spanlane', 'JSON.parse', 'by hand'],
  delivery: ['dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane', 'spanlane, routes kept'],
  'fan-out': ['none', 'dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane'],
  burst: ['dd-trace', 'worker_threads', 'spanlane'],
  'big-prompt': ['none', 'dd-trace', 'worker_threads', 'spanlane'],
  volume: ['none', 'dd-trace', 'worker_threads', 'spanlane', 'spanlane, routes kept'],
  idle: [],
  footprint: []
}
// Two minutes for all workloads on two cores that others use too.
const RUN_MAX_MS = 400_000

let folder = ''
/** @type {import('./support/run-child').Ended} */
let run

/** @param {string} workload */
function entryOf(workload) {
  const [major] = process.versions.node.split('.', 1)
  return JSON.parse(fs.readFileSync(path.join(folder, `${workload}-node${major}.json`), 'utf8'))
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-benchmarks-'))
  run = await runChild(['bench/suite.js', '--smoke', '--into', folder], { timeoutMs: RUN_MAX_MS })
}, RUN_MAX_MS)

afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

test('the benchmark suite runs through, and every event that was handed over is counted at its end', () => {
  expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' })
})

test.each(Object.keys(WORKLOADS))('%s measures and finds nothing lost', workload => {
  expect(entryOf(workload)).toMatchObject({ workload, kind: 'smoke', problems: [] })
})

test.each(['writer', 'whole-span', 'routes', 'opentelemetry'])('%s compares with every peer', workload => {
  const [{ us }] = entryOf(workload).result.rows
  expect(Object.keys(us)).toEqual(expect.arrayContaining(WORKLOADS[workload]))
})

test.each(['peers', 'delivery', 'fan-out', 'burst', 'big-prompt', 'volume'])(
  '%s compares with every peer',
  workload => {
    const { rows } = entryOf(workload).result
    expect(rows.map(({ peer }) => peer)).toEqual(WORKLOADS[workload])
  }
)

test('at this size nobody loses anything', () => {
  const counted = ['delivery', 'fan-out', 'big-prompt', 'volume'].flatMap(workload => {
    const { made, rows } = entryOf(workload).result
    return rows.flatMap(row =>
      row.peer === 'none' ? [] : [[workload, row.peer, row.arrived, row.made ?? made]]
    )
  })
  expect(counted.filter(([, , arrived, made]) => arrived !== made)).toEqual([])
  expect(counted.length).toBe(16)
})

test('every product serves its tenants apart, and nothing fails', () => {
  const { rows } = entryOf('peers').result
  const sending = rows.filter(({ peer }) => peer !== 'none')
  expect(JSON.stringify(rows)).not.toContain('"failed"')
  for (const { tenants } of sending) expect(tenants).toMatchObject([{ made: 2, arrived: 2, right: 2 }])
  for (const { loads } of sending) expect(loads.rows).toMatchObject([{ made: 20, arrived: 20 }])
})

test('a product that cannot be installed, or whose process fails, is a row that says why', () => {
  const entry = entryOf('peers')
  const failures = [
    { peer: 'langsmith', failed: 'npm install: exit code 1' },
    {
      peer: 'sentry',
      loads: { failed: 'Error: no' },
      tenants: [{ tenants: 2, failed: 'Error: no' }],
      exit: { failed: 'Error: no' },
      outage: { failed: 'Error: no' }
    }
  ]
  const result = { ...entry.result, rows: [...entry.result.rows, ...failures] }
  const tables = peers.tables(result, entry)
  expect(tables.length).toBe(3)
  for (const rows of tables) {
    expect(rows.slice(-2).map(({ note }) => note)).toEqual(['npm install: exit code 1', 'Error: no'])
    expect(JSON.stringify(rows)).not.toMatch(/undefined|NaN|null/)
  }
  expect(peers.goals(result, entry)).toEqual(peers.goals(entry.result, entry))
})

test('the document shows every workload in tables whose rows have a cell for each column', () => {
  const document = fs.readFileSync(path.join(folder, 'benchmarks.md'), 'utf8')
  expect(document.match(/^## .*/gm)).toEqual([
    '## What was measured',
    '## Goals',
    '## (a) Handing an event over',
    '## (b) A whole span',
    '## Entering a context, opening an instance',
    '## Other products',
    '## Spans of OpenTelemetry',
    '## (c) One event per request',
    '## (d) Many tenants',
    '## (e) A burst',
    '## (f) A big prompt',
    '## Volume',
    '## Idle tenants',
    '## Footprint'
  ])
  const tables = document.match(/(?:^\|.*\n)+/gm) ?? []
  expect(tables.length).toBe(22)
  const columnsOf = (/** @type {string} */ row) => row.split(' | ').length
  for (const table of tables) expect(new Set(table.trim().split('\n').map(columnsOf)).size).toBe(1)
  expect(document).not.toMatch(/undefined|NaN|\[object/)
})
