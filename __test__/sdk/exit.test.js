'use strict'

const path = require('node:path')
const { intakes } = require('../support/intake')
const { runChild, startChild } = require('../support/run-child')

const PROGRAM = path.join(__dirname, 'programs', 'exit.js')
const { start } = intakes()

/** @param {{ url: string }} intake */
function env(intake) {
  return { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop' }
}

/** @param {import('../../testing').Intake} intake */
function arrived(intake) {
  return intake.spans({ site: 'datadoghq.eu' }).map(span => span.name)
}

describe('what is recorded is delivered, however the process ends', () => {
  test.each([
    ['natural', 0],
    ['process.exit', 3],
    ['exit in a promise', 3],
    ['uncaught exception', 1],
    ['unhandled rejection', 1],
    ['flush and exit', 0],
    ['async processor', 0],
    ['worker natural', 0],
    ['worker process.exit', 0],
    ['worker terminated', 0]
  ])('%s', async (ending, code) => {
    const intake = await start()
    const ended = await runChild([PROGRAM, ending], { env: env(intake) })
    expect([ended.code, ended.signal]).toEqual([code, null])
    expect(arrived(intake)).toEqual(['last words'])
  })

  test.each(['natural', 'process.exit'])(
    'of a worker whose main thread never loads the package: %s',
    async ending => {
      const intake = await start()
      const ended = await runChild([path.join(__dirname, 'programs', 'worker-alone.js'), ending], {
        env: env(intake)
      })
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(arrived(intake)).toEqual(['last words'])
    }
  )

  test('a signal in drainOnSignals, which keeps its meaning', async () => {
    const intake = await start()
    const child = startChild(
      [PROGRAM, 'signal', '{"drainOnSignals":["SIGTERM"],"flushLingerMs":60000,"flushIntervalMs":60000}'],
      { env: env(intake) }
    )
    await child.printed(/ready/)
    expect(await child.kill('SIGTERM')).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(arrived(intake)).toEqual(['last words'])
  })

  test('a signal in drainOnSignals that the application handles itself', async () => {
    const intake = await start()
    const child = startChild([PROGRAM, 'signal with another listener', '{"drainOnSignals":["SIGTERM"]}'], {
      env: env(intake)
    })
    await child.printed(/ready/)
    const ended = await child.kill('SIGTERM')
    expect(ended).toMatchObject({ code: 7, signal: null })
    expect(ended.stdout).toContain('cleaned up')
    expect(arrived(intake)).toEqual(['last words'])
  })
})

describe('an exit has an end', () => {
  test.each(['natural', 'process.exit'])(
    '%s with a black hole for an intake takes exitTimeoutMs',
    async ending => {
      const intake = await start({ script: { actions: [{ stall: true, times: Infinity }] } })
      const begun = performance.now()
      await runChild([PROGRAM, ending, '{"exitTimeoutMs":300}'], { env: env(intake) })
      const elapsedMs = performance.now() - begun
      expect(elapsedMs).toBeGreaterThanOrEqual(300)
      // The process itself takes its time to start; without an end it would be the 15 s of the child's own timeout.
      expect(elapsedMs).toBeLessThan(3000)
    }
  )

  test('a process that recorded nothing ends at once', async () => {
    const script =
      "require('.').llmobs.init({ apiKey: 'd'.repeat(32), mlApp: 'shop', intakeUrl: 'http://127.0.0.1:1' })"
    const begun = performance.now()
    expect(await runChild(['-e', script])).toMatchObject({ code: 0, stderr: '' })
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})
