'use strict'

const { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } = require('@langchain/core/messages')
const { ChatPromptTemplate } = require('@langchain/core/prompts')
const { BaseRetriever } = require('@langchain/core/retrievers')
const { RunnableLambda } = require('@langchain/core/runnables')
const { tool } = require('@langchain/core/tools')
const { BaseChatModel } = require('@langchain/core/language_models/chat_models')
const { FakeLLM } = require('@langchain/core/utils/testing')
const { ChatGenerationChunk } = require('@langchain/core/outputs')
const { SpanlaneCallbackHandler } = require('../../langchain')
const { ACME, GLOBEX, sdk, thrownBy } = require('../sdk/setup')

const { open: openSdk } = sdk()

async function open(options) {
  const opened = await openSdk(options)
  const handler = new SpanlaneCallbackHandler({ llmobs: opened.llmobs })
  return { ...opened, handler, callbacks: [handler] }
}

/** A model whose answer is given. */
class Model extends BaseChatModel {
  #answer

  constructor(answer) {
    super({})
    this.#answer = answer
  }

  _llmType() {
    return 'given'
  }

  getLsParams() {
    return { ls_provider: 'openai', ls_model_name: 'gpt-4o', ls_model_type: 'chat' }
  }

  invocationParams() {
    const parameters = { type: 'object', properties: { city: { type: 'string' } } }
    return {
      model: 'gpt-4o',
      temperature: 0.5,
      apiKey: 's3cret',
      tools: [{ type: 'function', function: { name: 'weather', parameters } }]
    }
  }

  async _generate() {
    if (this.#answer instanceof Error) throw this.#answer
    return {
      generations: [
        { text: `${this.#answer.content}`, message: this.#answer, generationInfo: { finish_reason: 'stop' } }
      ]
    }
  }

  async *_streamResponseChunks(_messages, _options, manager) {
    for (const text of ['It ', 'is sunny.']) {
      const chunk = new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) })
      yield chunk
      await manager?.handleLLMNewToken(text, { prompt: 0, completion: 0 }, undefined, undefined, undefined, {
        chunk
      })
    }
  }
}

const ANSWER = new AIMessage({
  content: 'It is sunny.',
  tool_calls: [{ id: 'c1', name: 'weather', args: { city: 'Paris' } }],
  response_metadata: { model_name: 'gpt-4o-2024-08-06' },
  usage_metadata: {
    input_tokens: 21,
    output_tokens: 9,
    total_tokens: 30,
    input_token_details: { cache_read: 4 },
    output_token_details: { reasoning: 2 }
  }
})

test('a call of a model: messages, answer, calls of tools, tokens, settings, tools, and no key', async () => {
  const { spans, callbacks } = await open()
  const messages = [
    new HumanMessage('Weather?'),
    new AIMessage({ content: '', tool_calls: [{ id: 'c0', name: 'weather', args: { city: 'Rome' } }] }),
    new ToolMessage({ content: 'rain', tool_call_id: 'c0' })
  ]
  await new Model(ANSWER).invoke(messages, {
    callbacks,
    runName: 'ask',
    tags: ['web'],
    metadata: { session_id: 's1' }
  })
  const { ask } = await spans()
  expect(ask).toMatchObject({
    session_id: 's1',
    meta: {
      'span.kind': 'llm',
      model_name: 'gpt-4o-2024-08-06',
      model_provider: 'openai',
      input: {
        messages: [
          { role: 'user', content: 'Weather?' },
          {
            role: 'assistant',
            tool_calls: [{ name: 'weather', arguments: { city: 'Rome' }, tool_id: 'c0' }]
          },
          { role: 'tool', tool_results: [{ result: 'rain', tool_id: 'c0' }] }
        ]
      },
      output: {
        messages: [
          {
            role: 'assistant',
            content: 'It is sunny.',
            tool_calls: [{ name: 'weather', arguments: { city: 'Paris' } }]
          }
        ]
      },
      metadata: { temperature: 0.5, finish_reasons: ['stop'] },
      tool_definitions: [{ name: 'weather', schema: { type: 'object' } }]
    },
    metrics: {
      input_tokens: 21,
      output_tokens: 9,
      total_tokens: 30,
      cache_read_input_tokens: 4,
      reasoning_output_tokens: 2
    }
  })
  expect(ask.tags).toContain('tag:web')
  expect(JSON.stringify(ask)).not.toContain('s3cret')
})

test('a stream: the whole answer, and the time to the first token', async () => {
  const { spans, callbacks } = await open()
  const read = []
  for await (const chunk of await new Model(ANSWER).stream('Weather?', { callbacks, runName: 'stream' }))
    read.push(chunk.content)
  expect(read.join('')).toBe('It is sunny.')
  const { stream } = await spans()
  expect(stream.meta.output.messages).toEqual([{ role: 'assistant', content: 'It is sunny.' }])
  expect(stream.metrics.time_to_first_token).toBeGreaterThan(0)
  expect(stream.metrics.time_to_first_token).toBeLessThan(10)
})

test('a model of texts', async () => {
  const { spans, callbacks } = await open()
  await new FakeLLM({ response: 'yes' }).invoke('really?', { callbacks, runName: 'text' })
  expect((await spans()).text.meta).toMatchObject({
    'span.kind': 'llm',
    input: { messages: [{ role: 'user', content: 'really?' }] },
    output: { messages: [{ role: 'assistant', content: 'yes' }] }
  })
})

test('chains, tools and retrievers nest', async () => {
  const { spans, callbacks, llmobs } = await open()
  class Retriever extends BaseRetriever {
    lc_namespace = ['test']

    async _getRelevantDocuments() {
      return [{ pageContent: 'a text', id: 'd1', metadata: { source: 'book', score: 0.5 } }]
    }
  }
  const weather = tool(async ({ city }) => `sunny in ${city}`, {
    name: 'weather',
    schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  })
  const outer = RunnableLambda.from(async (input, config) => {
    await new Retriever().invoke('query', { ...config, runName: 'retrieve' })
    await weather.invoke({ city: input.city }, config)
    return { answer: new AIMessage('done') }
  }).withConfig({ runName: 'outer' })
  await llmobs.trace({ kind: 'agent', name: 'ours' }, () => outer.invoke({ city: 'Paris' }, { callbacks }))
  const all = await spans()
  expect(all.outer).toMatchObject({
    parent_id: all.ours.span_id,
    meta: {
      'span.kind': 'workflow',
      input: { value: '{"city":"Paris"}' },
      output: { value: '{"answer":{"role":"assistant","content":"done"}}' }
    }
  })
  expect(all.weather).toMatchObject({
    parent_id: all.outer.span_id,
    meta: { 'span.kind': 'tool', input: { value: '{"city":"Paris"}' }, output: { value: 'sunny in Paris' } }
  })
  expect(all.retrieve).toMatchObject({
    parent_id: all.outer.span_id,
    meta: {
      'span.kind': 'retrieval',
      input: { value: 'query' },
      output: { documents: [{ text: 'a text', id: 'd1', name: 'book', score: 0.5 }] }
    }
  })
})

test('errors are those of the run, which fails as ever; an interrupted graph did not fail', async () => {
  const { spans, callbacks } = await open()
  const failing = RunnableLambda.from(() => {
    throw new RangeError('too far')
  })
  await expect(failing.invoke(1, { callbacks, runName: 'failing' })).rejects.toThrow('too far')
  await expect(
    new Model(new TypeError('no model')).invoke('x', { callbacks, runName: 'model' })
  ).rejects.toThrow('no model')
  const interrupt = Object.assign(new Error('wait'), { name: 'GraphInterrupt', is_bubble_up: true })
  const interrupted = RunnableLambda.from(() => {
    throw interrupt
  })
  await expect(interrupted.invoke(1, { callbacks, runName: 'interrupted' })).rejects.toThrow('wait')
  const all = await spans()
  expect(all.failing.meta).toMatchObject({ 'error.type': 'RangeError', 'error.message': 'too far' })
  expect(all.model.meta).toMatchObject({ 'error.type': 'TypeError' })
  expect(all.interrupted).toMatchObject({
    status: 'ok',
    meta: { metadata: { interrupted: 'GraphInterrupt' } }
  })
})

describe('where runs go', () => {
  test('a context inside a run decides, and nothing crosses; where it is lost, the run above does', async () => {
    const { llmobs, spans, places, callbacks } = await open()
    const inner = RunnableLambda.from(x => x)
    const outer = RunnableLambda.from(async (input, config) => {
      await llmobs.withRoutingContext(GLOBEX, () => inner.invoke(input, { ...config, runName: 'theirs' }))
      await lost(() => inner.invoke(input, { ...config, runName: 'lost' }))
      return input
    })
    await llmobs.withRoutingContext(ACME, () =>
      outer.invoke('acme text', {
        callbacks,
        runName: 'acme outer',
        metadata: { session_id: 'acme session' }
      })
    )
    expect(await places()).toEqual({
      'acme outer': 'acme@datadoghq.eu',
      lost: 'acme@datadoghq.eu',
      theirs: 'globex@us5.datadoghq.com'
    })
    const all = await spans()
    expect(all.lost.parent_id).toBe(all['acme outer'].span_id)
    expect(all.theirs.parent_id).toBe('undefined')
    expect(all.theirs.trace_id).not.toBe(all['acme outer'].trace_id)
  })

  /** Runs something outside all contexts. */
  function lost(fn) {
    const { AsyncLocalStorage } = require('node:async_hooks')
    return outside(() => AsyncLocalStorage.prototype.exit.call(new AsyncLocalStorage(), fn))
  }

  test('disabled: nothing, and the run runs', async () => {
    const { callbacks, spans } = await open({ enabled: false })
    expect(await RunnableLambda.from(x => x + 1).invoke(1, { callbacks })).toBe(2)
    expect(await spans()).toEqual({})
  })
})

const outside = require('node:async_hooks').AsyncLocalStorage.snapshot()

describe('bad input', () => {
  test.each([
    ['options that are none', 'x'],
    ['an LLMObs of another package', { llmobs: {} }]
  ])('%s: the constructor throws', (_what, options) => {
    expect(thrownBy(() => new SpanlaneCallbackHandler(/** @type {any} */ (options)))).toMatchObject({
      code: 'SPANLANE_INVALID_OPTION'
    })
  })

  test('calls that LangChain would not make change nothing, and throw nothing', async () => {
    const { handler, spans, log } = await open()
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('secret')
        },
        getOwnPropertyDescriptor() {
          throw new Error('secret')
        }
      }
    )
    handler.handleChainEnd({}, 'unknown')
    handler.handleLLMNewToken('x', {}, 'unknown')
    handler.handleToolError(new Error('x'), undefined)
    handler.handleChainStart(undefined, undefined, 'r1')
    handler.handleChainStart(undefined, undefined, 'r1')
    handler.handleChainEnd(hostile, 'r1')
    handler.handleChainStart(hostile, hostile, 'r2')
    handler.handleLLMStart(null, null, 'r3')
    handler.handleLLMEnd(null, 'r3')
    handler.handleChatModelStart({}, [[null, 7, {}]], 'r4')
    handler.handleLLMEnd({ generations: [[null, {}]] }, 'r4')
    handler.handleRetrieverStart({}, 5, 'r5')
    handler.handleRetrieverEnd('no list', 'r5')
    expect(Object.keys(await spans()).sort()).toEqual(['chain', 'llm', 'retriever'])
    expect(log.lines.join()).not.toContain('secret')
  })

  test('runs that never end: the oldest are taken to be over, with a warning', async () => {
    const { handler, llmobs, log } = await open()
    for (let index = 0; index < 10_003; index++) handler.handleChainStart({}, 'x', `r${index}`)
    expect(llmobs.stats().openSpans).toBe(10_000)
    expect(llmobs.stats().total.submitted).toBe(3)
    expect(log.lines).toEqual([expect.stringMatching(/more than 10000 runs have not ended.*#langchain/)])
  })

  test('it is a handler to LangChain: kept by copies, and written as none', () => {
    const handler = new SpanlaneCallbackHandler()
    expect(handler.copy()).toBe(handler)
    expect(JSON.parse(JSON.stringify(handler))).toMatchObject({ lc: 1, type: 'not_implemented' })
  })
})

test('what a prompt gives to a model is told as its messages', async () => {
  const { llmobs, callbacks, spans } = await open()
  const prompt = ChatPromptTemplate.fromMessages([['user', '{question}']])
  await llmobs.withRoutingContext(ACME, () => prompt.invoke({ question: 'And Paris?' }, { callbacks }))
  const { ChatPromptTemplate: span } = await spans()
  expect(JSON.parse(span.meta.output.value)).toEqual({ messages: [{ role: 'user', content: 'And Paris?' }] })
})
