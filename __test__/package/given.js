'use strict'

// What a reader of the documents has beside what a block of code says: customers, a model, an application. A block is run
// in `with (given)`, so that what it names and does not declare is found here.

const ddApiKey = 'a'.repeat(32)
const ddSite = 'datadoghq.eu'
const tenant = 'acme'
const question = 'Where is my order?'

/** Speaks as OpenAI does. @type {(url: string, options: any) => Promise<Response>} */
const fetched = async (_url, { body }) =>
  Response.json({
    id: 'c1',
    object: 'chat.completion',
    model: JSON.parse(body).model,
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'On its way.' } }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }
  })

/** A model of the AI SDK, version 7. */
const model = {
  specificationVersion: 'v4',
  provider: 'openai.chat',
  modelId: 'gpt-5-mini',
  supportedUrls: {},
  doGenerate: async () => ({
    content: [{ type: 'text', text: 'On its way.' }],
    finishReason: { unified: 'stop', raw: 'stop' },
    usage: { inputTokens: { total: 7, noCache: 7 }, outputTokens: { total: 3, text: 3 } },
    warnings: []
  })
}

/** OpenAI's Agents SDK is installed by `npm run instrumentations`: here is what it asks of a processor. */
const agents = {
  processors: /** @type {any[]} */ ([]),
  addTraceProcessor: (/** @type {any} */ processor) => agents.processors.push(processor),
  run: async () => {
    const trace = { traceId: 'trace_1', name: 'support', type: 'trace' }
    const span = {
      traceId: 'trace_1',
      spanId: 'span_1',
      parentId: null,
      spanData: { type: 'agent', name: 'support' },
      startedAt: new Date().toISOString(),
      endedAt: new Date().toISOString(),
      error: null
    }
    for (const one of agents.processors) {
      await one.onTraceStart(trace)
      await one.onSpanStart(span)
      await one.onSpanEnd(span)
      await one.onTraceEnd(trace)
    }
  }
}

const STAND_INS = /** @type {Record<string, any>} */ ({ '@openai/agents': agents })

/** @param {NodeJS.Require} require of the program */
function givenTo(require) {
  const own = (/** @type {string} */ name) => STAND_INS[name] ?? require(name)
  const { llmobs } = require('spanlane')
  class OpenAI extends require('openai').OpenAI {
    constructor() {
      super({ apiKey: 'none', fetch: fetched })
    }
  }
  /** @type {((request: any, response: any, next: () => void) => void)[]} */
  const middlewares = []
  /** @type {Promise<unknown>[]} what a block begins and does not wait for */
  const pending = []
  const begun = (/** @type {Promise<unknown>} */ promise) => {
    pending.push(promise)
    return promise
  }
  return {
    require: own,
    llmobs,
    ddApiKey,
    ddSite,
    tenant,
    route: { ddApiKey, ddSite, tenant },
    customer: { ddApiKey, ddSite, name: tenant },
    customerOf: () => ({ ddApiKey, ddSite, name: tenant }),
    // Opens the process's own instance: not before a block does.
    get routes() {
      return new Map([[tenant, llmobs.route({ ddApiKey, ddSite, tenant })]])
    },
    question,
    prompt: question,
    input: { question },
    messages: [{ role: 'user', content: question }],
    session_id: 's1',
    model,
    agent: {},
    OpenAI,
    fn: () => llmobs.trace({ kind: 'task' }, () => {}),
    context: { traceId: '1'.repeat(32), spanId: '7' },
    options: { label: 'tone', metricType: 'score', value: 1 },
    test: (/** @type {string} */ _name, /** @type {() => Promise<unknown>} */ work) => begun(work()),
    ACME_KEY: ddApiKey,
    GLOBEX_KEY: 'b'.repeat(32),
    runTheApplication: async (/** @type {any} */ own) => {
      for (const [name, key] of Object.entries({ acme: ddApiKey, globex: 'b'.repeat(32) })) {
        own.withRoutingContext({ ddApiKey: key, tenant: name }, () =>
          own.annotationContext({ tags: { owner: name } }, () => own.trace({ kind: 'task' }, () => {}))
        )
      }
    },
    NodeTracerProvider: require('@opentelemetry/sdk-trace-node').NodeTracerProvider,
    callTheModel: async () => ({ text: 'On its way.', inputTokens: 7, outputTokens: 3 }),
    pending,
    generateText: (/** @type {any} */ settings) =>
      begun(import('ai').then(({ generateText }) => generateText(settings))),
    LoggerProvider: class {
      constructor(/** @type {{ processors: any[] }} */ { processors }) {
        for (const { onEmit } of processors)
          if (typeof onEmit !== 'function') throw new TypeError('no processor')
      }
    },
    SpanlaneSpanProcessor: require('spanlane/opentelemetry').SpanlaneSpanProcessor,
    ...agents,
    chain: {
      /** As a runnable of LangChain calls its handlers. */
      invoke: (/** @type {any} */ given, /** @type {any} */ options) => {
        const { RunnableLambda } = require('@langchain/core/runnables')
        return begun(RunnableLambda.from(async () => 'On its way.').invoke(given, options))
      }
    },
    app: { use: (/** @type {any} */ one) => middlewares.push(one) },
    middlewares,
    answer: async () => llmobs.trace({ kind: 'workflow', name: 'answer' }, () => 'On its way.')
  }
}

module.exports = { givenTo }
