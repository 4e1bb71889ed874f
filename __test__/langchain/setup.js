'use strict'

const { context, trace } = require('@opentelemetry/api')
const { BaseCallbackHandler } = require('@langchain/core/callbacks/base')
const { ChatPromptTemplate } = require('@langchain/core/prompts')
const { RunnableLambda, RunnableSequence } = require('@langchain/core/runnables')
const { FakeListChatModel } = require('@langchain/core/utils/testing')

const SCOPE = '@arizeai/openinference-instrumentation-langchain'
const RUNS = 40
/** The sequence, the prompt, the model, the function. */
const SPANS = 4
const TENANTS = Object.fromEntries(
  ['acme', 'globex', 'initech', 'umbrella'].map((tenant, index) => [
    tenant,
    { ddApiKey: 'abcd'[index].repeat(32), ddSite: index % 2 ? 'us5.datadoghq.com' : 'datadoghq.eu', tenant }
  ])
)
const PLACES = Object.fromEntries(
  Object.entries(TENANTS).map(([tenant, { ddApiKey, ddSite }]) => [tenant, { key: ddApiKey, site: ddSite }])
)

/**
 * What the published instrumentations do: a span for each run, started in a handler below the span of the run above, and
 * told at its end what it was.
 */
class OtelHandler extends BaseCallbackHandler {
  name = 'otel_handler'
  #tracer
  #spans = new Map()

  /** @param {any} tracer */
  constructor(tracer) {
    super()
    this.#tracer = tracer
  }

  copy() {
    return this
  }

  #start(kind, name, input, runId, parentRunId, metadata) {
    const above = this.#spans.get(parentRunId)?.span
    const span = this.#tracer.startSpan(
      name,
      {},
      above ? trace.setSpan(context.active(), above) : context.active()
    )
    this.#spans.set(runId, { span, kind, input, metadata })
  }

  #end(output, runId) {
    const { span, kind, input, metadata } = this.#spans.get(runId)
    this.#spans.delete(runId)
    span.setAttributes({
      'openinference.span.kind': kind,
      'input.value': JSON.stringify(input),
      'output.value': JSON.stringify(output),
      metadata: JSON.stringify(metadata)
    })
    span.end()
  }

  handleChainStart(chain, inputs, runId, parentRunId, _tags, metadata, _type, name) {
    this.#start('CHAIN', name ?? chain.id.at(-1), inputs, runId, parentRunId, metadata)
  }

  handleChainEnd(outputs, runId) {
    this.#end(outputs, runId)
  }

  handleChatModelStart(llm, messages, runId, parentRunId, _extra, _tags, metadata, name) {
    this.#start('LLM', name ?? llm.id.at(-1), messages, runId, parentRunId, metadata)
  }

  handleLLMEnd(result, runId) {
    this.#end(result.generations[0][0].text, runId)
  }
}

/** A prompt, a model that takes its time, and a function. */
function chain() {
  return RunnableSequence.from([
    ChatPromptTemplate.fromMessages([
      ['system', 'You are helpful.'],
      ['user', '{question}']
    ]),
    new FakeListChatModel({ responses: ['It is sunny.'], sleep: 3 }),
    RunnableLambda.from(async message => {
      await new Promise(resolve => setTimeout(resolve, 2))
      return message.content
    }).withConfig({ runName: 'parse' })
  ])
}

/** Waits until LangChain's queue is empty. */
async function awaitQueue() {
  const { awaitAllCallbacks } = require('@langchain/core/callbacks/promises')
  await awaitAllCallbacks()
}

/**
 * Forty runs of four tenants at once.
 *
 * @param {any} llmobs
 * @param {any} handler
 */
async function runAll(llmobs, handler) {
  const names = Object.keys(TENANTS)
  const runs = Array.from({ length: RUNS }, async (_, index) => {
    const owner = names[index % names.length]
    const config = { callbacks: [handler], metadata: { owner }, runName: `run ${index}` }
    return llmobs.withRoutingContext(TENANTS[owner], () =>
      chain().invoke({ question: `of ${owner} ${index}` }, config)
    )
  })
  const answers = await Promise.all(runs)
  if (answers.some(answer => answer !== 'It is sunny.')) throw new Error(`wrong answers: ${answers}`)
  await awaitQueue()
  await llmobs.flush()
}

module.exports = { OtelHandler, PLACES, RUNS, SCOPE, SPANS, TENANTS, awaitQueue, runAll }
