'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { createLLMObs } = require('../..')
const { runChild } = require('../support/run-child')

/** What dd-trace's public types promise of a span, and of its context. @param {RegExp} start */
function typed(file, start) {
  const text = fs.readFileSync(file, 'utf8')
  const from = text.search(start)
  const body = text.slice(
    from,
    text.indexOf('\n  }\n', from) === -1 ? undefined : text.indexOf('\n  }\n', from)
  )
  const names = [...body.matchAll(/^ {4}([a-zA-Z]\w*) ?\(/gm)].map(([, name]) => name)
  return [...new Set(names)]
}

const DD_TRACE = path.dirname(require.resolve('dd-trace/package.json'))
const OPENTRACING = path.dirname(require.resolve('opentracing/package.json', { paths: [DD_TRACE] }))
const SPAN_TYPES = [
  ...typed(path.join(DD_TRACE, 'index.d.ts'), /export interface Span extends opentracing\.Span/),
  ...typed(path.join(OPENTRACING, 'lib', 'span.d.ts'), /export declare class Span/)
]
const CONTEXT_TYPES = typed(
  path.join(DD_TRACE, 'index.d.ts'),
  /export interface SpanContext extends opentracing\.SpanContext/
)

/** @param {string} api @returns {Promise<any>} */
async function run(api) {
  const env = {
    DD_TRACE_AGENT_URL: 'http://127.0.0.1:1',
    DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
    DD_REMOTE_CONFIGURATION_ENABLED: 'false',
    DD_TRACE_STARTUP_LOGS: 'false'
  }
  const { code, stdout, stderr } = await runChild([path.join(__dirname, 'span-methods.js'), api], { env })
  expect(code).toBe(0)
  // Its spans have no route where nothing else is said.
  expect(stderr).toMatch(/^(?:spanlane: \d+ events? without a route dropped: no_route .*\n)?$/)
  return JSON.parse(stdout)
}

let ddTrace
let spanlane
beforeAll(async () => {
  ddTrace = await run('dd-trace')
  spanlane = await run('spanlane')
}, 60_000)

/** Where there is no APM trace, the ids are those of LLM Observability. */
const IDS = ['toTraceId', 'toSpanId']

test('every method of the types, and of the class behind them, is tried', () => {
  expect(SPAN_TYPES).toEqual(
    expect.arrayContaining(['addLink', 'recordException', 'log', 'setTag', 'finish'])
  )
  expect(CONTEXT_TYPES).toEqual(['toTraceId', 'toSpanId', 'toTraceparent'])
  const tried = Object.keys(ddTrace.returned)
  const named = [...SPAN_TYPES, ...CONTEXT_TYPES, ...ddTrace.methods].filter(name => name !== 'toString')
  expect(named.filter(name => !tried.includes(name))).toEqual([])
})

test("a span's methods return what dd-trace's return, and chain as they do", () => {
  const without = ([name]) => !IDS.includes(name)
  const comparable = returned => Object.fromEntries(Object.entries(returned).filter(without))
  expect(comparable(spanlane.returned)).toEqual(comparable(ddTrace.returned))
  expect(spanlane.returned).toMatchObject({
    toTraceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    toSpanId: expect.stringMatching(/^\d+$/)
  })
})

test('and while nothing is recorded; there are no ids then, and no baggage', () => {
  const { returned, whileOff } = spanlane
  const empty = {
    ...Object.fromEntries(
      Object.keys(returned)
        .filter(name => /^to/.test(name))
        .map(name => [name, ''])
    ),
    getBaggageItem: 'undefined',
    getAllBaggageItems: '{}',
    'getAllBaggageItems, both': '{}'
  }
  expect(whileOff).toEqual({ ...returned, ...empty })
})

describe('what has no meaning here does nothing', () => {
  test('an option, a name, a link, an event or baggage changes nothing that is sent', async () => {
    const { startIntake } = require('../../testing')
    const intake = await startIntake()
    const llmobs = createLLMObs({ intakeUrl: intake.url, mlApp: 'shop', apiKey: 'd'.repeat(32) })
    try {
      const apm = { childOf: null, tags: { a: 1 }, resource: 'r', type: 't', service: 's', links: [] }
      for (const isUsed of [false, true]) {
        llmobs.trace({ kind: 'task', name: 'work', ...(isUsed && apm) }, span => {
          if (!isUsed) return
          span.setOperationName('other').setBaggageItem('secret', 'word').log({ event: 'e' }).setTag('a', 'b')
          span.addLink({ context: span.context() })
          span.addEvent('secret event')
        })
      }
      await llmobs.flush()
      const [plain, used] = intake.spans().map(span => {
        const { trace_id: _, span_id: __, start_ns: ___, duration: ____, _dd: _____, ...rest } = span
        return rest
      })
      expect(used).toEqual(plain)
    } finally {
      await llmobs.shutdown({ timeoutMs: 0 })
      await intake.close()
    }
  })

  test("the span's tracer runs what it is given", () => {
    const llmobs = createLLMObs({ enabled: false })
    llmobs.trace({ kind: 'task' }, span => {
      const tracer = /** @type {any} */ (span.tracer())
      expect(tracer.trace('name', {}, inner => inner.setTag('a', 1).finish() ?? 'ran')).toBe('ran')
      expect(tracer.trace('name', (_inner, done) => done() ?? 'ran')).toBe('ran')
      expect(tracer.wrap('name', () => 'ran')()).toBe('ran')
      expect(tracer.scope().activate(span, () => 'ran')).toBe('ran')
      expect(tracer.scope().bind(span)).toBe(span)
      expect(tracer.scope().active()).toBeNull()
    })
  })

  test('one span keeps 64 items of baggage, and hands them to nobody', () => {
    const llmobs = createLLMObs({
      intakeUrl: 'http://127.0.0.1:1',
      mlApp: 'shop',
      exitTimeoutMs: 0,
      logger: {}
    })
    llmobs.trace({ kind: 'workflow' }, outer => {
      for (let index = 0; index < 100; index++) outer.setBaggageItem(`item ${index}`, 'x')
      expect(Object.keys(JSON.parse(outer.getAllBaggageItems()))).toHaveLength(64)
      outer.setBaggageItem('item 0', 'changed')
      expect(outer.getBaggageItem('item 0')).toBe('changed')
      outer.setBaggageItem('item 1', /** @type {any} */ (1n))
      expect(outer.getAllBaggageItems()).toBe('{}')
      llmobs.trace({ kind: 'task' }, inner => expect(inner.getBaggageItem('item 0')).toBeUndefined())
    })
    return llmobs.shutdown({ timeoutMs: 0 })
  })
})
