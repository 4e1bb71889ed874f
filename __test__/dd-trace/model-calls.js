'use strict'

/**
 * Makes the same calls of one library, followed by dd-trace's own plugin or by Spanlane: `model-calls.js <api> <library>`.
 * Each call stands below a workflow that has its name.
 */

const { createRequire } = require('node:module')
const path = require('node:path')
const { Provider } = require('../clients/provider')

const [, , api, library] = process.argv
const isOurs = api === 'spanlane'
/** Where packages come from that are no part of this one. */
const load = process.env.CALLS_FOLDER
  ? createRequire(path.join(process.env.CALLS_FOLDER, 'package.json'))
  : require

const llmobs = isOurs
  ? require('../..').llmobs.init({ outsideContexts: 'default' })
  : require(process.env.COMPARED_DD_TRACE ?? 'dd-trace').init().llmobs

const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }
const PARAMETERS = { type: 'object', properties: { city: { type: 'string' } } }
const TOOL = {
  type: 'function',
  function: { name: 'weather', description: 'of a city', parameters: PARAMETERS }
}
const USAGE = {
  prompt_tokens: 21,
  completion_tokens: 9,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 }
}
const COMPLETION = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o-2024-08-06' }
const CHUNK = { ...COMPLETION, object: 'chat.completion.chunk' }
const choice = (/** @type {any} */ message, reason = 'stop') => ({
  index: 0,
  message: { role: 'assistant', content: null, ...message },
  finish_reason: reason
})
const SUNNY = { json: { ...COMPLETION, choices: [choice({ content: 'It is sunny.' })], usage: USAGE } }
const CALLING = {
  json: { ...COMPLETION, choices: [choice({ tool_calls: [CALL] }, 'tool_calls')], usage: USAGE }
}
const delta = (/** @type {any} */ delta, reason = null) => ({
  ...CHUNK,
  choices: [{ index: 0, delta, finish_reason: reason }]
})
const FLOWING = {
  events: [
    delta({ role: 'assistant', content: '' }),
    delta({ content: 'It is ' }),
    delta({ content: 'sunny.' }),
    delta({}, /** @type {any} */ ('stop')),
    { ...CHUNK, choices: [], usage: USAGE }
  ]
}
const REFUSED = { status: 400, json: { error: { type: 'invalid', message: 'no such model' } } }
const MESSAGES = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'And Paris?' }
]
const WITH_TOOLS = [
  ...MESSAGES,
  { role: 'assistant', content: null, tool_calls: [CALL] },
  { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }
]
const PICTURE = [
  { type: 'text', text: 'What is it?' },
  { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
]
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5-2025-08-07',
  status: 'completed',
  error: null,
  instructions: null,
  tool_choice: 'auto',
  truncation: 'disabled',
  text: { format: { type: 'text' } },
  output: [
    { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hmmm.' }] },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'It is sunny.' }]
    }
  ],
  usage: {
    input_tokens: 21,
    output_tokens: 9,
    total_tokens: 30,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens_details: { reasoning_tokens: 2 }
  }
}

/** @typedef {{ answers: any[], call: (client: any) => any }} Case */

/** @type {Record<string, Case>} */
const OPENAI = {
  chat: {
    answers: [SUNNY],
    call: client =>
      client.chat.completions.create({ model: 'gpt-4o', messages: WITH_TOOLS, temperature: 0.5 })
  },
  'chat with tools': {
    answers: [CALLING],
    call: client => client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES, tools: [TOOL] })
  },
  'chat with a picture': {
    answers: [SUNNY],
    call: client =>
      client.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: PICTURE }] })
  },
  'chat as a stream': {
    answers: [FLOWING],
    call: client => client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES, stream: true })
  },
  'chat refused': {
    answers: [REFUSED],
    call: client => client.chat.completions.create({ model: 'gpt-4o', messages: MESSAGES })
  },
  response: {
    answers: [{ json: RESPONSE }],
    call: client =>
      client.responses.create({
        model: 'gpt-5',
        instructions: 'Be brief.',
        input: [
          { role: 'user', content: 'And Paris?' },
          RESPONSE.output[1],
          { type: 'function_call_output', call_id: 'call_1', output: 'sunny' }
        ],
        tools: [{ type: 'function', name: 'weather', description: 'of a city', parameters: PARAMETERS }],
        max_output_tokens: 100
      })
  },
  'response with a prompt': {
    answers: [{ json: RESPONSE }],
    call: client =>
      client.responses.create({
        model: 'gpt-5',
        input: 'And Paris?',
        prompt: { id: 'pmpt_1', version: '2', variables: { city: 'Paris' } }
      })
  },
  embeddings: {
    answers: [
      {
        json: {
          object: 'list',
          model: 'text-embedding-3-small',
          data: [{ embedding: [0.5, 0.25] }, { embedding: [1, 2] }],
          usage: { prompt_tokens: 5, total_tokens: 5 }
        }
      }
    ],
    call: client =>
      client.embeddings.create({
        model: 'text-embedding-3-small',
        input: ['one', 'two'],
        encoding_format: 'float'
      })
  }
}

const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-test-20260101',
  content: [
    { type: 'thinking', thinking: 'Hmmm.', signature: 'c2ln' },
    { type: 'text', text: 'It is sunny.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } }
  ],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: {
    input_tokens: 13,
    output_tokens: 9,
    cache_creation_input_tokens: 5,
    cache_read_input_tokens: 4,
    cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 }
  }
}
const MESSAGE_EVENTS = [
  { type: 'message_start', message: { ...MESSAGE, content: [], stop_reason: null } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'It is ' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'sunny.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' }
]
const ASKED = { model: 'claude-test', max_tokens: 100, messages: [MESSAGES[1]] }

/** @type {Record<string, Case>} */
const ANTHROPIC = {
  message: {
    answers: [{ json: MESSAGE }],
    call: client =>
      client.messages.create({
        ...ASKED,
        system: 'Be brief.',
        temperature: 0.5,
        tools: [{ name: 'weather', description: 'of a city', input_schema: PARAMETERS }],
        messages: [
          MESSAGES[1],
          { role: 'assistant', content: [MESSAGE.content[2]] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'sunny' }] }
        ]
      })
  },
  'message as a stream': {
    answers: [{ events: MESSAGE_EVENTS }],
    call: client => client.messages.create({ ...ASKED, stream: true })
  },
  'message refused': { answers: [REFUSED], call: client => client.messages.create(ASKED) }
}

const OPENAI_URL = 'https://api.openai.com/v1'
const ANTHROPIC_URL = 'https://api.anthropic.com'

/** Sends what goes to the real host to the local one: the provider's name follows from the host. @param {string} url */
function fetchAt(url) {
  return (/** @type {any} */ input, /** @type {any} */ init) => {
    const { pathname } = new URL(typeof input === 'string' ? input : input.url)
    return fetch(new URL(pathname, url), init)
  }
}

/** @type {Record<string, { cases: Record<string, Case>, open: (url: string) => any }>} */
const LIBRARIES = {
  openai: {
    cases: OPENAI,
    open(url) {
      const { OpenAI } = require('openai')
      const client = new OpenAI({ apiKey: 'none', baseURL: OPENAI_URL, fetch: fetchAt(url), maxRetries: 0 })
      return isOurs ? require('../../openai').observe(client) : client
    }
  },
  anthropic: {
    cases: ANTHROPIC,
    open(url) {
      const { Anthropic } = require('@anthropic-ai/sdk')
      const client = new Anthropic({
        apiKey: 'none',
        baseURL: ANTHROPIC_URL,
        fetch: fetchAt(url),
        maxRetries: 0
      })
      return isOurs ? require('../../anthropic').observe(client) : client
    }
  },
  langchain: {
    cases: {
      chain: { answers: [SUNNY], call: chain => chain() }
    },
    open() {
      const { ChatPromptTemplate } = require('@langchain/core/prompts')
      const { RunnableLambda, RunnableSequence } = require('@langchain/core/runnables')
      const { FakeListChatModel } = require('@langchain/core/utils/testing')
      const { SpanlaneCallbackHandler } = require('../../langchain')
      const chain = RunnableSequence.from([
        ChatPromptTemplate.fromMessages([['user', '{question}']]),
        new FakeListChatModel({ responses: ['It is sunny.'] }),
        RunnableLambda.from(async (/** @type {any} */ message) => message.content)
      ])
      const callbacks = isOurs ? [new SpanlaneCallbackHandler()] : []
      return () => chain.invoke({ question: 'And Paris?' }, { callbacks })
    }
  },
  'openai-agents': {
    cases: {
      'a run with a tool': {
        answers: [CALLING, SUNNY],
        call: ({ run, agent }) => run(agent(), 'And Paris?')
      },
      'a run that is refused': { answers: [REFUSED], call: ({ run, agent }) => run(agent(), 'And Paris?') }
    },
    open(url) {
      const { Agent, OpenAIChatCompletionsModel, addTraceProcessor, run, tool } = load('@openai/agents')
      const { OpenAI } = load('openai')
      const client = new OpenAI({ apiKey: 'none', baseURL: OPENAI_URL, fetch: fetchAt(url), maxRetries: 0 })
      if (isOurs) {
        const { SpanlaneTracingProcessor } = require('../../openai-agents')
        addTraceProcessor(new SpanlaneTracingProcessor())
      }
      const weather = tool({
        name: 'weather',
        description: 'of a city',
        parameters: { ...PARAMETERS, required: ['city'], additionalProperties: false },
        execute: async () => 'sunny'
      })
      const agent = () =>
        new Agent({
          name: 'helper',
          instructions: 'Be brief.',
          model: new OpenAIChatCompletionsModel(client, 'gpt-4o'),
          tools: [weather]
        })
      return { run, agent }
    }
  },
  ai: {
    cases: {
      generateText: { answers: [], call: ({ generateText, options }) => generateText(options) },
      streamText: {
        answers: [],
        call: async ({ streamText, options }) => {
          for await (const _ of streamText(options).textStream);
        }
      }
    },
    open() {
      const { generateText, simulateReadableStream, streamText } = load('ai')
      const { MockLanguageModelV2, MockLanguageModelV3 } = load('ai/test')
      const isOld = MockLanguageModelV3 === undefined
      const usage = isOld
        ? { inputTokens: 21, outputTokens: 9, totalTokens: 30, cachedInputTokens: 4, reasoningTokens: 2 }
        : {
            inputTokens: { total: 21, noCache: 17, cacheRead: 4 },
            outputTokens: { total: 9, text: 7, reasoning: 2 }
          }
      const finishReason = isOld ? 'stop' : { unified: 'stop', raw: 'stop' }
      const chunks = [
        { type: 'stream-start', warnings: [] },
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: 'It is sunny.' },
        { type: 'text-end', id: '1' },
        { type: 'finish', finishReason, usage }
      ]
      const model = new (MockLanguageModelV3 ?? MockLanguageModelV2)({
        provider: 'openai.chat',
        modelId: 'gpt-4o',
        doGenerate: async () => ({
          content: [{ type: 'text', text: 'It is sunny.' }],
          finishReason,
          usage,
          warnings: []
        }),
        doStream: async () => ({ stream: simulateReadableStream({ chunks }) })
      })
      if (isOurs) {
        const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
        const { SpanlaneSpanProcessor } = require('../../opentelemetry')
        new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] }).register()
      }
      const options = {
        model,
        system: 'Be brief.',
        prompt: 'And Paris?',
        temperature: 0.5,
        experimental_telemetry: { isEnabled: true }
      }
      return { generateText, streamText, options }
    }
  }
}

async function main() {
  const provider = await new Provider().listen()
  const { cases, open } = LIBRARIES[library]
  const client = open(provider.url)
  for (const [name, { answers, call }] of Object.entries(cases)) {
    provider.answers = [...answers]
    await llmobs.trace({ kind: 'workflow', name }, async () => {
      try {
        const result = await call(client)
        if (typeof result?.[Symbol.asyncIterator] === 'function') for await (const _ of result);
      } catch (error) {
        if (!/refused$/.test(name)) throw error
      }
    })
  }
  provider.close()
}

main()
