'use strict'

const { runChild } = require('../support/run-child')
const { Log } = require('./setup')

const LOOPBACK = { intakeUrl: 'http://127.0.0.1:1', apiKey: 'd'.repeat(32), mlApp: 'shop' }

/** Loads the package as on a platform without a binary for it. */
function loadWithoutNative() {
  jest.resetModules()
  jest.doMock('../../lib/native', () => {
    throw new Error('no binary for this platform\nand more')
  })
  return require('../..')
}

/** @type {[how: string, make: (log: Log) => import('../..').LLMObs][]} */
const WAYS = [
  ['without the native part', logger => loadWithoutNative().createLLMObs({ ...LOOPBACK, logger })],
  ['with enabled false', logger => require('../..').createLLMObs({ ...LOOPBACK, enabled: false, logger })]
]

describe.each(WAYS)('%s every call passes through', (_how, make) => {
  /** @type {import('../..').LLMObs} */
  let llmobs

  beforeEach(() => {
    llmobs = make(new Log())
  })

  test('nothing is validated, everything runs and returns what it returns', async () => {
    expect(llmobs.enabled).toBe(false)
    const any = /** @type {any} */ (llmobs)
    expect(any.withRoutingContext({ ddApiKey: 5 }, () => 'a')).toBe('a')
    expect(any.routingContext(undefined, () => 'a')).toBe('a')
    expect(any.annotationContext(undefined, () => 'a')).toBe('a')
    expect(any.trace({ kind: 'unknown' }, () => 'a')).toBe('a')
    expect(any.trace({ kind: 'task' }, (_span, done) => done() ?? 'a')).toBe('a')
    expect(any.wrap({ kind: 'task' }, x => x)('a')).toBe('a')
    expect(any.extract({}, () => 'a')).toBe('a')
    expect(any.inject({})).toBeUndefined()
    expect(any.annotate({ inputData: 'x' })).toBeUndefined()
    expect(any.submitEvaluation({}, {})).toBeUndefined()
    expect(any.submitFeedback({})).toBeUndefined()
    expect(any.exportSpan()).toEqual({})
    expect(any.currentRoute()).toBeNull()
    expect(any.withRoutingContext(any.route({ ddApiKey: 5 }), () => 'a')).toBe('a')
    expect(any.bindRoutingContext(x => x)('a')).toBe('a')
    expect(any.rotate('acme', { ddApiKey: 'x' })).toBe(0)
    expect(await any.verifyRoute({})).toEqual({ ok: false, status: null, reason: 'disabled' })
    any.registerProcessor(() => null)
    any.deregisterProcessor()
    any.disable()
  })

  test('the span given to functions takes every call', () => {
    llmobs.trace({ kind: 'task' }, span => {
      expect(span.setTag('error', new Error('x'))).toBe(span)
      span.finish()
      llmobs.annotate(span, { inputData: 'x' })
      expect([span.context().toSpanId(), span.context().toTraceId(), span.finished]).toEqual(['', '', true])
    })
  })

  test('flush, stats and shutdown answer with nothing', async () => {
    const nothing = { delivered: 0, rejected: 0, dropped: 0, pending: 0, tenants: [] }
    expect(await llmobs.flush()).toEqual(nothing)
    expect(llmobs.stats().total).toMatchObject({ submitted: 0, held: 0 })
    expect(await llmobs.shutdown()).toEqual(nothing)
  })
})

test('a missing native part is one warning, with the reason, however many instances there are', () => {
  const { createLLMObs } = loadWithoutNative()
  const logger = new Log()
  for (let index = 0; index < 3; index++) createLLMObs({ ...LOOPBACK, logger })
  expect(logger.lines).toEqual([
    `no native part for ${process.platform}-${process.arch} (no binary for this platform); ` +
      'LLM Observability is disabled and calls pass through'
  ])
})

describe('the default instance', () => {
  const RUN = "console.log(llmobs.enabled, llmobs.trace({ kind: 'task' }, () => 'ran'), llmobs.enabled)"

  test.each([
    ['needs nothing but the environment', { DD_LLMOBS_ML_APP: 'shop' }, 'true ran true', ''],
    ['is off where the environment says so', { DD_LLMOBS_ENABLED: 'false' }, 'false ran false', ''],
    [
      'is off, with a warning, where the environment is unusable',
      { DD_LLMOBS_ML_APP: 'shop', SPANLANE_INTAKE_URL: '', HTTPS_PROXY: 'no url at all' },
      'true ran false',
      /^spanlane: .*LLM Observability is disabled/
    ]
  ])('%s', async (_what, env, output, warning) => {
    const program = `const { llmobs } = require('.'); ${RUN}`
    const ended = await runChild(['-e', program], {
      env: { SPANLANE_INTAKE_URL: 'http://127.0.0.1:1', ...env }
    })
    expect(ended).toMatchObject({ code: 0, stdout: `${output}\n` })
    expect(ended.stderr).toMatch(warning)
  })

  test('may be wrapped around functions before init', async () => {
    const program = `
      const { llmobs } = require('.')
      const wrapped = llmobs.wrap({ kind: 'task' }, () => 'ran')
      llmobs.registerProcessor(span => span)
      llmobs.init({ intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop' })
      console.log(wrapped())`
    expect(await runChild(['-e', program])).toMatchObject({ code: 0, stdout: 'ran\n', stderr: '' })
  })

  test("used before init keeps the environment's options", async () => {
    const program = `
      const { llmobs } = require('.')
      llmobs.stats()
      llmobs.init({})
      try { llmobs.init({ env: 'other' }) } catch (error) { console.log(error.name, error.code) }`
    expect(
      await runChild(['-e', program], { env: { SPANLANE_INTAKE_URL: 'http://127.0.0.1:1' } })
    ).toMatchObject({
      code: 0,
      stdout: 'SpanlaneError SPANLANE_ALREADY_INITIALIZED\n'
    })
  })

  test('is the same object for import and require', async () => {
    const program = `
      import spanlane, { llmobs, createLLMObs, SpanlaneError } from 'spanlane'
      import { createRequire } from 'node:module'
      const required = createRequire(process.cwd() + '/index.js')('spanlane')
      console.log([llmobs, createLLMObs, SpanlaneError].every((value, index) =>
        value === [required.llmobs, required.createLLMObs, required.SpanlaneError][index]), spanlane === required)`
    expect(await runChild(['--input-type=module', '-e', program])).toMatchObject({
      code: 0,
      stdout: 'true true\n',
      stderr: ''
    })
  })
})
