'use strict'

const path = require('node:path')
const { tracingChannel } = require('node:diagnostics_channel')
const { observe } = require('../../ai')
const { LLMObs } = require('../../lib/sdk/llmobs')
const { ACME, sdk, thrownBy } = require('../sdk/setup')
const { runChild } = require('../support/run-child')

const { open: openSdk } = sdk()

/** @param {string} name @param {string[]} [nodeArgs] @returns {Promise<any>} what a program with version 7 told */
async function run(name, nodeArgs = []) {
  const program = path.join(__dirname, 'programs', `${name}.mjs`)
  const { code, stdout, stderr } = await runChild([...nodeArgs, program], { timeoutMs: 60_000 })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

/** Each span below another one, with that. @param {any[]} spans @param {any} above */
function tree(spans, above) {
  return spans
    .filter(span => span.parent_id === above.span_id)
    .flatMap(span => [[span.meta['span.kind'], span.name, above.name], ...tree(spans, span)])
}

describe('version 7 of the AI SDK', () => {
  let told
  /** Spans of one part of the program. */
  const below = name => {
    const above = told.spans.find(span => span.name === name)
    const names = tree(told.spans, above)
    const spans = told.spans.filter(({ trace_id: id }) => id === above.trace_id)
    return { names, spans: spans.filter(span => span !== above), of: wanted => spans.find(({ name }) => name === wanted) } // biome-ignore format: one line
  }

  beforeAll(async () => {
    told = await run('operations')
  })

  test('a text in steps, with a tool: messages, tokens, settings, tools, and the work inside', () => {
    expect(told.returned.text).toBe('so: Paris')
    const { names, of, spans } = below('text')
    expect(names).toEqual([
      ['workflow', 'answer.generateText', 'text'],
      ['task', 'answer.step 1', 'answer.generateText'],
      ['llm', 'answer.doGenerate', 'answer.step 1'],
      ['task', 'in the model', 'answer.doGenerate'],
      ['tool', 'weather', 'answer.step 1'],
      ['task', 'in the tool', 'weather'],
      ['task', 'answer.step 2', 'answer.generateText'],
      ['llm', 'answer.doGenerate', 'answer.step 2'],
      ['task', 'in the model', 'answer.doGenerate']
    ])
    expect(of('answer.generateText')).toMatchObject({
      session_id: 's1',
      meta: { input: { value: 'Paris' }, output: { value: 'so: Paris' }, metadata: { plan: 'gold' } },
      metrics: {}
    })
    const [first, second] = spans.filter(({ name }) => name === 'answer.doGenerate')
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
        metadata: { temperature: 0.5, finish_reasons: ['tool-calls'], response_id: 'r1' },
        tool_definitions: [{ name: 'weather', description: 'says it', schema: { required: ['city'] } }]
      },
      metrics: {
        input_tokens: 21,
        output_tokens: 9,
        total_tokens: 30,
        cache_read_input_tokens: 4,
        non_cached_input_tokens: 17,
        reasoning_output_tokens: 2
      }
    })
    expect(second.meta.input.messages.at(-1)).toMatchObject({
      role: 'tool',
      tool_results: [{ result: 'sunny', tool_id: 'c1' }]
    })
    expect(second.meta.output.messages).toEqual([{ role: 'assistant', content: 'so: Paris' }])
    expect(of('weather').meta).toMatchObject({
      input: { value: '{"city":"Paris"}' },
      output: { value: 'sunny' },
      metadata: { tool_id: 'c1' }
    })
    expect(of('answer.generateText').tags).toContain('integration:ai')
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  test('a stream, read by another tenant: where it was started, until its last chunk', () => {
    expect(told.returned).toMatchObject({ stream: 'so: Rome', usage: 42 })
    const { names, spans, of } = below('stream')
    expect(names).toEqual([
      ['workflow', 'streamText', 'stream'],
      ['task', 'step 1', 'streamText'],
      ['llm', 'doStream', 'step 1'],
      ['tool', 'weather', 'step 1'],
      ['task', 'in the tool of a stream', 'weather'],
      ['task', 'step 2', 'streamText'],
      ['llm', 'doStream', 'step 2']
    ])
    expect(new Set(spans.map(({ span_id: id }) => told.tenants[id]))).toEqual(new Set(['acme']))
    const [, second] = spans.filter(({ name }) => name === 'doStream')
    expect(second).toMatchObject({
      meta: {
        model_name: 'gpt-4o-2024',
        output: { messages: [{ role: 'assistant', content: 'so: Rome' }] },
        metadata: { finish_reasons: ['stop'] }
      },
      metrics: { input_tokens: 21, output_tokens: 9 }
    })
    expect(second.metrics.time_to_first_token).toBeGreaterThan(0)
    expect(second.metrics.time_to_first_token * 1e9).toBeLessThan(second.duration)
    const whole = of('streamText')
    expect(whole.meta.output).toEqual({ value: 'so: Rome' })
    expect(whole.start_ns + whole.duration).toBeGreaterThanOrEqual(second.start_ns + second.duration)
  })

  test('objects, which no channel tells of', () => {
    const { names, of, spans } = below('objects')
    expect(names).toEqual([
      ['workflow', 'object.generateObject', 'objects'],
      ['llm', 'object.doGenerate', 'object.generateObject'],
      ['workflow', 'streamObject', 'objects'],
      ['llm', 'doStream', 'streamObject']
    ])
    expect(of('object.generateObject').meta).toMatchObject({
      input: { value: 'Oslo' },
      output: { value: '{"answer":"Oslo"}' },
      metadata: { schema: { type: 'object' }, output_type: 'object' }
    })
    expect(of('doStream')).toMatchObject({
      meta: { output: { messages: [{ role: 'assistant', content: '{"answer":"Bern"}' }] } },
      metrics: { input_tokens: 21, output_tokens: 9 }
    })
    expect(new Set(spans.map(({ span_id: id }) => told.tenants[id]))).toEqual(new Set(['acme']))
  })

  test('embeddings and ranks', () => {
    const { names, of } = below('vectors')
    expect(names).toEqual([
      ['embedding', 'embed', 'vectors'],
      ['embedding', 'embedMany', 'vectors'],
      ['retrieval', 'rerank', 'vectors']
    ])
    expect(of('embedMany')).toMatchObject({
      meta: {
        model_name: 'embed-1',
        model_provider: 'openai',
        input: { documents: [{ text: 'a' }, { text: 'b' }, { text: '3' }] },
        output: { value: '[3 embedding(s) returned with size 3]' }
      },
      metrics: { input_tokens: 3 }
    })
    expect(of('embed').meta.output).toEqual({ value: '[1 embedding(s) returned with size 3]' })
    expect(of('rerank').meta).toMatchObject({
      input: { value: 'which?' },
      output: { documents: [{ text: 'y', score: 0.9 }] }
    })
  })

  test('errors: of a model, of a stream, of an object, of a tool; the call fails as ever', () => {
    expect(told.returned.rejected).toBe('RangeError')
    const failed = below('errors').spans.filter(({ status }) => status === 'error')
    expect(failed.map(({ name, meta }) => [name, meta['error.type'], meta['error.message']])).toEqual([
      ['generateText', 'RangeError', 'no model'],
      ['step 1', 'RangeError', 'no model'],
      ['doGenerate', 'RangeError', 'no model'],
      ['streamText', 'RangeError', 'no model'],
      ['doStream', 'RangeError', 'no model'],
      ['generateObject', 'RangeError', 'no model'],
      ['doGenerate', 'RangeError', 'no model'],
      ['weather', 'TypeError', 'no weather']
    ])
  })

  test('an answer that is stopped has not failed', () => {
    const { spans } = below('aborted')
    expect(spans.map(({ name, status, meta }) => [name, status, meta.metadata?.aborted])).toEqual([
      ['streamText', 'ok', true],
      ['step 1', 'ok', true],
      ['doStream', 'ok', true],
      ['generateText', 'ok', true],
      ['step 1', 'ok', true],
      ['doGenerate', 'ok', true]
    ])
  })

  test('what the AI SDK is told to leave out; tokens stay', () => {
    const { names, spans } = below('quiet')
    expect(names.map(([, name]) => name)).toEqual([
      'generateText',
      'step 1',
      'doGenerate',
      'streamText',
      'step 1',
      'doStream'
    ])
    const calls = spans.filter(({ meta }) => meta['span.kind'] === 'llm')
    expect(calls.map(({ metrics }) => metrics.input_tokens)).toEqual([21, 21])
    const hidden = below('no content')
    expect(hidden.spans).toHaveLength(6)
    expect(hidden.spans[0].session_id).toBe('s2')
    expect(JSON.stringify(told.spans)).not.toContain('secret')
  })

  test('a call with callbacks of its own: its stream tells less', () => {
    const { spans } = below('own callbacks')
    expect(spans.map(({ name }) => name)).toEqual(['streamText', 'step 1', 'doStream'])
    const [, step, call] = spans
    expect(call.meta).toMatchObject({
      input: { messages: [{ content: 'Paris' }] },
      metadata: { unfinished: true }
    })
    expect(call.start_ns + call.duration).toBeLessThanOrEqual(step.start_ns + step.duration)
  })

  test('once it was ended there is nothing more; nothing goes on, nothing was warned of', () => {
    expect(below('ended').spans).toEqual([])
    expect(told).toMatchObject({ openSpans: 0, log: [] })
  })

  test('a stream that nobody reads ends when the AI SDK lets go of it, as long as it was heard of', async () => {
    const { before, openSpans, spans } = await run('abandoned', ['--expose-gc'])
    expect([before, openSpans]).toEqual([3, 0])
    expect(spans.map(({ name, meta }) => [name, meta.metadata.unfinished])).toEqual([
      ['streamText', true],
      ['step 1', true],
      ['doStream', true]
    ])
  })
})

describe('the channel', () => {
  const channel = tracingChannel('ai:telemetry')
  /** @type {(() => void)[]} */
  const ends = []
  afterEach(() => {
    for (const end of ends.splice(0)) end()
  })

  async function open(options) {
    const opened = await openSdk(options)
    const end = observe({ llmobs: opened.llmobs })
    ends.push(end)
    return { ...opened, end }
  }

  /** @param {any} message @param {() => any} [fn] */
  const run = (message, fn = async () => ({})) => channel.tracePromise(fn, message)
  const callbacks = () => /** @type {any} */ (globalThis).AI_SDK_TELEMETRY_INTEGRATIONS

  test('what the work returns and throws passes untouched', async () => {
    await open()
    const result = {}
    await expect(run({ type: 'generateText', event: { callId: 'c' } }, async () => result)).resolves.toBe(
      result
    )
    const error = new Error('own')
    await expect(run({ type: 'generateText', event: {} }, () => Promise.reject(error))).rejects.toBe(error)
  })

  test('two for one LLMObs are one; two LLMObs get a span each; ended is ended', async () => {
    const [one, other] = [await open(), await open()]
    const again = observe({ llmobs: one.llmobs })
    await run({ type: 'generateText', event: { callId: 'c1' } })
    expect([Object.keys(await one.spans()), Object.keys(await other.spans())]).toEqual([
      ['ai.generateText'],
      ['ai.generateText']
    ])
    expect(one.llmobs.stats().total.submitted).toBe(1)
    again()
    one.end()
    await run({ type: 'embed', event: { callId: 'c2' } })
    expect(one.llmobs.stats().total.submitted).toBe(1)
    expect(other.llmobs.stats().total.submitted).toBe(2)
    const length = callbacks().length
    other.end()
    expect(callbacks()).toHaveLength(length - 1)
  })

  test('what still goes on when it is ended is taken to be over', async () => {
    const { llmobs, end, spans } = await open()
    let finish
    const work = run({ type: 'generateText', event: { callId: 'c' } }, () => new Promise(resolve => (finish = resolve))) // biome-ignore format: one line
    end()
    expect(await spans()).toMatchObject({
      'ai.generateText': { meta: { metadata: { unfinished: true } } }
    })
    finish()
    await work
    expect(llmobs.stats()).toMatchObject({ openSpans: 0, total: { submitted: 1 } })
  })

  test('messages and events that the AI SDK would not send change nothing, and throw nothing', async () => {
    const { llmobs, spans, log } = await open()
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('secret')
        },
        getOwnPropertyDescriptor() {
          throw new Error('secret')
        },
        ownKeys() {
          throw new Error('secret')
        }
      }
    )
    let ran = 0
    const messages = [
      {},
      { type: 'unknown', event: {} },
      { type: 'toString', event: {} },
      { type: 'embed' },
      { type: 'embed', event: hostile }
    ]
    for (const message of messages) await run(message, async () => void ran++)
    expect(ran).toBe(5)
    for (const event of [hostile, {}, { callId: 'never' }, undefined, null, 'x']) {
      for (const name of Object.keys(callbacks()[0])) expect(callbacks()[0][name](event)).toBeUndefined()
      channel.asyncEnd.publish(event)
    }
    const odd = { callId: 7, stepNumber: 'x', messages: 'none', runtimeContext: [], tools: {}, toolCall: 5 }
    for (const type of ['generateText', 'step', 'languageModelCall', 'executeTool', 'embed', 'rerank']) {
      const message = { type, event: odd }
      await run(message, async () => ({
        content: 5,
        usage: 'x',
        ranking: {},
        embedding: 'x',
        output: 5,
        response: 5
      }))
      channel.asyncEnd.publish(message)
    }
    expect(Object.keys(await spans()).sort()).toEqual([
      'ai.generateText',
      'ai.rerank',
      'doGenerate',
      'embed',
      'executeTool',
      'step NaN'
    ])
    expect(llmobs.stats().openSpans).toBe(0)
    expect(log.lines.join()).not.toContain('secret')
  })

  test('objects that never end: the oldest are taken to be over, with a warning', async () => {
    const { llmobs, log } = await open()
    const { onStart } = callbacks().at(-1)
    for (let index = 0; index < 1003; index++)
      onStart({ operationId: 'ai.streamObject', callId: `c${index}` })
    expect(llmobs.stats()).toMatchObject({ openSpans: 1000, total: { submitted: 3 } })
    expect(log.lines).toEqual([expect.stringMatching(/more than 1000 objects.*#ai/)])
  })

  test('before init, switched off, and shut down: the work runs', async () => {
    const { llmobs, spans } = await open({ enabled: false })
    expect(await run({ type: 'generateText', event: { callId: 'c' } }, async () => 7)).toBe(7)
    expect(await spans()).toEqual({})
    await llmobs.shutdown()
    expect(await run({ type: 'generateText', event: { callId: 'd' } }, async () => 8)).toBe(8)
    expect(channel.start.hasSubscribers).toBe(true)
  })

  test('beside dd-trace that follows the AI SDK itself: nothing, and a warning', async () => {
    const { channel: named } = require('node:diagnostics_channel')
    const { llmobs, log } = await open()
    LLMObs.instanceOf(llmobs).bridgedRoutes = () => null
    const follow = () => {}
    named('dd-trace:vercel-ai:chunk').subscribe(follow)
    await llmobs.withRoutingContext(ACME, () => run({ type: 'generateText', event: { callId: 'c' } }))
    named('dd-trace:vercel-ai:chunk').unsubscribe(follow)
    expect(log.lines).toEqual([
      expect.stringMatching(/dd-trace is attached and follows the AI SDK itself.*#ai/)
    ])
    expect(llmobs.stats().total.submitted).toBe(0)
  })

  test('beside OpenTelemetry and a processor: a warning', async () => {
    const { SpanlaneSpanProcessor } = require('../../opentelemetry')
    const { llmobs, log } = await open()
    class OpenTelemetry {}
    const writer = new OpenTelemetry()
    callbacks().push(writer)
    await run({ type: 'embed', event: { callId: 'c1' } })
    expect(log.lines).toEqual([])
    new SpanlaneSpanProcessor({ llmobs })
    await run({ type: 'embed', event: { callId: 'c2' } })
    await run({ type: 'embed', event: { callId: 'c3' } })
    callbacks().splice(callbacks().indexOf(writer), 1)
    expect(log.lines).toEqual([expect.stringMatching(/may take it again; use observe.*#ai/)])
  })

  test.each([
    ['options that are none', 'x'],
    ['an LLMObs of another package', { llmobs: {} }]
  ])('%s: it throws', (_what, options) => {
    expect(thrownBy(() => observe(/** @type {any} */ (options)))).toMatchObject({
      code: 'SPANLANE_INVALID_OPTION'
    })
  })
})
