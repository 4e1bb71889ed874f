'use strict'

const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { createLLMObs } = require('../..')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')
const { ACME, GLOBEX, KEYS, sdk, thrownBy } = require('./setup')

const { open } = sdk()
const { start } = intakes()

describe('a route crosses to another thread by its reference', () => {
  test('and the work there goes to its tenant, and continues its trace', async () => {
    const intake = await start()
    const ended = await runChild([path.join(__dirname, 'programs', 'route-to-worker.js')], {
      env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop', DD_API_KEY: KEYS.platform }
    })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const names = key =>
      intake
        .spans({ key })
        .map(span => span.name)
        .sort()
    expect(names(KEYS.acme)).toEqual(['in the worker', 'request'])
    expect(names(KEYS.platform)).toEqual(['platform work of the worker'])
    const [request] = intake.spans({ name: 'request' })
    const [work] = intake.spans({ name: 'in the worker' })
    expect(work).toMatchObject({ trace_id: request.trace_id, parent_id: request.span_id })
    // The key itself never crossed.
    expect(ended.stdout).not.toContain(KEYS.acme)
    expect(JSON.parse(ended.stdout)).toEqual({
      reference: expect.stringMatching(/^[0-9a-f]{32}$/),
      mlApp: 'acme app',
      captureContent: false
    })
  })

  test("a worker's shutdown ends its own use, not that of the others", async () => {
    const intake = await start()
    const ended = await runChild([path.join(__dirname, 'programs', 'worker-shutdown.js')], {
      env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop', DD_API_KEY: KEYS.platform }
    })
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'false SPANLANE_SHUT_DOWN\n' })
    expect(
      intake
        .spans()
        .map(span => span.name)
        .sort()
    ).toEqual(['main after', 'worker before'])
  })

  test('another thread that brings other options is told', async () => {
    const program = `
      const { Worker, isMainThread } = require('node:worker_threads')
      const { llmobs } = require('.')
      const options = { intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop', apiKey: 'd'.repeat(32) }
      llmobs.init({ ...options, maxRetryAgeMs: 1000 })
      new Worker(\`
        const { llmobs } = require('.')
        try { llmobs.init({ intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop' }) }
        catch (error) { require('node:worker_threads').parentPort.postMessage(error.code) }
      \`, { eval: true }).on('message', code => console.log(code))`
    expect(await runChild(['-e', program])).toMatchObject({
      code: 0,
      stdout: 'SPANLANE_ALREADY_INITIALIZED\n'
    })
  })
})

describe('what a reference carries', () => {
  test('a route opened from it is the same destination with the same settings', async () => {
    const { llmobs, places, spans } = await open()
    const route = llmobs.route({ ...ACME, mlApp: 'acme app', sampleRate: 0 })
    const again = llmobs.route(JSON.parse(JSON.stringify(route)))
    llmobs.withRoutingContext(route, () =>
      llmobs.trace({ kind: 'task', name: 'outer' }, () =>
        llmobs.withRoutingContext(again, () => llmobs.trace({ kind: 'task', name: 'inner' }, () => {}))
      )
    )
    expect(await places()).toEqual({ outer: 'acme@datadoghq.eu', inner: 'acme@datadoghq.eu' })
    const { outer, inner } = await spans()
    expect(inner).toMatchObject({ parent_id: outer.span_id, _dd: { sample_rate: '0' } })
  })

  test('also of several targets', async () => {
    const { llmobs, intake } = await open()
    const route = llmobs.route({ targets: [ACME, 'default', { ...GLOBEX, captureContent: false }] })
    const again = llmobs.route(JSON.parse(JSON.stringify(route)))
    llmobs.withRoutingContext(again, () =>
      llmobs.trace({ kind: 'task', name: 'a' }, () => llmobs.annotate({ inputData: 'words' }))
    )
    await llmobs.flush()
    const inputs = ['acme', 'platform', 'globex'].map(
      owner => intake.spans({ key: KEYS[owner] })[0].meta.input
    )
    expect(inputs).toEqual([{ value: 'words' }, { value: 'words' }, {}])
  })

  test('a processor does not cross silently: it must be given again', async () => {
    const { llmobs, intake } = await open()
    const processor = () => null
    const reference = JSON.parse(JSON.stringify(llmobs.route({ ...ACME, processor })))
    expect(reference.processor).toBe(true)
    expect(thrownBy(() => llmobs.route(reference)).code).toBe('SPANLANE_INVALID_ROUTE')
    const route = llmobs.route(reference, { processor })
    llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task' }, () => {}))
    await llmobs.flush()
    expect(intake.spans()).toEqual([])
  })

  test('the bare text of a reference will do', async () => {
    const { llmobs } = await open()
    const { reference } = llmobs.route(ACME).toJSON()
    expect(llmobs.route(/** @type {string} */ (reference)).tenant).toBe('acme')
  })

  test('a copy of the route object itself is refused', async () => {
    const { llmobs } = await open()
    const copy = structuredClone(llmobs.route(ACME))
    const error = thrownBy(() => llmobs.withRoutingContext(/** @type {any} */ (copy), () => {}))
    expect(error.code).toBe('SPANLANE_INVALID_ROUTE')
    expect(error.message).toContain('route.toJSON()')
  })

  test('another core does not know it', async () => {
    const { llmobs } = await open()
    const other = createLLMObs({ intakeUrl: 'http://127.0.0.1:1' })
    const { reference } = llmobs.route(ACME).toJSON()
    expect(thrownBy(() => other.route(/** @type {string} */ (reference))).code).toBe('SPANLANE_INVALID_ROUTE')
    await other.shutdown()
  })
})

test('an isolated instance works in a worker', async () => {
  const intake = await start()
  const worker = new Worker(
    `const { createLLMObs } = require(process.cwd())
     const llmobs = createLLMObs({ intakeUrl: ${JSON.stringify(intake.url)}, mlApp: 'shop', apiKey: 'd'.repeat(32) })
     llmobs.trace({ kind: 'task', name: 'isolated' }, () => {})`,
    { eval: true }
  )
  const code = await new Promise(resolve => worker.once('exit', resolve))
  expect(code).toBe(0)
  expect(intake.spans().map(span => span.name)).toEqual(['isolated'])
})
