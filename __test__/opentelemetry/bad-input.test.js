'use strict'

const { createLLMObs } = require('../..')
const { SpanlaneLogRecordProcessor, SpanlaneSpanProcessor } = require('../../opentelemetry')
const { ACME, KEYS, sdk, thrownBy } = require('../sdk/setup')
const { runChild } = require('../support/run-child')
const { contextOf, drive, otelSpan, processorOf } = require('./setup')

const { open } = sdk()
const LLM = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' }
const NOWHERE = contextOf(undefined)

/** @param {any} attributes @param {any} [rest] */
const call = (attributes, rest) => otelSpan({ name: 'call', attributes: { ...LLM, ...attributes }, ...rest })

describe('registered wrongly', () => {
  test('two processors for one LLMObs: nothing twice, and a warning', async () => {
    const { llmobs, spans, log } = await open()
    const [first, second] = [processorOf(llmobs), processorOf(llmobs)]
    const span = call({})
    for (const processor of [first, second]) processor.onStart(span, NOWHERE)
    for (const processor of [second, first]) processor.onEnd(span)
    expect(await spans()).toHaveProperty('call')
    expect(llmobs.stats().total).toMatchObject({ submitted: 1, delivered: 1 })
    expect(log.lines).toEqual([expect.stringMatching(/two processors for one LLMObs.*#opentelemetry/)])
  })

  test('the same one twice: nothing twice, and a warning', async () => {
    const { llmobs, log } = await open()
    const processor = processorOf(llmobs)
    const span = call({})
    for (const _ of [1, 2]) processor.onStart(span, NOWHERE)
    for (const _ of [1, 2]) processor.onEnd(span)
    expect(llmobs.stats().total.submitted).toBe(1)
    expect(log.lines).toEqual([expect.stringMatching(/registered twice.*#opentelemetry/)])
  })

  test('two LLMObs: each gets the span', async () => {
    const [one, other] = [await open(), await open()]
    const processors = [processorOf(one.llmobs), processorOf(other.llmobs)]
    const span = call({})
    for (const processor of processors) processor.onStart(span, NOWHERE)
    for (const processor of processors) processor.onEnd(span)
    expect([Object.keys(await one.spans()), Object.keys(await other.spans())]).toEqual([['call'], ['call']])
  })

  test('as an exporter: nothing is sent, and it is told how to', async () => {
    const { llmobs, log } = await open()
    const processor = processorOf(llmobs)
    const done = jest.fn()
    processor.export([call({})], done)
    expect(done).toHaveBeenCalledWith({ code: 1, error: expect.any(Error) })
    // What SDK 3 reads of what it is given in place of options.
    expect(processor.exporter).toBeUndefined()
    expect(log.lines).toEqual([
      expect.stringMatching(
        /registered as an exporter: nothing is sent; register it.*spanProcessors.*#opentelemetry/
      ),
      expect.stringMatching(/given to a batch or simple processor.*#opentelemetry/)
    ])
  })

  test('behind a processor that passes on only ends: no_route, and a warning', async () => {
    const { llmobs, log, intake } = await open()
    const processor = processorOf(llmobs)
    llmobs.withRoutingContext(ACME, () => processor.onEnd(call({})))
    processor.onEnd(otelSpan({ attributes: {} }))
    await llmobs.flush()
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 1 })
    expect(log.lines).toEqual([
      expect.stringMatching(/did not hear that it started.*#opentelemetry/),
      expect.stringMatching(/1 event without a route dropped: no_route/)
    ])
  })

  test.each([
    ['options that are none', 'x'],
    ['an LLMObs of another package', { llmobs: { enabled: true } }],
    ['a route in place of a function', { routeOf: ACME }],
    ['a text in place of a function', { filter: 'x' }]
  ])('%s: the constructor throws', (_what, options) => {
    expect(thrownBy(() => new SpanlaneSpanProcessor(/** @type {any} */ (options)))).toMatchObject({
      name: 'TypeError',
      code: 'SPANLANE_INVALID_OPTION'
    })
  })
})

describe('its life', () => {
  test('made before init: init still decides', async () => {
    const program = `
      const { llmobs } = require('.')
      const { SpanlaneSpanProcessor } = require('./opentelemetry')
      const { contextOf, otelSpan } = require('./__test__/opentelemetry/setup')
      const processor = new SpanlaneSpanProcessor()
      const early = otelSpan({ name: 'GET /', attributes: {} })
      processor.onStart(early, contextOf())
      processor.onEnd(early)
      processor.forceFlush().then(() => {
        llmobs.init({ mlApp: 'shop', apiKey: '${KEYS.platform}', outsideContexts: 'default' })
        const span = otelSpan({ name: 'call', attributes: ${JSON.stringify(LLM)} })
        processor.onStart(span, contextOf())
        processor.onEnd(span)
        return processor.forceFlush()
      }).then(() => console.log(JSON.stringify(llmobs.stats().total)))`
    const { intake } = await open()
    const ended = await runChild(['-e', program], { env: { SPANLANE_INTAKE_URL: intake.url } })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(ended.stdout)).toMatchObject({ submitted: 1, delivered: 1 })
    expect(intake.spans()[0].tags).toContain('ml_app:shop')
  })

  test('flushed before anything was opened, shut down twice, and used after', async () => {
    const { llmobs, intake } = await open()
    const processor = processorOf(llmobs)
    drive(processor, [call({})])
    await Promise.all([processor.shutdown(), processor.shutdown()])
    expect(intake.spans()).toHaveLength(1)
    drive(processor, [call({})])
    await processor.forceFlush()
    await processor.shutdown()
    expect(llmobs.stats().total).toMatchObject({
      submitted: 2,
      delivered: 1,
      droppedByReason: { shutdown: 1 }
    })
    llmobs.trace({ kind: 'task', name: 'goes on' }, () => {})
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(2)
  })

  test('after the shutdown of its LLMObs: counted as shutdown, and flushing resolves', async () => {
    const { llmobs } = await open()
    const processor = processorOf(llmobs)
    const span = call({})
    processor.onStart(span, NOWHERE)
    await llmobs.shutdown()
    processor.onEnd(span)
    await processor.forceFlush()
    await processor.shutdown()
    expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { shutdown: 1 } })
  })

  test('while recording is off, nothing; switched off meanwhile, counted as disabled', async () => {
    const off = createLLMObs({ enabled: false })
    drive(processorOf(off), [call({})])
    expect(off.stats().total.submitted).toBe(0)
    const { llmobs } = await open()
    const processor = processorOf(llmobs)
    const span = call({})
    processor.onStart(span, NOWHERE)
    llmobs.disable()
    processor.onEnd(span)
    expect(llmobs.stats().total.droppedByReason).toEqual({ disabled: 1 })
  })

  test('a route that is refused between start and end: invalid_route', async () => {
    const { llmobs } = await open({ onInvalidRoute: 'drop' })
    const processor = processorOf(llmobs)
    const span = call({})
    llmobs.withRoutingContext(/** @type {any} */ ({}), () => processor.onStart(span, NOWHERE))
    processor.onEnd(span)
    await llmobs.flush()
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ invalid_route: 1 })
  })

  test('spans that never end keep nothing', async () => {
    const { llmobs } = await open()
    const processor = processorOf(llmobs)
    const kept = []
    for (let index = 0; index < 100; index++) {
      let span = call({})
      kept.push(new WeakRef(span))
      processor.onStart(span, NOWHERE)
      span = /** @type {any} */ (null)
    }
    await new Promise(resolve => setImmediate(resolve))
    const { setFlagsFromString } = require('node:v8')
    setFlagsFromString('--expose-gc')
    require('node:vm').runInNewContext('gc')()
    expect(kept.filter(ref => ref.deref() !== undefined).length).toBeLessThan(10)
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('a chain of spans that grows for ever has an end', async () => {
    const { llmobs, spans } = await open()
    const processor = processorOf(llmobs)
    let above
    for (let depth = 0; depth < 600; depth++) {
      const span = otelSpan({ name: `span ${depth}`, attributes: {} })
      processor.onStart(span, contextOf(above))
      above = span
    }
    const last = call({})
    processor.onStart(last, contextOf(above))
    processor.onEnd(last)
    expect((await spans()).call.parent_id).toBe('undefined')
  })
})

describe('spans that are not what they should be', () => {
  test('of 1.x: the names of the parent and the scope were others', async () => {
    const { llmobs, spans } = await open()
    const library = { name: '@arizeai/openinference-instrumentation-openai' }
    const outer = otelSpan({
      name: 'outer',
      instrumentationScope: undefined,
      instrumentationLibrary: library
    })
    const inner = call({}, { name: 'inner', parentSpanId: outer.spanContext().spanId })
    drive(processorOf(llmobs), [inner, outer])
    expect((await spans()).inner.parent_id).toBe((await spans()).outer.span_id)
  })

  test.each([
    ['no scope', { instrumentationScope: undefined }],
    ['no name', { name: undefined }],
    ['no times', { startTime: undefined, endTime: undefined }],
    ['times that are numbers', { startTime: 5, endTime: Number.NaN }],
    ['an end before its start', { endTime: [1, 0] }],
    ['no status', { status: undefined }],
    ['no events and links', { events: undefined, links: null }],
    [
      'events and links of wrong types',
      { events: [null, 7, { name: 'exception' }], links: ['x', {}, { context: 5 }] }
    ],
    ['a span id that is none', { spanId: 'xyz' }],
    ['a span id of zeros', { spanId: '0'.repeat(16) }],
    ['a trace id that is none', { traceId: '' }],
    ['counts of wrong types', { droppedAttributesCount: 'many', droppedEventsCount: -1 }]
  ])('%s: sent all the same', async (_what, given) => {
    const { llmobs, intake, log } = await open()
    drive(processorOf(llmobs), [call({}, given)])
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(1)
    expect(intake.spans()[0]).toMatchObject({
      duration: expect.any(Number),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/)
    })
    expect(intake.spans()[0].span_id).toMatch(/^[1-9]\d*$/)
    expect(log.lines).toEqual([])
  })

  test('a clock before 1970: it starts then, and lasts as long', async () => {
    const { llmobs, spans } = await open()
    drive(processorOf(llmobs), [call({}, { startTime: [-5, 0], endTime: [-4, 0] })])
    expect((await spans()).call).toMatchObject({ start_ns: 0, duration: 1_000_000_000 })
  })

  test.each([
    ['no attributes', { attributes: undefined }],
    [
      'an id that throws',
      {
        spanContext: () => {
          throw new Error('secret')
        }
      }
    ],
    ['no ids', { spanContext: undefined }],
    ['nothing', null],
    [
      'attributes that throw',
      {
        attributes: new Proxy(
          {},
          {
            ownKeys() {
              throw new Error('secret')
            },
            has() {
              throw new Error('secret')
            },
            getOwnPropertyDescriptor() {
              throw new Error('secret')
            }
          }
        )
      }
    ]
  ])('%s: nothing is thrown', async (_what, given) => {
    const { llmobs, log } = await open()
    const processor = processorOf(llmobs)
    const span = /** @type {any} */ (given === null ? null : { ...otelSpan({}), ...given })
    processor.onStart(span, NOWHERE)
    processor.onStart(span, null)
    processor.onEnd(span)
    new SpanlaneLogRecordProcessor().onEmit(null, span)
    await processor.forceFlush()
    const { total } = llmobs.stats()
    expect(total.submitted).toBe(total.dropped)
    expect(log.lines.join()).not.toContain('secret')
  })

  test('attributes of wrong types keep what can be kept, and are named', async () => {
    const { llmobs, spans } = await open()
    const attributes = {
      'gen_ai.operation.name': 7,
      'gen_ai.provider.name': ['openai'],
      'gen_ai.response.model': 5,
      'gen_ai.usage.input_tokens': 'many',
      'gen_ai.usage.output_tokens': '9',
      'gen_ai.response.finish_reasons': 'stop',
      'gen_ai.input.messages': 42,
      'gen_ai.conversation.id': 12,
      'gen_ai.tool.definitions': 'none',
      'app.object': { nested: true },
      'app.null': null,
      'app.function': () => {},
      'app.symbol': Symbol('s'),
      'app.bigint': 5n,
      get 'app.throws'() {
        throw new Error('secret')
      }
    }
    drive(processorOf(llmobs), [otelSpan({ name: 'odd', attributes })])
    const { odd } = await spans()
    expect(odd).toMatchObject({
      session_id: '12',
      meta: {
        'span.kind': 'workflow',
        input: { value: '42' },
        metadata: { finish_reasons: ['stop'], usage: { output_tokens: 9 } }
      }
    })
    expect(odd.tags).toContain('app.bigint:5')
    expect(odd.collection_errors).toEqual(
      expect.arrayContaining(['invalid_number:gen_ai.usage.input_tokens'])
    )
    expect(JSON.stringify(odd)).not.toContain('secret')
  })

  test('broken JSON in messages stays text, and is marked', async () => {
    const { llmobs, spans } = await open()
    drive(processorOf(llmobs), [
      call({
        'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"te',
        'gen_ai.output.messages': 'plain text'
      })
    ])
    const { call: event } = await spans()
    expect(event.meta.input.messages).toEqual([
      { role: 'user', content: '[{"role":"user","parts":[{"type":"te' }
    ])
    expect(event.meta.output.messages).toEqual([{ role: 'assistant', content: 'plain text' }])
    expect(event.collection_errors).toEqual(['invalid_json:gen_ai.input.messages'])
  })

  test('10,000 attributes that nobody knows: bounded, and marked', async () => {
    const { llmobs, spans } = await open()
    const attributes = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`app.a${index}`, index])
    )
    drive(processorOf(llmobs), [call(attributes)])
    const { call: event } = await spans()
    expect(event.tags.filter(tag => tag.startsWith('app.'))).toHaveLength(256)
    expect(event.collection_errors).toEqual(['truncated:attributes'])
    expect(event.meta.model_name).toBe('m')
  })

  test('10,000 attributes of messages: every message', async () => {
    const { llmobs, spans } = await open()
    const attributes = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [
        [`llm.input_messages.${index}.message.role`, 'user'],
        [`llm.input_messages.${index}.message.content`, `text ${index}`]
      ]).flat()
    )
    drive(processorOf(llmobs), [
      otelSpan({ name: 'long', attributes: { 'openinference.span.kind': 'LLM', ...attributes } })
    ])
    const { messages } = (await spans()).long.meta.input
    expect(messages).toHaveLength(5000)
    expect(messages[4999]).toEqual({ role: 'user', content: 'text 4999' })
  })

  test('names that mean something to JavaScript are names', async () => {
    const { llmobs, spans } = await open()
    const attributes = JSON.parse(`{
      "__proto__": "x", "constructor": "y", "toJSON": "z",
      "gen_ai.request.__proto__": "p", "ai.settings.constructor": "c",
      "llm.input_messages.__proto__.message.role": "user", "llm.input_messages.0.message.content": "hi",
      "metadata": "{\\"__proto__\\": {\\"polluted\\": true}}", "langfuse.observation.usage_details": "{\\"__proto__\\": 1}"
    }`)
    drive(processorOf(llmobs), [call(attributes)])
    expect((await spans()).call.meta).toHaveProperty('metadata')
    expect(/** @type {any} */ ({}).polluted).toBeUndefined()
  })

  test("credentials in headers are nobody's business", async () => {
    const { llmobs, intake } = await open()
    drive(processorOf(llmobs), [
      call({
        'ai.request.headers.authorization': 'Bearer s3cret',
        'http.request.header.authorization': 's3cret',
        'x.api-key': 's3cret'
      })
    ])
    await llmobs.flush()
    expect(JSON.stringify(intake.spans())).not.toContain('s3cret')
  })

  test('attributes that another exporter deletes after the end were read before', async () => {
    const { llmobs, spans } = await open()
    const processor = processorOf(llmobs)
    const span = call({ 'gen_ai.input.messages': '[{"role":"user","content":"kept"}]', 'app.x': ['a'] })
    processor.onStart(span, NOWHERE)
    processor.onEnd(span)
    span.attributes['app.x'].push('b')
    for (const name of Object.keys(span.attributes)) delete span.attributes[name]
    const { call: event } = await spans()
    expect(event.meta.input.messages).toEqual([{ role: 'user', content: 'kept' }])
    expect(event.tags.filter(tag => tag.startsWith('app.x'))).toEqual(['app.x:a'])
  })
})

test('log records beyond any measure, of nobody, and without a name, are left out', async () => {
  const { llmobs, spans } = await open()
  const processor = processorOf(llmobs)
  const logs = new SpanlaneLogRecordProcessor()
  const span = call({})
  processor.onStart(span, NOWHERE)
  for (let index = 0; index < 1100; index++) {
    logs.onEmit({ eventName: 'gen_ai.user.message', body: { content: `m${index}` } }, contextOf(span))
  }
  logs.onEmit({ eventName: 'gen_ai.user.message', body: { content: 'nobody' } }, NOWHERE)
  logs.onEmit({ eventName: 'gen_ai.user.message', body: 'no object' }, contextOf(span))
  logs.onEmit({ attributes: {} }, contextOf(span))
  processor.onEnd(span)
  expect((await spans()).call.meta.input.messages).toHaveLength(1000)
  await Promise.all([logs.forceFlush(), logs.shutdown()])
})
