'use strict'

// JavaScript does not hear of every end of a process: somebody else's listener ends it or throws, takes ours away, or
// goes past all of them. What is held is delivered all the same, in the same time, and what cannot be is said.

const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')

const { start } = intakes()

jest.setTimeout(60_000)

/** What each program begins with. */
const BEGINNING = `
  const { llmobs, createLLMObs } = require('.')
  const options = { mlApp: 'shop', apiKey: 'd'.repeat(32), intakeUrl: process.env.SPANLANE_INTAKE_URL }
  const on = instance => (...names) => { for (const name of names) instance.trace({ kind: 'task', name }, () => {}) }
  const spans = on(llmobs)
  const of = (tenant, name) =>
    llmobs.withRoutingContext({ ddApiKey: tenant.padEnd(32, 'a'), tenant }, () => spans(name))`

/**
 * @param {{ url: string }} intake
 * @param {string} program
 * @param {string} [before] what is there before the package is loaded
 */
async function run(intake, program, before = '') {
  const begun = performance.now()
  const ended = await runChild(['-e', `${before}\n${BEGINNING}\n${program}`], {
    env: { SPANLANE_INTAKE_URL: intake.url }
  })
  return { ...ended, tookMs: performance.now() - begun }
}

/** @param {import('../../testing').Intake} intake */
const arrived = intake =>
  intake
    .spans()
    .map(({ name }) => name)
    .sort()

const RECORD = `llmobs.init(options); spans('a', 'b')`

describe('what is held arrives', () => {
  test.each([
    ['process.reallyExit', 5, '', `${RECORD}; process.reallyExit(5)`],
    [
      'process.reallyExit in a promise',
      5,
      '',
      `${RECORD}; Promise.resolve().then(() => process.reallyExit(5))`
    ],
    [
      'process.exit that is somebody else’s',
      5,
      '',
      `process.exit = process.reallyExit; ${RECORD}; process.exit(5)`
    ],
    ['process.reallyExit with a flush under way', 0, '', `${RECORD}; llmobs.flush(); process.reallyExit(0)`],
    [
      'process.reallyExit with a shutdown under way',
      0,
      '',
      `${RECORD}; llmobs.shutdown(); process.reallyExit(0)`
    ],
    [
      'an exit listener before ours that exits',
      3,
      `process.on('exit', () => process.exit(3))`,
      `${RECORD}; process.exit(0)`
    ],
    [
      'the same at a natural end',
      3,
      `process.on('exit', () => process.reallyExit(3)); process.on('beforeExit', () => process.exit(9))`,
      RECORD
    ],
    [
      'an exit listener before ours that throws',
      null,
      `process.on('exit', () => { throw new Error('x') })`,
      `${RECORD}; process.exit(0)`
    ],
    [
      'all listeners of exit taken away',
      0,
      '',
      `${RECORD}; process.removeAllListeners('exit'); process.exit(0)`
    ],
    ['all listeners of all events taken away', 0, '', `${RECORD}; process.removeAllListeners()`],
    ['events that are not emitted any more', 0, '', `${RECORD}; process.emit = () => false; process.exit(0)`],
    [
      'an uncaughtException listener that throws',
      7,
      `process.on('uncaughtException', error => { throw error })`,
      `${RECORD}; throw new Error('x')`
    ],
    [
      'an unhandledRejection listener that throws',
      1,
      `process.on('unhandledRejection', error => { throw error })`,
      `${RECORD}; Promise.reject(new Error('x'))`
    ],
    [
      'a beforeExit listener that throws',
      1,
      `process.on('beforeExit', () => { throw new Error('x') })`,
      RECORD
    ]
  ])('%s', async (_what, code, before, program) => {
    const intake = await start()
    const ended = await run(intake, program, before)
    expect(arrived(intake)).toEqual(['a', 'b'])
    expect(ended.signal).toBeNull()
    if (code !== null) expect(ended.code).toBe(code)
  })

  test.each(['process.exit(4)', 'process.reallyExit(4)', 'process.exitCode = 4'])(
    'of spans that finish in an exit listener after ours, on any instance: %s',
    async end => {
      const intake = await start()
      const ended = await run(
        intake,
        `llmobs.init(options); const other = createLLMObs(options); spans('a')
         process.on('exit', () => { spans('late'); of('acme', 'late of acme'); on(other)('late of another') })
         setTimeout(() => { process.emit('exit'); ${end} }, 20)`
      )
      expect(ended.code).toBe(4)
      expect(arrived(intake).filter(name => name === 'a')).toEqual(['a'])
      expect(new Set(arrived(intake))).toEqual(new Set(['a', 'late', 'late of acme', 'late of another']))
    }
  )

  test.each([
    ['an isolated instance of a worker that was terminated', `createLLMObs(options)`, ''],
    ['the instance that it shares', `llmobs.init(options)`, `llmobs.init(options);`],
    ['the instance of a worker alone', `llmobs.init(options)`, '']
  ])('of %s, when the main thread ends at once', async (_what, open, inMain) => {
    const intake = await start()
    const worker = `${BEGINNING}; on(${open})('a', 'b'); require('node:worker_threads').parentPort.postMessage(1); setInterval(() => {}, 1000)`
    const ended = await run(
      intake,
      `${inMain} const { Worker } = require('node:worker_threads')
       const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
       worker.once('message', () => worker.terminate().then(() => process.reallyExit(6)))`
    )
    expect(ended).toMatchObject({ code: 6, stderr: '' })
    expect(arrived(intake)).toEqual(['a', 'b'])
  })

  test('of a process that comes back before its end, again and again', async () => {
    const intake = await start()
    const ended = await run(
      intake,
      `llmobs.init({ ...options, exitTimeoutMs: 300 }); spans('0'); let round = 0
       process.on('beforeExit', () => { if (++round < 4) setTimeout(() => spans(String(round)), 400) })`
    )
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(arrived(intake)).toEqual(['0', '1', '2', '3'])
  })

  test('of the healthy, when a tenant that is never answered has used up the time of an earlier end', async () => {
    const intake = await start({
      script: { match: { key: 'silent'.padEnd(32, 'a') }, actions: [{ stall: true, times: Infinity }] }
    })
    const ended = await run(
      intake,
      `llmobs.init({ ...options, exitTimeoutMs: 500, logger: {} }); of('silent', 'lost')
       process.once('beforeExit', () => setTimeout(() => { of('acme', 'kept'); process.exit(2) }, 700))`
    )
    expect(ended).toMatchObject({ code: 2, stderr: '' })
    expect(arrived(intake)).toContain('kept')
  })
})

describe('the time is one', () => {
  const SILENT = { script: { actions: [{ stall: true, times: Infinity }] } }
  const OPEN = 'llmobs.init({ ...options, exitTimeoutMs: 1500, logger: {} })'

  /** Without Spanlane's wait: the start of a process, on this machine, now. */
  async function startMs() {
    const intake = await start()
    return (await run(intake, 'llmobs.init(options); process.reallyExit(0)')).tookMs
  }

  test.each([
    ['process.reallyExit', `spans('a'); process.reallyExit(0)`],
    ['a natural end, an exit and spans in its listeners', `spans('a'); process.on('exit', () => spans('b'))`],
    ['process.exit, and spans after it', `process.on('exit', () => spans('b')); spans('a'); process.exit(0)`],
    [
      'five instances',
      `const all = [1, 2, 3, 4, 5].map(() => createLLMObs({ ...options, exitTimeoutMs: 1500, logger: {} }))
       for (const one of all) on(one)('a'); process.reallyExit(0)`
    ],
    [
      'a process that exits in the middle of its last wait',
      `spans('a'); setTimeout(() => process.exit(0), 700).unref()`
    ]
  ])('%s: a whole exitTimeoutMs, and not two', async (_what, program) => {
    const ownMs = await startMs()
    const intake = await start(SILENT)
    const { code, tookMs } = await run(intake, `${OPEN}; ${program}`)
    expect(code).toBe(0)
    // The first wait may begin before all of the process is there.
    expect(tookMs).toBeGreaterThan(1400)
    expect(tookMs - ownMs).toBeLessThan(1500 + 1200)
  })

  test('exitTimeoutMs 0 waits for nothing', async () => {
    const intake = await start(SILENT)
    const { code, tookMs } = await run(
      intake,
      `llmobs.init({ ...options, exitTimeoutMs: 0, logger: {} }); spans('a'); process.reallyExit(0)`
    )
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(3000)
  })
})

describe('what is lost is said, once for each tenant', () => {
  const CURE =
    '; cure what fails, or give the end more time (exitTimeoutMs) (docs/troubleshooting.md#lost_at_exit)'
  const REFUSED = { script: { actions: [{ status: 403, times: Infinity }] } }

  /** @param {string} stderr */
  const lost = stderr =>
    stderr
      .split('\n')
      .filter(line => line.includes(' lost, '))
      .map(line => (line.endsWith(CURE) ? line.slice(0, -CURE.length) : `without a cure: ${line}`))

  test.each([
    ['process.exit', 'process.exit(0)'],
    ['an uncaught exception', `throw new Error('x')`],
    ['a natural end', ''],
    ['process.reallyExit', 'process.reallyExit(0)'],
    ['an exit past our listener', `process.removeAllListeners('exit'); process.exit(0)`],
    ['a natural end past our listener', `process.removeAllListeners('exit')`]
  ])('%s', async (_what, end) => {
    const intake = await start(REFUSED)
    const { stderr, tookMs } = await run(
      intake,
      `llmobs.init({ ...options, exitTimeoutMs: 20_000 }); of('acme', 'a'); of('globex', 'b'); of('globex', 'c'); ${end}`
    )
    expect(lost(stderr).sort()).toEqual([
      'spanlane: 1 event of tenant "acme" (datadoghq.com) lost, the process ended: key_refused (http 403)',
      'spanlane: 2 events of tenant "globex" (datadoghq.com) lost, the process ended: key_refused (http 403)'
    ])
    // The last attempt, and no more.
    expect(tookMs).toBeLessThan(8000)
  })

  test.each([
    ['the logger', 'process.exit(0)'],
    ['the logger, or nobody', 'process.reallyExit(0)']
  ])('to %s', async (_what, end) => {
    const intake = await start(REFUSED)
    const { stdout, stderr } = await run(
      intake,
      `const logger = { warn: line => console.log(line) }
       llmobs.init({ ...options, logger }); of('acme', 'a'); ${end}`
    )
    expect(stderr).toBe('')
    expect(lost(stdout)).toHaveLength(end.includes('really') ? 0 : 1)
  })

  test.each(['process.exit(0)', 'process.reallyExit(0)'])(
    'ten tenants have a line each, the others share one: %s',
    async end => {
      const intake = await start(REFUSED)
      const { stderr } = await run(
        intake,
        `llmobs.init({ ...options, exitTimeoutMs: 20_000 })
         for (let index = 0; index < 14; index++) of('t-' + index, 'a'); ${end}`
      )
      expect(lost(stderr)).toHaveLength(11)
      expect(lost(stderr)).toContain('spanlane: 4 events of further tenants lost, the process ended')
    }
  )

  test('what comes after it was said is said, and nothing twice', async () => {
    const intake = await start(REFUSED)
    const { stderr } = await run(
      intake,
      `llmobs.init({ ...options, exitTimeoutMs: 20_000 }); of('acme', 'a')
       process.on('exit', () => { of('acme', 'b'); of('globex', 'c') }); process.exit(0)`
    )
    expect(
      lost(stderr)
        .map(line => line.replace(/ lost.*/, ''))
        .sort()
    ).toEqual([
      'spanlane: 1 event of tenant "acme" (datadoghq.com)',
      'spanlane: 1 event of tenant "acme" (datadoghq.com)',
      'spanlane: 1 event of tenant "globex" (datadoghq.com)'
    ])
  })

  test('nothing is said of what arrives', async () => {
    const intake = await start()
    const { stderr } = await run(intake, `${RECORD}; process.reallyExit(0)`)
    expect(stderr).toBe('')
  })
})
