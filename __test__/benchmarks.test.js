'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { runChild } = require('./support/run-child')

/** What the suite measures, and who takes part; a name that goes missing here is a comparison that is no longer made. */
const WORKLOADS = {
  writer: ['spanlane', 'bridge', 'dd-trace', 'worker_threads'],
  'whole-span': ['dd-trace', 'spanlane', 'floor', 'none'],
  opentelemetry: ['none', 'OTLP JSON', 'OTLP protobuf', 'spanlane', 'JSON.parse', 'by hand'],
  delivery: ['dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane', 'spanlane, routes kept'],
  'fan-out': ['none', 'dd-trace', 'dd-trace, 64 sockets', 'worker_threads', 'spanlane'],
  burst: ['dd-trace', 'worker_threads', 'spanlane'],
  'big-prompt': ['none', 'dd-trace', 'worker_threads', 'spanlane'],
  volume: ['none', 'dd-trace', 'worker_threads', 'spanlane', 'spanlane, routes kept'],
  idle: [],
  footprint: []
}
// Half a minute for all workloads where nothing else runs.
const RUN_MAX_MS = 240_000

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

test.each(['writer', 'whole-span', 'opentelemetry'])('%s compares with every peer', workload => {
  const [{ us }] = entryOf(workload).result.rows
  expect(Object.keys(us)).toEqual(expect.arrayContaining(WORKLOADS[workload]))
})

test.each(['delivery', 'fan-out', 'burst', 'big-prompt', 'volume'])(
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

test('the document shows every workload in tables whose rows have a cell for each column', () => {
  const document = fs.readFileSync(path.join(folder, 'benchmarks.md'), 'utf8')
  expect(document.match(/^## .*/gm)).toEqual([
    '## What was measured',
    '## Goals',
    '## (a) Handing an event over',
    '## (b) A whole span',
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
  expect(tables.length).toBe(17)
  const columnsOf = (/** @type {string} */ row) => row.split(' | ').length
  for (const table of tables) expect(new Set(table.trim().split('\n').map(columnsOf)).size).toBe(1)
  expect(document).not.toMatch(/undefined|NaN|\[object/)
})
