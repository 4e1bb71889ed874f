'use strict'

// Programs with more than one process or thread: what arrives, and that the host sees the same with and without
// Spanlane.

const path = require('node:path')
const { intakes } = require('../support/intake')
const { runChild, startChild } = require('../support/run-child')

const { start } = intakes()

const KEYS = { acme: 'a'.repeat(32), globex: 'b'.repeat(32) }
const program = name => path.join(__dirname, 'programs', `${name}.js`)

/** @param {{ url: string }} intake */
const env = intake => ({ SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop' })

/** @param {number} pid */
function isAlive(pid) {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a process with a child of its own, stopped by SIGTERM as execa is', () => {
  test.each(['3', '4', '3 and 4'].flatMap(version => ['library', 'Spanlane'].map(first => [version, first])))(
    'signal-exit %s, the %s first: both end, and what was recorded has arrived',
    async (version, first) => {
      const ends = []
      for (const mode of ['without', 'with']) {
        const intake = await start()
        const host = startChild([program('child-process'), version, first, mode], { env: env(intake) })
        const pid = Number((await host.printed(/child (\d+)/))[1])
        const { code, signal, stderr } = await host.kill('SIGTERM')
        // The child was told before; it takes a moment.
        while (isAlive(pid)) await new Promise(resolve => setTimeout(resolve, 5))
        ends.push({ code, signal, stderr })
        expect(intake.spans().map(({ name }) => name)).toEqual(mode === 'with' ? ['before the signal'] : [])
      }
      expect(ends).toEqual(Array(2).fill({ code: null, signal: 'SIGTERM', stderr: '' }))
    }
  )
})

test('a pool of workers: each job in its tenant, below the request that asked for it', async () => {
  const ends = []
  for (const mode of ['without', 'with']) {
    const intake = await start()
    ends.push(await runChild([program('worker-pool'), mode], { env: env(intake) }))
    if (mode === 'without') expect(intake.requests).toEqual([])
    else expectJobs(intake, 40, { request: 'request', job: 'job', step: 'step of' })
  }
  expect(ends).toEqual(Array(2).fill({ code: 0, signal: null, stdout: '20540\n', stderr: '' }))
})

test('a queue between two processes: each job in its tenant, in the trace that asked for it', async () => {
  const ends = []
  for (const mode of ['without', 'with']) {
    const intake = await start()
    const producer = await runChild([program('queue'), 'produce', mode], { env: env(intake) })
    const consumer = startChild([program('queue'), 'consume', mode], { env: env(intake) })
    consumer.child.stdin?.end(producer.stdout)
    await consumer.printed(/sum/)
    const { code, signal, stdout, stderr } = await consumer.kill('SIGTERM')
    ends.push({ producer: [producer.code, producer.stderr], consumer: { code, signal, stdout, stderr } })
    // Keys stay where they are.
    for (const key of Object.values(KEYS)) expect(producer.stdout).not.toContain(key)
    if (mode === 'without') expect(intake.requests).toEqual([])
    else expectJobs(intake, 20, { request: 'request', job: 'job' })
  }
  const consumer = { code: null, signal: 'SIGTERM', stdout: 'sum 190\n', stderr: '' }
  expect(ends).toEqual(Array(2).fill({ producer: [0, ''], consumer }))
})

/**
 * @param {import('../../testing').Intake} intake
 * @param {number} count
 * @param {{ request: string, job: string, step?: string }} names
 */
function expectJobs(intake, count, { request, job, step }) {
  const spans = new Map(intake.spans().map(span => [span.name, span]))
  expect(spans.size).toBe(count * (step === undefined ? 2 : 3))
  for (let number = 0; number < count; number++) {
    const [above, below] = [spans.get(`${request} ${number}`), spans.get(`${job} ${number}`)]
    expect(below).toMatchObject({ trace_id: above.trace_id, parent_id: above.span_id })
    if (step !== undefined)
      expect(spans.get(`${step} ${number}`)).toMatchObject({
        trace_id: above.trace_id,
        parent_id: below.span_id
      })
    const own = intake.spans({ key: number % 2 ? KEYS.globex : KEYS.acme }).map(({ name }) => name)
    expect(own).toEqual(expect.arrayContaining([above.name, below.name]))
  }
}
