'use strict'

const { performance } = require('node:perf_hooks')
const { ACME, GLOBEX, Log, sdk } = require('./setup')

const { open } = sdk()

/** @param {string[]} lines @returns {number} of how many events they speak together */
const told = lines =>
  lines
    .flatMap(line => [...line.matchAll(/^(\d+) (?:more )?events?/g)])
    .reduce((sum, [, count]) => sum + Number(count), 0)

/** A feed whose clock and timer the test holds. */
function feed() {
  /** @type {any[]} */
  let outcomes = []
  let isIdle = true
  let nowMs = 0
  /** @type {(() => void) | null} */
  let tick = null
  jest.resetModules()
  jest.doMock('node:timers', () => ({
    setInterval: (/** @type {() => void} */ run) => {
      tick = run
      return { unref: () => 1 }
    },
    clearInterval: () => {
      tick = null
    }
  }))
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const { OutcomeFeed } = require('../../lib/outcomes')
  const log = new Log()
  const core = {
    outcomes: () => outcomes.splice(0),
    isIdle: () => isIdle
  }
  const started = new OutcomeFeed(core, log)
  return {
    log,
    feed: started,
    isRunning: () => tick !== null,
    /** @param {any[]} happened @param {number} [afterMs] */
    happens(happened, afterMs = 1000) {
      outcomes = [...happened]
      isIdle = true
      started.wake()
      nowMs += afterMs
      tick?.()
    },
    end() {
      started.end()
      clock.mockRestore()
      jest.dontMock('node:timers')
    }
  }
}

const lost = { tenant: '', site: null, outcome: 'dropped', reason: 'no_route', status: null }
const refused = (tenant, count) => ({
  ...{ tenant, site: 'datadoghq.com', outcome: 'rejected', reason: 'http_status' },
  ...{ status: 400, count }
})

describe('each event is counted in one warning', () => {
  test('at once, or with those that follow within the minute', () => {
    const it = feed()
    it.happens([{ ...lost, count: 3 }])
    for (let second = 0; second < 20; second++) it.happens([{ ...lost, count: 2 }])
    expect(it.log.lines).toEqual([expect.stringMatching(/^3 events without a route dropped: no_route;/)])
    it.happens([], 60_000)
    expect(it.log.lines.slice(1)).toEqual([expect.stringMatching(/^40 more events without a route dropped/)])
    it.happens([], 60_000)
    it.end()
    expect(it.log.lines).toHaveLength(2)
    expect(told(it.log.lines)).toBe(43)
  })

  test('also when nothing happens any more', () => {
    const it = feed()
    it.happens([{ ...lost, count: 1 }])
    expect(it.isRunning()).toBe(false)
    it.happens([{ ...lost, count: 1 }])
    expect(it.isRunning()).toBe(true)
    it.happens([], 60_000)
    expect(it.log.lines.slice(1)).toEqual([expect.stringMatching(/^1 more event without a route/)])
    it.happens([], 60_000)
    expect(it.isRunning()).toBe(false)
    it.end()
  })

  test('also when more of it comes after the minute', () => {
    const it = feed()
    it.happens([{ ...lost, count: 1 }])
    it.happens([{ ...lost, count: 4 }], 30_000)
    it.happens([{ ...lost, count: 16 }], 30_001)
    it.end()
    expect(told(it.log.lines)).toBe(21)
  })

  test('also of a thousand tenants, in a few lines', () => {
    const it = feed()
    const all = Array.from({ length: 1000 }, (_, tenant) => refused(`t${tenant}`, 2))
    it.happens(all)
    it.happens(all)
    it.end()
    expect(told(it.log.lines)).toBe(4000)
    expect(it.log.lines.length).toBeLessThan(25)
    expect(
      it.log.lines.some(line => /events of further tenants: rejected: .*stats\(\) names them/.test(line))
    ).toBe(true)
  })

  test('at the end, what was not told before', async () => {
    const { llmobs, log } = await open({}, { script: { actions: [{ status: 400, times: Infinity }] } })
    for (let round = 0; round < 3; round++) {
      llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => {}))
      await llmobs.flush()
    }
    expect(told(log.lines)).toBe(1)
    await llmobs.shutdown()
    expect(log.lines).toHaveLength(2)
    expect(log.lines[1]).toMatch(/^2 more events of tenant "acme" \(datadoghq\.eu\) rejected/)
  })
})

describe('what is not lost is not counted', () => {
  test.each([
    [
      403,
      /^the key of tenant "acme" .* is refused, its events are parked: key_refused, status 403; .*verifyRoute.*rotate/
    ],
    [503, /^a request of tenant "acme" .* failed, retrying: server_error, status 503;/],
    [404, /^a request of tenant "acme" .* failed, retrying: endpoint_missing, status 404; .*ddSite/]
  ])('%i is one line, whatever the number of events and attempts', async (status, line) => {
    const { llmobs, log } = await open(
      { flushLingerMs: 0 },
      { script: { actions: [{ status, times: Infinity }] } }
    )
    for (let index = 0; index < 3; index++)
      llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task' }, () => {}))
    await llmobs.flush({ timeoutMs: 1500 })
    expect(log.lines).toEqual([expect.stringMatching(line)])
  })
})

describe('a warning names the span', () => {
  /** @type {[string, (llmobs: any) => unknown, object, RegExp][]} */
  const uses = [
    [
      'that has no route',
      llmobs => llmobs.trace({ kind: 'agent', name: 'planner' }, () => {}),
      { apiKey: undefined },
      /^1 event without a route dropped: no_route \(agent span "planner"\);/
    ],
    [
      'of a route that is refused',
      llmobs =>
        llmobs.withRoutingContext({ ddApiKey: '' }, () =>
          llmobs.trace({ kind: 'tool', name: 'look' }, () => {})
        ),
      { onInvalidRoute: 'drop' },
      /dropped: invalid_route \(tool span "look"\);/
    ],
    [
      'that was annotated wrongly',
      llmobs => llmobs.trace({ kind: 'task', name: 'step' }, () => llmobs.annotate({ metadata: 'text' })),
      {},
      /^SPANLANE_INVALID_ANNOTATION: task span "step": metadata must be an object, got string\. Ignoring value\. Correct the call/
    ],
    [
      'that an annotation context describes wrongly',
      llmobs =>
        llmobs.annotationContext({ costTags: 'text' }, () =>
          llmobs.trace({ kind: 'task', name: 'step' }, () => {})
        ),
      {},
      /^SPANLANE_INVALID_ANNOTATION: task span "step": costTags must be an array of strings/
    ],
    [
      'that a processor failed on',
      llmobs => {
        llmobs.registerProcessor(() => {
          throw new Error('broken')
        })
        llmobs.trace({ kind: 'task', name: 'step' }, () => {})
      },
      {},
      /^a span processor threw: broken: the span is dropped \(task span "step"\);/
    ],
    [
      'whose headers are too long',
      llmobs =>
        llmobs.trace({ kind: 'task', name: 'call', sessionId: 's'.repeat(600) }, () => llmobs.inject({})),
      {},
      /^x-datadog-tags would be too long.* \(task span "call"\);/
    ]
  ]

  test.each(uses)('%s', async (_what, use, options, line) => {
    const { llmobs, log } = await open(options)
    use(llmobs)
    await llmobs.flush()
    expect(log.lines).toEqual(expect.arrayContaining([expect.stringMatching(line)]))
  })

  test('by its name, on one line, and not by a book', async () => {
    const { llmobs, log } = await open({ apiKey: undefined })
    llmobs.trace({ kind: 'task', name: `line\nbreak ${'😀'.repeat(1000)}` }, () => {})
    await llmobs.flush()
    expect(log.lines[0].split('\n')).toHaveLength(1)
    expect(log.lines[0]).toContain('(task span "line\\nbreak 😀')
    expect(log.lines[0]).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/)
    expect(log.lines[0].length).toBeLessThan(500)
  })

  test('and the first of many; the next warning names the next', () => {
    const it = feed()
    const spans = ['first', 'second', 'third'].map(name => ({ kind: 'task', name }))
    it.feed.nameLost('no_route', null, spans[0])
    it.feed.nameLost('no_route', null, spans[1])
    it.happens([{ ...lost, count: 2 }])
    it.feed.nameLost('no_route', null, spans[2])
    it.happens([{ ...lost, count: 1 }])
    it.end()
    expect(it.log.lines).toEqual([
      expect.stringContaining('(task span "first")'),
      expect.stringContaining('(task span "third")')
    ])
  })

  test("and never another tenant's", async () => {
    const { llmobs, log } = await open()
    const finish = [ACME, GLOBEX].map(route =>
      llmobs.withRoutingContext(route, () =>
        llmobs.trace({ kind: 'task', name: `span of ${route.tenant}` }, (_span, done) => done)
      )
    )
    llmobs.disable()
    for (const done of finish) /** @type {any} */ (done)()
    await llmobs.flush()
    for (const { tenant } of [ACME, GLOBEX])
      expect(log.lines).toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            new RegExp(`of tenant "${tenant}".*disabled \\(task span "span of ${tenant}"\\)`)
          )
        ])
      )
  })
})

test('a span that a processor does not want is no warning', async () => {
  const { llmobs, log } = await open()
  llmobs.registerProcessor(() => null)
  llmobs.trace({ kind: 'task' }, () => {})
  await llmobs.flush()
  expect(llmobs.stats().total.droppedByReason).toEqual({ processor: 1 })
  expect(log.lines).toEqual([])
})
