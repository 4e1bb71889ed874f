'use strict'

// Forty runs of four tenants through LangChain, by our handler or by an instrumentation of OpenTelemetry.

const { SpanlaneCallbackHandler } = require('../../langchain')
const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { RUNS, load, openWorld, runAll, tell, textOf, verdict } = require('./world')

/** `handler`, `openinference`, `traceloop` or `langfuse`. */
const WAY = process.env.INSTRUMENTATION_WAY ?? 'handler'
/** Of one run. Some leave the prompt out. */
const SPANS = Number(process.env.INSTRUMENTATION_SPANS ?? 4)
/** Whether LangChain was told to run its handlers in its queue. */
const IS_UNSAFE = process.env.LANGCHAIN_CALLBACKS_BACKGROUND === 'true' && WAY !== 'handler'

/** @param {any} llmobs @returns {any[]} callbacks */
function instrument(llmobs) {
  if (WAY === 'handler') return [new SpanlaneCallbackHandler({ llmobs })]
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  provider.register()
  const callbackManagerModule = load('@langchain/core/callbacks/manager')
  if (WAY === 'langfuse') {
    const { CallbackHandler } = load('@langfuse/langchain')
    return [new CallbackHandler()]
  }
  if (WAY === 'openinference') {
    const { LangChainInstrumentation } = load('@arizeai/openinference-instrumentation-langchain')
    const instrumentation = new LangChainInstrumentation({ tracerProvider: provider })
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument(callbackManagerModule)
    return []
  }
  const { LangChainInstrumentation } = load('@traceloop/instrumentation-langchain')
  const instrumentation = new LangChainInstrumentation()
  instrumentation.setTracerProvider(provider)
  instrumentation.manuallyInstrument({ callbackManagerModule })
  return []
}

/** A prompt, a model that takes its time, a function; or the same in a graph. */
function makeChain() {
  const { RunnableLambda, RunnableSequence } = load('@langchain/core/runnables')
  const { ChatPromptTemplate } = load('@langchain/core/prompts')
  const { FakeListChatModel } = load('@langchain/core/utils/testing')
  const prompt = ChatPromptTemplate.fromMessages([['user', '{question}']])
  const model = new FakeListChatModel({ responses: ['sunny'], sleep: 3 })
  const parse = RunnableLambda.from(async (/** @type {any} */ message) => message.content)
  const sequence = RunnableSequence.from([prompt, model, parse])
  if (process.env.INSTRUMENTATION_GRAPH !== 'true') return { chain: sequence, least: SPANS * RUNS }
  const { Annotation, END, START, StateGraph } = load('@langchain/langgraph')
  const State = Annotation.Root({ question: Annotation(), answer: Annotation() })
  const graph = new StateGraph(State)
    .addNode('ask', async (/** @type {any} */ state, /** @type {any} */ config) => ({
      answer: await sequence.invoke(state, config)
    }))
    .addEdge(START, 'ask')
    .addEdge('ask', END)
    .compile()
  return { chain: graph, least: 6 * RUNS }
}

async function main() {
  const { intake, llmobs } = await openWorld()
  const callbacks = instrument(llmobs)
  const { chain, least } = makeChain()
  await runAll(llmobs, name =>
    chain.invoke({ question: textOf(name) }, { callbacks, metadata: { owner: textOf(name) } })
  )
  const { awaitAllCallbacks } = load('@langchain/core/callbacks/promises')
  await awaitAllCallbacks()
  await llmobs.flush()
  const found = verdict(intake)
  const { droppedByReason } = llmobs.stats().total
  tell(found, {
    'every run, or none where the context is not safe': IS_UNSAFE ? found.spans === 0 : found.spans >= least,
    'what is not sent is counted': IS_UNSAFE
      ? (droppedByReason.unsafe_context ?? 0) >= least
      : Object.keys(droppedByReason).length === 0,
    'a trace for each run': IS_UNSAFE || WAY === 'traceloop' || found.traces === RUNS
  })
  await llmobs.shutdown()
  await intake.close()
}

main()
