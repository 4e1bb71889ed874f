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

  test('wrong options, and what should be a function, neither', async () => {
    const any = /** @type {any} */ (llmobs)
    for (const options of [undefined, null, {}, { kind: 'bad' }, { kind: 'llm', sessionId: {} }, 5]) {
      expect(any.wrap(options, x => x)('a')).toBe('a')
      class Service {
        method() {
          return 'a'
        }
      }
      const decorator = any.decorate(options)
      const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'method')
      expect(decorator(Service.prototype, 'method', descriptor).value()).toBe('a')
      expect(decorator(() => 'a', { kind: 'method', name: 'method' })()).toBe('a')
      expect(any.trace(options, () => 'a')).toBe('a')
    }
    expect(any.wrap(() => 'a')()).toBe('a')
    expect(any.registerProcessor()).toBeUndefined()
    expect(any.bindRoutingContext('no function')).toBe('no function')
    expect(any.bindStream('no stream')).toBe('no stream')
    expect(any.rotate(5, undefined)).toBe(0)
    expect(any.withFlush('no function', { timeoutMs: -1 })).toBe('no function')
    expect(await any.flush({ timeoutMs: 'soon', route: {} })).toMatchObject({ pending: 0 })
    expect(await any.shutdown({ timeoutMs: -1 })).toMatchObject({ pending: 0 })
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

test('after disable(), too, nothing is validated', async () => {
  const llmobs = /** @type {any} */ (require('../..').createLLMObs({ ...LOOPBACK, exitTimeoutMs: 0 }))
  llmobs.disable()
  expect(llmobs.withRoutingContext({ ddApiKey: 5 }, () => 'a')).toBe('a')
  expect(llmobs.withRoutingContext(llmobs.route({ ddApiKey: 5 }), () => 'a')).toBe('a')
  expect(llmobs.wrap({ kind: 'bad' }, x => x)('a')).toBe('a')
  expect(llmobs.registerProcessor('no function')).toBeUndefined()
  expect(llmobs.rotate(5, undefined)).toBe(0)
  expect(await llmobs.verifyRoute({ ddApiKey: 5 })).toEqual({ ok: false, status: null, reason: 'disabled' })
  await llmobs.shutdown({ timeoutMs: 0 })
})

describe('switched off, options that would be refused are no reason not to start', () => {
  const WRONG = { enabled: 'maybe', sampleRate: 9, site: 'evil.example', unheardOf: true }

  test.each([
    ['by the option', { ...WRONG, enabled: false }, {}],
    [
      'by the environment',
      { sampleRate: 9, site: 'evil.example', unheardOf: true },
      { DD_LLMOBS_ENABLED: '0' }
    ],
    ['by the environment, with no options at all', 5, { DD_LLMOBS_ENABLED: 'false' }]
  ])('%s', async (_what, options, env) => {
    const program = `
      const { llmobs, createLLMObs } = require('.')
      for (const made of [llmobs.init(${JSON.stringify(options)}), createLLMObs(${JSON.stringify(options)})])
        console.log(made.enabled, made.trace({ kind: 'bad' }, () => 'ran'))`
    expect(await runChild(['-e', program], { env })).toMatchObject({
      code: 0,
      stdout: 'false ran\nfalse ran\n',
      stderr: ''
    })
  })

  test('the same options are refused where the option switches on', () => {
    const { createLLMObs } = require('../..')
    for (const options of [{ ...WRONG, enabled: true }, WRONG])
      expect(() => createLLMObs(/** @type {any} */ (options))).toThrow(/option/)
  })
})

test('a missing native part is one warning, with the reason, however many instances there are', () => {
  const { createLLMObs } = loadWithoutNative()
  const logger = new Log()
  for (let index = 0; index < 3; index++) createLLMObs({ ...LOOPBACK, logger })
  expect(logger.lines).toEqual([
    expect.stringContaining(
      `no native part for ${process.platform}-${process.arch} (no binary for this platform): ` +
        'LLM Observability is disabled and calls pass through; '
    )
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
    const ended = await runChild(['-e', program])
    expect(ended).toMatchObject({ code: 0, stdout: 'ran\n' })
    // The span had no route, and nothing else is said.
    expect(ended.stderr).toMatch(/^spanlane: 1 event without a route dropped: no_route .*\n$/)
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
