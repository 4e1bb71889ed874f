'use strict'

// The Vercel AI SDK with the span processor: answers that are read in another tenant's context, with a model of its own
// test kit.

const { pathToFileURL } = require('node:url')
const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict } = require('./world')

const major = Number((process.env.INSTRUMENTATION_VERSION ?? '').split('.')[0])
const find = (/** @type {string} */ name) => import(pathToFileURL(load.resolve(name)).href)

/** Its usage is told in another shape since version 6. */
const USAGE =
  major === 5
    ? { inputTokens: 3, outputTokens: 2, totalTokens: 5 }
    : { inputTokens: { total: 3, noCache: 3 }, outputTokens: { total: 2, text: 2 } }

/** @param {any} kit @returns {any} a model that takes its time and says what it was asked */
function modelOf(kit) {
  const Model =
    kit[
      Object.keys(kit)
        .filter(name => name.startsWith('MockLanguageModelV'))
        .sort()
        .at(-1) ?? ''
    ]
  const finishReason = major === 5 ? 'stop' : { unified: 'stop', raw: 'stop' }
  const answerOf = (/** @type {any} */ { prompt }) =>
    prompt
      .at(-1)
      .content.map((/** @type {any} */ part) => part.text)
      .join('')
  return new Model({
    async doGenerate(/** @type {any} */ options) {
      await new Promise(resolve => setTimeout(resolve, 3))
      return {
        content: [{ type: 'text', text: answerOf(options) }],
        finishReason,
        usage: USAGE,
        warnings: []
      }
    },
    async doStream(/** @type {any} */ options) {
      const chunks = [
        { type: 'stream-start', warnings: [] },
        { type: 'text-start', id: '1' },
        { type: 'text-delta', id: '1', delta: answerOf(options) },
        { type: 'text-end', id: '1' },
        { type: 'finish', finishReason, usage: USAGE }
      ]
      return { stream: kit.simulateReadableStream({ chunks, chunkDelayInMs: 1, initialDelayInMs: 1 }) }
    }
  })
}

async function main() {
  const { intake, llmobs } = await openWorld()
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  provider.register()
  const { generateText, registerTelemetry, streamText } = await find('ai')
  const kit = await find('ai/test')
  if (major >= 7) {
    const { OpenTelemetry } = await find('@ai-sdk/otel')
    registerTelemetry(new OpenTelemetry())
  }
  const telemetry = { isEnabled: true, functionId: 'answer' }
  await runAll(llmobs, async (name, index) => {
    const options = {
      model: modelOf(kit),
      prompt: textOf(name),
      ...(major >= 7 ? { telemetry } : { experimental_telemetry: telemetry })
    }
    const other = routeOf(NAMES[(index + 1) % NAMES.length])
    if (index % 2 === 0) {
      const answer = generateText(options)
      return llmobs.withRoutingContext(other, async () => void (await answer))
    }
    const { textStream } = streamText(options)
    return llmobs.withRoutingContext(other, async () => {
      for await (const _ of textStream) await null
    })
  })
  await new Promise(resolve => setTimeout(resolve, 200))
  await llmobs.flush()
  const found = verdict(intake)
  tell(found, {
    'every call': found.spans >= 2 * RUNS,
    'a trace for each call': found.traces === RUNS,
    'each model call says whose it is':
      intake.spans().filter(span => span.meta['span.kind'] === 'llm').length === RUNS
  })
  await llmobs.shutdown()
  await provider.shutdown()
  await intake.close()
}

main()
