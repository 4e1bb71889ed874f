'use strict'

// The default logger writes to standard error, and who reads it may be gone, or not be reading. That is no reason for
// the application to end, to stand still, or to hear of it.

const { startChild } = require('../support/run-child')

/** Makes the default logger write, as often as it is called. */
const WARN = `
  const { createLLMObs } = require('.')
  const say = text => process.stdout.write(text + '\\n')
  let count = 0
  function warn() {
    const llmobs = createLLMObs({ apiKey: 'd'.repeat(32), mlApp: 'shop', intakeUrl: 'http://127.0.0.1:1', exitTimeoutMs: 0 })
    llmobs.registerProcessor(() => { throw new Error('x'.repeat(Number(process.env.LETTERS ?? 1))) })
    llmobs.trace({ kind: 'task' }, () => count++)
  }
  process.on('uncaughtException', error => say('heard ' + error.code))
  const later = ms => new Promise(resolve => setTimeout(resolve, ms))`

/** Until the main thread would have heard of an error: some turns of the event loop. */
const ALIVE = `
  for (let turn = 0; turn < 20; turn++) await later(5)
  say('alive ' + count)
  process.exit(0)`

/** @param {string} program @param {Record<string, string>} [env] */
function start(program, env) {
  return startChild(['-e', `${WARN}\n;(async () => {${program}})()`], { env })
}

test('it was closed before the first line', async () => {
  const run = start(`process.stdin.once('data', async () => { warn(); ${ALIVE} }); say('ready')`)
  await run.printed(/ready/)
  run.child.stderr?.destroy()
  run.child.stdin?.write('go')
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'ready\nalive 1\n' })
})

test('it is closed between two lines', async () => {
  const run = start(
    `warn(); say('ready'); process.stdin.once('data', async () => { warn(); warn(); ${ALIVE} })`
  )
  await run.printed(/a span processor threw/, 'stderr')
  run.child.stderr?.destroy()
  run.child.stdin?.write('go')
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'ready\nalive 3\n' })
})

test('it is closed, and the line is a worker thread’s', async () => {
  const run = start(`
    const { Worker } = require('node:worker_threads')
    process.stdin.once('data', () => {
      const worker = new Worker(${JSON.stringify(WARN)} + '; warn()', { eval: true })
      worker.once('exit', async () => { ${ALIVE} })
    })
    say('ready')`)
  await run.printed(/ready/)
  run.child.stderr?.destroy()
  run.child.stdin?.write('go')
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'ready\nalive 0\n' })
})

test('it is closed, and the last line comes while the process exits', async () => {
  const run = start(`
    process.stdin.once('data', () => { process.on('exit', warn); process.exit(7) })
    say('ready')`)
  await run.printed(/ready/)
  run.child.stderr?.destroy()
  run.child.stdin?.write('go')
  expect(await run.ended).toMatchObject({ code: 7, stdout: 'ready\n' })
})

test.each([
  ['ended by the application', 'process.stderr.destroy()'],
  ['replaced by something that throws', `Object.defineProperty(process, 'stderr', { get() { throw 1 } })`],
  ['replaced by nothing', `Object.defineProperty(process, 'stderr', { value: undefined })`],
  ['a console that throws', `console.error = console.warn = () => { throw new Error('console') }`]
])('%s', async (_what, change) => {
  const run = start(`${change}; warn(); ${ALIVE}`)
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'alive 1\n' })
})

test('a reader that does not read stops nobody', async () => {
  const run = start(`for (let line = 0; line < 40; line++) warn(); ${ALIVE}`, { LETTERS: '10000' })
  // More than a pipe takes. Without a reader there is nobody to make room.
  run.child.stderr?.pause()
  await run.printed(/alive 40/)
  run.child.stderr?.resume()
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'alive 40\n' })
})

test('what is read is what was written', async () => {
  const { stderr } = await start(`warn(); ${ALIVE}`).ended
  expect(stderr).toMatch(/^spanlane: a span processor threw: x: the span is dropped .*\n/)
})
