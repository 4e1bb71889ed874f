'use strict'

const ai = require('ai-v6')
const kit = require('ai-v6/test')
const { createTracer, tracer: shared } = require('../../ai')
const { LLMObs } = require('../../lib/sdk/llmobs')
const { ACME, GLOBEX, sdk, thrownBy } = require('../sdk/setup')
const { embeddingModel, failingModel, modelOf, weather } = require('./models')

const { open: openSdk } = sdk()
const STEPS = { stopWhen: ai.stepCountIs(3) }
const ANSWER = ai.jsonSchema({ type: 'object', properties: { answer: { type: 'string' } } })

async function open(options) {
  const opened = await openSdk(options)
  const tracer = createTracer({ llmobs: opened.llmobs })
  return {
    ...opened,
    tracer,
    telemetry: { experimental_telemetry: { isEnabled: true, tracer } },
    /** @returns {Promise<any[]>} all that arrived, the first to start first */
    async arrived() {
      await opened.llmobs.flush()
      return opened.intake.spans().sort((left, right) => left.start_ns - right.start_ns)
    }
  }
}

/** Each span with that above it. @param {any[]} spans */
function tree(spans) {
  const byId = new Map(spans.map(span => [span.span_id, span]))
  return spans.map(span => [
    span.meta['span.kind'],
    span.name,
    byId.get(span.parent_id)?.name ?? span.parent_id
  ])
}

describe('what the AI SDK does', () => {
  test('a text in steps, with a tool: messages, tokens, settings, tools, and the work inside', async () => {
    const { llmobs, tracer, arrived } = await open()
    const traced = name => llmobs.trace({ kind: 'task', name }, () => 'sunny')
    const { text } = await ai.generateText({
      model: modelOf(kit, { inside: () => traced('in the model') }),
      system: 'Be nice.',
      prompt: 'Paris',
      temperature: 0.5,
      tools: weather(ai, () => traced('in the tool')),
      ...STEPS,
      experimental_telemetry: {
        isEnabled: true,
        tracer,
        functionId: 'answer',
        metadata: { sessionId: 's1', plan: 'gold' }
      }
    })
    expect(text).toBe('so: Paris')
    const spans = await arrived()
    expect(tree(spans)).toEqual([
      ['workflow', 'answer.generateText', 'undefined'],
      ['llm', 'answer.doGenerate', 'answer.generateText'],
      ['task', 'in the model', 'answer.doGenerate'],
      ['tool', 'weather', 'answer.generateText'],
      ['task', 'in the tool', 'weather'],
      ['llm', 'answer.doGenerate', 'answer.generateText'],
      ['task', 'in the model', 'answer.doGenerate']
    ])
    const [whole, first, , tool, , second] = spans
    expect(whole.meta).toMatchObject({ input: { value: 'Paris' }, output: { value: 'so: Paris' } })
    expect(whole.metrics).toEqual({})
    expect(first).toMatchObject({
      session_id: 's1',
      meta: {
        model_name: 'gpt-4o-2024',
        model_provider: 'openai',
        input: {
          messages: [
            { role: 'system', content: 'Be nice.' },
            { role: 'user', content: 'Paris' }
          ]
        },
        output: {
          messages: [{ role: 'assistant', tool_calls: [{ name: 'weather', arguments: { city: 'Paris' } }] }]
        },
        metadata: { temperature: 0.5, plan: 'gold', finish_reasons: ['tool-calls'], response_id: 'r1' },
        tool_definitions: [{ name: 'weather', description: 'says it', schema: { required: ['city'] } }]
      },
      metrics: {
        input_tokens: 21,
        output_tokens: 9,
        total_tokens: 30,
        cache_read_input_tokens: 4,
        reasoning_output_tokens: 2
      }
    })
    expect(tool).toMatchObject({
      meta: {
        input: { value: '{"city":"Paris"}' },
        output: { value: '"sunny"' },
        metadata: { tool_id: 'c1' }
      }
    })
    expect(second.meta.output.messages).toEqual([{ role: 'assistant', content: 'so: Paris' }])
    expect(spans.every(({ tags }) => tags.includes('session_id:s1'))).toBe(true)
    expect(whole.tags).toContain('integration:ai')
  })

  test('a stream: it ends with its last chunk, and tells when the first one came', async () => {
    const { telemetry, arrived, llmobs } = await open()
    const { textStream } = ai.streamText({ model: modelOf(kit), prompt: 'Paris', ...telemetry })
    const read = []
    for await (const text of textStream) read.push(text)
    expect(read.join('')).toBe('so: Paris')
    const [whole, call] = await arrived()
    expect([whole.name, call.name]).toEqual(['streamText', 'doStream'])
    expect(call.meta.output.messages).toEqual([{ role: 'assistant', content: 'so: Paris' }])
    expect(call.metrics.time_to_first_token).toBeGreaterThan(0)
    expect(call.metrics.time_to_first_token * 1e9).toBeLessThan(call.duration)
    expect(whole.start_ns).toBeLessThanOrEqual(call.start_ns)
    expect(whole.start_ns + whole.duration).toBeGreaterThanOrEqual(call.start_ns + call.duration)
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('objects and embeddings', async () => {
    const { telemetry, arrived } = await open()
    const model = modelOf(kit)
    await ai.generateObject({ model, prompt: 'Paris', schema: ANSWER, ...telemetry })
    const { partialObjectStream } = ai.streamObject({ model, prompt: 'Rome', schema: ANSWER, ...telemetry })
    for await (const _ of partialObjectStream) await null
    await ai.embedMany({ model: embeddingModel(kit), values: ['a', 'b', 'c'], ...telemetry })
    await ai.embed({ model: embeddingModel(kit), value: 'd', ...telemetry })
    const spans = await arrived()
    expect(tree(spans)).toEqual([
      ['workflow', 'generateObject', 'undefined'],
      ['llm', 'doGenerate', 'generateObject'],
      ['workflow', 'streamObject', 'undefined'],
      ['llm', 'doStream', 'streamObject'],
      ['workflow', 'embedMany', 'undefined'],
      ['embedding', 'doEmbed', 'embedMany'],
      ['embedding', 'doEmbed', 'embedMany'],
      ['workflow', 'embed', 'undefined'],
      ['embedding', 'doEmbed', 'embed']
    ])
    expect(spans[1].meta.output.messages).toEqual([{ role: 'assistant', content: '{"answer":"Paris"}' }])
    expect(spans[3].meta.output.messages).toEqual([{ role: 'assistant', content: '{"answer":"Rome"}' }])
    expect(spans[5]).toMatchObject({
      meta: {
        model_name: 'embed-1',
        input: { documents: [{ text: 'a' }, { text: 'b' }] },
        output: { value: '[2 embedding(s) returned with size 3]' }
      },
      metrics: { input_tokens: 2 }
    })
  })

  test('errors: of a model, of a stream, of a tool; the call fails as ever', async () => {
    const { telemetry, arrived } = await open()
    const settings = { prompt: 'Paris', maxRetries: 0, ...telemetry }
    const model = failingModel(kit, new RangeError('no model'))
    await expect(ai.generateText({ ...settings, model })).rejects.toThrow('no model')
    const seen = []
    await ai.streamText({ ...settings, model, onError: ({ error }) => seen.push(error) }).consumeStream()
    expect(seen).toEqual([expect.any(RangeError)])
    const tools = weather(ai, () => {
      throw new TypeError('no weather')
    })
    await ai.generateText({ ...settings, model: modelOf(kit), tools, ...STEPS })
    const spans = await arrived()
    const failed = spans.filter(({ status }) => status === 'error')
    expect(failed.map(({ name, meta }) => [name, meta['error.type'], meta['error.message']])).toEqual([
      ['generateText', 'RangeError', 'no model'],
      ['doGenerate', 'RangeError', 'no model'],
      ['streamText', 'RangeError', 'no model'],
      ['doStream', 'RangeError', 'no model'],
      ['weather', 'TypeError', 'no weather']
    ])
    expect(failed[0].meta['error.stack']).toMatch(/RangeError: no model\n/)
  })

  test('an answer that is stopped has not failed, and does not go on for ever', async () => {
    const { telemetry, arrived, llmobs } = await open()
    const stop = new AbortController()
    const { fullStream } = ai.streamText({
      model: modelOf(kit, { never: true }),
      prompt: 'Paris',
      abortSignal: stop.signal,
      ...telemetry
    })
    const types = []
    for await (const { type } of fullStream) {
      types.push(type)
      if (type === 'text-delta') stop.abort()
    }
    expect(types.at(-1)).toBe('abort')
    expect(await arrived()).toMatchObject([
      { name: 'streamText', status: 'ok' },
      { name: 'doStream', status: 'ok', meta: { metadata: { unfinished: true } } }
    ])
    expect(llmobs.stats().openSpans).toBe(0)
    const reason = Object.assign(new Error('it was aborted'), { name: 'AbortError' })
    const call = ai.generateText({ model: failingModel(kit, reason), prompt: 'Rome', ...telemetry })
    await expect(call).rejects.toBe(reason)
    const aborted = (await arrived()).filter(({ name }) => ['generateText', 'doGenerate'].includes(name))
    expect(aborted).toMatchObject([
      { status: 'ok', meta: { metadata: { aborted: true } } },
      { status: 'ok', meta: { metadata: { aborted: true } } }
    ])
  })

  test('a stream that nobody reads ends when the AI SDK lets go of it, as long as it was heard of', async () => {
    const { telemetry, arrived, llmobs } = await open()
    await (async () => {
      const { textStream } = ai.streamText({
        model: modelOf(kit, { never: true }),
        prompt: 'Paris',
        ...telemetry
      })
      for await (const _ of textStream) break
    })()
    expect(llmobs.stats().openSpans).toBe(2)
    const { setFlagsFromString } = require('node:v8')
    setFlagsFromString('--expose-gc')
    const collect = require('node:vm').runInNewContext('gc')
    for (let round = 0; llmobs.stats().openSpans > 0; round++) {
      if (round === 100) throw new Error('it was never collected')
      collect()
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    expect(await arrived()).toMatchObject([
      { name: 'streamText', meta: { metadata: { unfinished: true } } },
      { name: 'doStream', meta: { metadata: { unfinished: true } } }
    ])
  })

  test('what the AI SDK is told to leave out, and a route without content', async () => {
    const { tracer, arrived, llmobs, intake } = await open()
    const settings = { model: modelOf(kit), prompt: 'secret', system: 'secret' }
    await ai.generateText({
      ...settings,
      experimental_telemetry: { isEnabled: true, tracer, recordInputs: false, recordOutputs: false }
    })
    await ai.generateText({ ...settings, experimental_telemetry: { isEnabled: false, tracer } })
    await llmobs.withRoutingContext({ ...GLOBEX, captureContent: false }, () =>
      ai.generateText({ ...settings, experimental_telemetry: { isEnabled: true, tracer } })
    )
    const spans = await arrived()
    expect(spans).toHaveLength(4)
    expect(spans.filter(({ metrics }) => metrics.input_tokens === 21)).toHaveLength(2)
    expect(JSON.stringify(intake.spans())).not.toContain('secret')
  })
})

describe('where spans go', () => {
  test('a stream of a tenant, in steps, read by another one: all of it is where it was started', async () => {
    const { llmobs, telemetry, intake } = await open()
    const { textStream } = llmobs.withRoutingContext(ACME, () =>
      ai.streamText({
        model: modelOf(kit),
        prompt: 'Paris',
        tools: weather(ai, () => llmobs.trace({ kind: 'task', name: 'in the tool' }, () => 'sunny')),
        ...STEPS,
        ...telemetry
      })
    )
    await llmobs.withRoutingContext(GLOBEX, async () => {
      for await (const _ of textStream) await null
    })
    await llmobs.flush()
    expect(intake.spans({ key: ACME.ddApiKey })).toHaveLength(5)
    expect(intake.spans()).toHaveLength(5)
  })

  test('a context of another tenant inside a tool: a trace of its own', async () => {
    const { llmobs, telemetry, spans, places } = await open()
    const inner = () =>
      ai.generateText({
        model: modelOf(kit),
        prompt: 'Rome',
        experimental_telemetry: { ...telemetry.experimental_telemetry, functionId: 'theirs' }
      })
    await llmobs.withRoutingContext(ACME, () =>
      ai.generateText({
        model: modelOf(kit),
        prompt: 'Paris',
        tools: weather(ai, async () => (await llmobs.withRoutingContext(GLOBEX, inner)).text),
        ...STEPS,
        ...telemetry
      })
    )
    expect(await places()).toEqual({
      generateText: 'acme@datadoghq.eu',
      doGenerate: 'acme@datadoghq.eu',
      weather: 'acme@datadoghq.eu',
      'theirs.generateText': 'globex@us5.datadoghq.com',
      'theirs.doGenerate': 'globex@us5.datadoghq.com'
    })
    const all = await spans()
    expect(all['theirs.generateText'].parent_id).toBe('undefined')
    expect(all['theirs.generateText'].trace_id).not.toBe(all.weather.trace_id)
  })

  test('beside dd-trace that follows the AI SDK itself: nothing, and a warning', async () => {
    const { channel } = require('node:diagnostics_channel')
    const { llmobs, tracer, log, arrived } = await open()
    LLMObs.instanceOf(llmobs).bridgedRoutes = () => null
    const ran = () => tracer.startActiveSpan('own', span => [span.isRecording(), span.spanContext().spanId])
    expect(ran()[0]).toBe(true)
    const follow = () => {}
    channel('tracing:dd-trace:vercel-ai:start').subscribe(follow)
    try {
      expect([ran(), ran()]).toEqual([
        [false, '0'.repeat(16)],
        [false, '0'.repeat(16)]
      ])
    } finally {
      channel('tracing:dd-trace:vercel-ai:start').unsubscribe(follow)
    }
    expect(log.lines).toEqual([
      expect.stringMatching(/dd-trace is attached and follows the AI SDK itself.*use one of both.*#ai/)
    ])
    expect(await arrived()).toEqual([])
  })

  test('switched off: nothing, and the call runs', async () => {
    const { telemetry, arrived } = await open({ enabled: false })
    expect((await ai.generateText({ model: modelOf(kit), prompt: 'x', ...telemetry })).text).toBe('so: x')
    expect(await arrived()).toEqual([])
  })
})

describe('as a tracer of OpenTelemetry', () => {
  test('times, ids, names, events and status that are given', async () => {
    const { tracer, arrived } = await open()
    const startMs = Math.floor(Date.now() / 1000) * 1000 - 5000
    const attributes = { 'gen_ai.operation.name': 'execute_tool' }
    const span = tracer.startSpan('first name', { startTime: startMs, attributes })
    span
      .setAttribute('gen_ai.tool.call.result', 'done')
      .addEvent('noted')
      .addLink({})
      .addLinks([])
      .updateName('own')
    span.setStatus({ code: 2, message: 'went wrong' })
    const { traceId, spanId, traceFlags } = span.spanContext()
    span.end([startMs / 1000 + 2, 500_000])
    expect(span.isRecording()).toBe(false)
    const [only] = await arrived()
    expect(only).toMatchObject({
      name: 'own',
      trace_id: traceId,
      span_id: BigInt(`0x${spanId}`).toString(),
      status: 'error',
      meta: { 'span.kind': 'tool', output: { value: 'done' }, 'error.message': 'went wrong' }
    })
    expect(traceFlags).toBe(1)
    expect(Math.abs(only.start_ns / 1e6 - startMs)).toBeLessThan(0.001)
    expect(Math.abs(only.duration - 2_000_500_000)).toBeLessThan(1000)
  })

  test('a parent in a context of OpenTelemetry', async () => {
    const { tracer, arrived } = await open()
    const KEY = Symbol.for('OpenTelemetry Context Key SPAN')
    const outer = tracer.startSpan('outer')
    const context = { getValue: key => (key === KEY ? outer : undefined) }
    tracer.startActiveSpan('inner', {}, context, span => span.end())
    outer.end(new Date())
    expect(tree(await arrived()).map(([, ...rest]) => rest)).toEqual([
      ['outer', 'undefined'],
      ['inner', 'outer']
    ])
  })

  test('what the function returns and throws passes untouched', async () => {
    const { tracer } = await open()
    const promise = Promise.resolve(1)
    expect(tracer.startActiveSpan('a', () => promise)).toBe(promise)
    expect(thrownBy(() => tracer.startActiveSpan('a', () => { throw promise }))).toBe(promise) // biome-ignore format: one line
    expect(tracer.startActiveSpan('a')).toBeUndefined()
  })
})

describe('bad input', () => {
  test.each([
    ['options that are none', 'x'],
    ['an LLMObs of another package', { llmobs: {} }]
  ])('%s: it throws when it is made', (_what, options) => {
    expect(thrownBy(() => createTracer(/** @type {any} */ (options)))).toMatchObject({
      code: 'SPANLANE_INVALID_OPTION'
    })
  })

  test('a shared one is there before anything is opened', () => {
    expect(typeof shared.startActiveSpan).toBe('function')
  })

  test('calls that the AI SDK would not make change nothing, and throw nothing', async () => {
    const { tracer, arrived, log, llmobs } = await open()
    const hostile = new Proxy(
      {},
      {
        get(_target, name) {
          if (name === Symbol.toPrimitive || name === 'toString') return () => 'hostile'
          throw new Error('secret')
        },
        ownKeys() {
          throw new Error('secret')
        },
        getOwnPropertyDescriptor() {
          throw new Error('secret')
        }
      }
    )
    const span = tracer.startSpan('odd', {
      attributes: {
        'ai.operationId': 7,
        'ai.prompt': '{"broken',
        'ai.usage.inputTokens': 'many',
        get 'ai.model.id'() {
          throw new Error('secret')
        }
      }
    })
    for (const value of [undefined, null, 7, 'odd', hostile, [hostile]]) {
      span.setAttributes(value)
      span.setAttribute(value, hostile)
      span.addEvent(value, value)
      span.setStatus(value)
      span.recordException(value)
      span.updateName(value)
    }
    span.setStatus({ code: 0 })
    span.end('never')
    span.end()
    span.setAttribute('late', 'secret')
    tracer.startActiveSpan(null, hostile, hostile, inner => inner.end(Number.NaN))
    tracer.startSpan('before 1970', { startTime: -5 }).end([-5, 0])
    expect((await arrived()).map(({ name }) => name).sort()).toEqual(['before 1970', 'odd'])
    expect(log.lines.join()).not.toContain('secret')
    expect(JSON.stringify(await arrived())).not.toContain('secret')
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('more attributes than one call has are left out, and named', async () => {
    const { tracer, arrived } = await open()
    const span = tracer.startSpan('many')
    for (let index = 0; index < 10_000; index++) span.setAttribute(`own.${index}`, 'x')
    span.end()
    const [only] = await arrived()
    expect(only.collection_errors).toEqual(
      expect.arrayContaining(['otel_dropped_attributes:5904', 'truncated:attributes'])
    )
  })
})
