'use strict'

const { ACME, KEYS, Log, sdk, thrownBy } = require('./setup')
const { createLLMObs } = require('../..')

const { open } = sdk()
const LOOPBACK = { intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop' }

describe('init', () => {
  test('again with the same options does nothing', async () => {
    const { llmobs, intake } = await open({ env: 'prod' })
    const again = { intakeUrl: intake.url, mlApp: 'shop', apiKey: KEYS.platform, env: 'prod' }
    expect(llmobs.init({ ...again, logger: new Log() })).toBe(llmobs)
  })

  test.each([
    ['an option', { env: 'test' }],
    ['a limit', { maxRetryAgeMs: 5 }],
    ['the key', { apiKey: KEYS.initech }],
    ['the site', { site: 'datadoghq.eu' }],
    ['no key', { apiKey: undefined }]
  ])('again with %s changed is refused', async (_what, change) => {
    const { llmobs, intake } = await open()
    const options = { intakeUrl: intake.url, mlApp: 'shop', apiKey: KEYS.platform, ...change }
    expect(thrownBy(() => llmobs.init(options)).code).toBe('SPANLANE_ALREADY_INITIALIZED')
  })

  test('after shutdown is refused', async () => {
    const llmobs = createLLMObs(LOOPBACK)
    await llmobs.shutdown()
    expect(thrownBy(() => llmobs.init(LOOPBACK)).code).toBe('SPANLANE_SHUT_DOWN')
  })
})

describe('instances are isolated', () => {
  test('in their contexts, their counters and their processors', async () => {
    const first = await open()
    const second = await open()
    first.llmobs.registerProcessor(() => null)
    first.llmobs.withRoutingContext(ACME, () => second.llmobs.trace({ kind: 'task', name: 'a' }, () => {}))
    expect(await second.places()).toEqual({ a: 'platform@datadoghq.com' })
    expect(first.llmobs.stats().total.submitted).toBe(0)
  })
})

describe('flush', () => {
  test('reports what became of everything submitted before it, per tenant', async () => {
    const { llmobs } = await open()
    llmobs.trace({ kind: 'task' }, () => {})
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'task' }, () => llmobs.trace({ kind: 'tool' }, () => {}))
    )
    const report = await llmobs.flush()
    expect(report).toMatchObject({ delivered: 3, rejected: 0, dropped: 0, pending: 0 })
    expect(report.tenants.find(({ tenant }) => tenant === 'acme')).toMatchObject({
      site: 'datadoghq.eu',
      delivered: 2
    })
    expect(await llmobs.flush()).toMatchObject({ delivered: 0, tenants: [] })
  })

  test('of one route waits for that route alone', async () => {
    let answer
    const gate = new Promise(resolve => {
      answer = resolve
    })
    const { llmobs, intake } = await open(
      {},
      { script: { match: { key: KEYS.platform }, actions: [{ gate }] } }
    )
    llmobs.trace({ kind: 'task' }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => {}))
    expect(await llmobs.flush({ route: ACME })).toMatchObject({ delivered: 1, pending: 0 })
    expect(intake.spans({ key: KEYS.platform })).toEqual([])
    answer()
    expect(await llmobs.flush()).toMatchObject({ delivered: 1, pending: 0 })
  })

  test('gives up after timeoutMs, and says what is pending', async () => {
    const { llmobs } = await open({}, { script: { actions: [{ stall: true, times: Infinity }] } })
    llmobs.trace({ kind: 'task' }, () => {})
    expect(await llmobs.flush({ timeoutMs: 50 })).toMatchObject({ delivered: 0, pending: 1 })
  })

  test.each([
    [5, TypeError],
    [{ timeoutMs: '5' }, TypeError],
    [{ timeoutMs: -1 }, RangeError],
    [{ timeoutMs: Number.NaN }, RangeError],
    [{ timeoutMs: 86_400_001 }, RangeError]
  ])('%j is refused', async (options, type) => {
    const { llmobs } = await open()
    const error = thrownBy(() => llmobs.flush(/** @type {any} */ (options)))
    expect(error).toBeInstanceOf(type)
    expect(error.code).toBe('SPANLANE_INVALID_OPTION')
  })

  test.each([0, 86_400_000])('timeoutMs %p is accepted', async timeoutMs => {
    const { llmobs } = await open()
    expect(await llmobs.flush({ timeoutMs })).toMatchObject({ pending: 0 })
  })
})

describe('shutdown', () => {
  test('delivers what is held, and the second call has the same report', async () => {
    const { llmobs, intake } = await open()
    llmobs.trace({ kind: 'task', name: 'last' }, () => {})
    const first = llmobs.shutdown()
    expect(llmobs.shutdown()).toBe(first)
    expect(await first).toMatchObject({ delivered: 1, pending: 0 })
    expect(intake.spans().map(span => span.name)).toEqual(['last'])
  })

  test('waits for asynchronous processors', async () => {
    const { llmobs, intake } = await open()
    llmobs.registerProcessor(async span => {
      await new Promise(resolve => setImmediate(resolve))
      return span
    })
    llmobs.trace({ kind: 'task', name: 'last' }, () => {})
    await llmobs.shutdown()
    expect(intake.spans().map(span => span.name)).toEqual(['last'])
  })

  test('afterwards functions still run, and their spans are counted', async () => {
    const { llmobs } = await open()
    await llmobs.shutdown()
    expect(llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => 'ran'))).toBe('ran')
    expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { shutdown: 1 } })
  })

  test('afterwards flush rejects, and an ignored rejection harms nobody', async () => {
    const { llmobs } = await open()
    await llmobs.shutdown()
    llmobs.flush()
    await expect(llmobs.flush()).rejects.toMatchObject({ name: 'SpanlaneError', code: 'SPANLANE_SHUT_DOWN' })
  })
})

describe('disable and enable', () => {
  test('what is recorded while on is sent, what runs while off passes through', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ kind: 'task', name: 'before' }, () => {})
    llmobs.disable()
    expect(llmobs.enabled).toBe(false)
    expect(llmobs.trace({ kind: 'task', name: 'off' }, () => 'ran')).toBe('ran')
    llmobs.enable({ mlApp: 'renamed' })
    expect(llmobs.enabled).toBe(true)
    llmobs.trace({ kind: 'task', name: 'after' }, () => {})
    const ended = await spans()
    expect(Object.keys(ended).sort()).toEqual(['after', 'before'])
    expect(ended.after.tags).toContain('ml_app:renamed')
  })

  test('a span that finishes while off is counted', async () => {
    const { llmobs } = await open()
    llmobs.trace({ kind: 'task' }, () => llmobs.disable())
    expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { disabled: 1 } })
  })

  test('DD_LLMOBS_ENABLED=false cannot be overruled by enable', async () => {
    const { llmobs, log } = await open()
    llmobs.disable()
    process.env.DD_LLMOBS_ENABLED = 'false'
    try {
      llmobs.enable()
    } finally {
      delete process.env.DD_LLMOBS_ENABLED
    }
    expect(llmobs.enabled).toBe(false)
    expect(log.quiet).toEqual(['enable() does nothing: DD_LLMOBS_ENABLED is false'])
  })

  test('an instance made disabled can be enabled', async () => {
    const { llmobs, intake } = await open({ enabled: false })
    expect(llmobs.enabled).toBe(false)
    llmobs.enable({ apiKey: KEYS.platform })
    llmobs.trace({ kind: 'task', name: 'on' }, () => {})
    await llmobs.flush()
    expect(intake.spans().map(span => span.name)).toEqual(['on'])
  })
})

describe('verifyRoute', () => {
  test.each([
    [202, { ok: true, status: 202, reason: null }],
    [403, { ok: false, status: 403, reason: 'key_refused' }]
  ])('tells what the intake answers: %p', async (status, verification) => {
    const { llmobs, intake } = await open({}, { script: { actions: [{ status }] } })
    expect(await llmobs.verifyRoute(ACME)).toEqual(verification)
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().total.submitted).toBe(0)
  })

  test('rejects for what is no route', async () => {
    const { llmobs } = await open()
    await expect(llmobs.verifyRoute(/** @type {any} */ ({}))).rejects.toMatchObject({
      code: 'SPANLANE_INVALID_API_KEY'
    })
  })
})

test.each(['experiments', 'prompts'])('%s is refused, naming dd-trace', async member => {
  const { llmobs } = await open()
  const error = thrownBy(() => llmobs[member])
  expect(error.code).toBe('SPANLANE_NOT_SUPPORTED')
  expect(error.message).toContain(`tracer.llmobs.${member} of dd-trace`)
})
