'use strict'

// A thread, or a second instance of the module, that gives no options joins the core that is open, with what the
// first one said.

const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')
const { KEYS } = require('./setup')

const { start } = intakes()

const WORK = `for (let index = 0; index < 3; index++) llmobs.trace({ kind: 'task', name: 'worker' }, () => {})`

/**
 * Runs a main thread with options of its own and a worker.
 *
 * @param {string} worker its program
 * @param {{ options?: string, env?: Record<string, string>, workerOptions?: string }} [settings]
 */
async function runBoth(worker, { options = '', env = {}, workerOptions = '' } = {}) {
  const intake = await start()
  const program = `
    const { Worker } = require('node:worker_threads')
    const { llmobs } = require('.')
    llmobs.init({ mlApp: 'shop', service: 'gateway', env: 'prod', apiKey: '${KEYS.platform}', site: 'datadoghq.eu',
      intakeUrl: process.env.U, ${options} })
    llmobs.trace({ kind: 'task', name: 'main' }, () => {})
    new Worker(process.env.WORKER, { eval: true, ${workerOptions} })
      .on('message', message => console.log(JSON.stringify(message)))
      .on('error', error => console.log(JSON.stringify(error.code)))`
  const ended = await runChild(['-e', program], { env: { U: intake.url, WORKER: worker, ...env } })
  const said = ended.stdout
    .split('\n')
    .filter(Boolean)
    .map(text => JSON.parse(text))
  return {
    intake,
    ended,
    said,
    names: intake
      .spans()
      .map(({ name }) => name)
      .sort()
  }
}

const ALL = ['main', 'worker', 'worker', 'worker']
const TELL = `require('node:worker_threads').parentPort.postMessage`

test.each([
  ['no init', ''],
  ['init()', 'llmobs.init()'],
  ['init({})', 'llmobs.init({})'],
  ['init with nothing that is given', 'llmobs.init({ mlApp: undefined, apiKey: null })'],
  ['init with a logger', 'llmobs.init({ logger: {} })'],
  ['init twice', 'llmobs.init(); llmobs.init()'],
  [
    'the options that the main thread gave',
    `
    llmobs.init()
    llmobs.init({ mlApp: 'shop', service: 'gateway', env: 'prod', apiKey: '${KEYS.platform}', site: 'datadoghq.eu',
      intakeUrl: process.env.U })`
  ]
])('a worker joins: %s', async (_what, init) => {
  const { names, said, ended, intake } = await runBoth(`
    const { llmobs } = require('.')
    ${init}
    ${WORK}
    ${TELL}([llmobs.enabled, llmobs.currentRoute().site])`)
  expect(said).toEqual([[true, 'datadoghq.eu']])
  expect(names).toEqual(ALL)
  expect(ended.stderr).toBe('')
  for (const { tags } of intake.spans({ key: KEYS.platform, site: 'datadoghq.eu' })) {
    expect(tags).toEqual(expect.arrayContaining(['ml_app:shop', 'service:gateway', 'env:prod']))
  }
})

test('a worker of a worker joins, too', async () => {
  const { names } = await runBoth(`
    const { Worker } = require('node:worker_threads')
    new Worker("const { llmobs } = require('.'); ${WORK.replaceAll('"', "'")}", { eval: true })`)
  expect(names).toEqual(ALL)
})

test('contexts and options of a route work as everywhere', async () => {
  const { intake } = await runBoth(`
    const { llmobs } = require('.')
    llmobs.withRoutingContext({ ddApiKey: '${KEYS.acme}' }, () => { ${WORK} })`)
  // A context without a site means the site of the main thread.
  expect(intake.spans({ key: KEYS.acme, site: 'datadoghq.eu' })).toHaveLength(3)
})

test('what the main thread said of outside contexts holds in the worker', async () => {
  const { names } = await runBoth(`const { llmobs } = require('.'); llmobs.init({ logger: {} }); ${WORK}`, {
    options: `outsideContexts: 'refuse', logger: {},`
  })
  expect(names).toEqual([])
})

test('a worker that was there before the core joins when it first has something to say', async () => {
  const intake = await start()
  const program = `
    const { Worker } = require('node:worker_threads')
    const { llmobs } = require('.')
    const worker = new Worker(process.env.WORKER, { eval: true })
    worker.once('online', () => {
      llmobs.init({ mlApp: 'shop', apiKey: '${KEYS.platform}', intakeUrl: process.env.U })
      worker.postMessage('now')
    })`
  const worker = `
    const { llmobs } = require('.')
    require('node:worker_threads').parentPort.once('message', () => { ${WORK} })`
  await runChild(['-e', program], { env: { U: intake.url, WORKER: worker } })
  expect(intake.spans({ key: KEYS.platform })).toHaveLength(3)
})

test('where the main thread has no default route a worker has none', async () => {
  const intake = await start()
  const program = `
    const { Worker } = require('node:worker_threads')
    require('.').llmobs.init({ mlApp: 'shop', intakeUrl: process.env.U })
    new Worker(process.env.WORKER, { eval: true }).on('message', route => console.log(route))`
  const worker = `const { llmobs } = require('.'); ${TELL}(llmobs.currentRoute())`
  const { stdout } = await runChild(['-e', program], { env: { U: intake.url, WORKER: worker } })
  expect(stdout).toBe('null\n')
})

test('a worker that is switched off stays off', async () => {
  const { names, said } = await runBoth(`const { llmobs } = require('.'); ${WORK}; ${TELL}(llmobs.enabled)`, {
    workerOptions: `env: { ...process.env, DD_LLMOBS_ENABLED: 'false' }`
  })
  expect(said).toEqual([false])
  expect(names).toEqual(['main'])
})

test('a worker that gives other options is told, as ever', async () => {
  const { said } = await runBoth(`
    const { llmobs } = require('.')
    llmobs.init({ mlApp: 'other' })`)
  expect(said).toEqual(['SPANLANE_ALREADY_INITIALIZED'])
})

test('a second instance of the module in the same thread joins', async () => {
  const intake = await start()
  const program = `
    const first = require('.').llmobs
    first.init({ mlApp: 'shop', apiKey: '${KEYS.platform}', intakeUrl: '${intake.url}' })
    for (const file of Object.keys(require.cache)) if (!file.endsWith('.node')) delete require.cache[file]
    const second = require('.').llmobs
    for (const [name, llmobs] of Object.entries({ first, second })) llmobs.trace({ kind: 'task', name }, () => {})
    console.log(first === second, second.enabled)`
  const { stdout } = await runChild(['-e', program])
  expect(stdout).toBe('false true\n')
  expect(
    intake
      .spans()
      .map(({ name }) => name)
      .sort()
  ).toEqual(['first', 'second'])
})

test('after the core has ended a thread opens one from its environment', async () => {
  const intake = await start()
  const program = `
    const { Worker } = require('node:worker_threads')
    const { llmobs } = require('.')
    llmobs.init({ mlApp: 'shop', apiKey: '${KEYS.platform}', intakeUrl: '${intake.url}' })
    llmobs.shutdown().then(() => new Worker("const { llmobs } = require('.'); ${WORK.replaceAll('"', "'")}", { eval: true }))`
  await runChild(['-e', program], { env: { DD_API_KEY: KEYS.acme, SPANLANE_INTAKE_URL: intake.url } })
  expect(intake.spans({ key: KEYS.acme })).toHaveLength(3)
})
