'use strict'

// The Vercel AI SDK with the span processor, with our tracer, or by its diagnostics channel: answers of two steps with a tool
// between, read in another tenant's context, with a model of its own test kit.

const { pathToFileURL } = require('node:url')
const { createTracer, observe } = require('../../ai')
const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict } = require('./world')

const major = Number((process.env.INSTRUMENTATION_VERSION ?? '').split('.')[0])
/** `processor`, `tracer` or `channel`. */
const WAY = process.env.INSTRUMENTATION_WAY ?? 'processor'
/** One call of the model for each step, and the tool. */
const MODEL_CALLS = 2
const find = (/** @type {string} */ name) => import(pathToFileURL(load.resolve(name)).href)

/** Its usage is told in another shape since version 6. */
const USAGE =
  major === 5
    ? { inputTokens: 3, outputTokens: 2, totalTokens: 5 }
    : { inputTokens: { total: 3, noCache: 3 }, outputTokens: { total: 2, text: 2 } }
const reason = (/** @type {string} */ unified) => (major === 5 ? unified : { unified, raw: unified })

/** @param {any} options of a call @returns {any[]} what the model says: first it asks for the tool, then it repeats the question */
function answerOf({ prompt }) {
  const question = prompt.find((/** @type {any} */ { role }) => role === 'user').content[0].text
  const isAnswered = prompt.some((/** @type {any} */ { role }) => role === 'tool')
  if (isAnswered) return [{ type: 'text', text: question }]
  const input = JSON.stringify({ question })
  return [{ type: 'tool-call', toolCallId: `c-${question}`, toolName: 'lookUp', input }]
}

/** @param {any} kit @returns {any} a model that takes its time */
function modelOf(kit) {
  const names = Object.keys(kit).filter(name => name.startsWith('MockLanguageModelV'))
  const Model = kit[names.sort().at(-1) ?? '']
  return new Model({
    async doGenerate(/** @type {any} */ options) {
      await new Promise(resolve => setTimeout(resolve, 3))
      const content = answerOf(options)
      const finishReason = reason(content[0].type === 'text' ? 'stop' : 'tool-calls')
      return { content, finishReason, usage: USAGE, warnings: [] }
    },
    async doStream(/** @type {any} */ options) {
      const [part] = answerOf(options)
      const isText = part.type === 'text'
      const parts = isText
        ? [
            { type: 'text-start', id: '1' },
            { type: 'text-delta', id: '1', delta: part.text },
            { type: 'text-end', id: '1' }
          ]
        : [part]
      const chunks = [
        { type: 'stream-start', warnings: [] },
        ...parts,
        { type: 'finish', finishReason: reason(isText ? 'stop' : 'tool-calls'), usage: USAGE }
      ]
      return { stream: kit.simulateReadableStream({ chunks, chunkDelayInMs: 1, initialDelayInMs: 1 }) }
    }
  })
}

/**
 * @param {any} llmobs
 * @param {any} ai
 * @returns {Promise<{ telemetry: Record<string, any>, end: () => unknown }>} telemetry: options of each call
 */
async function instrument(llmobs, ai) {
  if (WAY === 'channel') return { telemetry: {}, end: observe({ llmobs }) }
  const settings = { isEnabled: true, functionId: 'answer' }
  if (WAY === 'tracer') {
    const tracer = createTracer({ llmobs })
    return { telemetry: { experimental_telemetry: { ...settings, tracer } }, end: () => {} }
  }
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  provider.register()
  if (major >= 7) ai.registerTelemetry(new (await find('@ai-sdk/otel')).OpenTelemetry())
  const telemetry = major >= 7 ? { telemetry: settings } : { experimental_telemetry: settings }
  return { telemetry, end: () => provider.shutdown() }
}

async function main() {
  const { intake, llmobs } = await openWorld()
  const ai = await find('ai')
  const kit = await find('ai/test')
  const { telemetry, end } = await instrument(llmobs, ai)
  const inputSchema = ai.jsonSchema({ type: 'object', properties: { question: { type: 'string' } } })
  const lookUp = ai.tool({
    description: 'looks it up',
    inputSchema,
    execute: async (/** @type {any} */ { question }) => `nothing of ${question}`
  })
  await runAll(llmobs, async (name, index) => {
    const options = {
      model: modelOf({
        ...kit,
        simulateReadableStream: ai.simulateReadableStream ?? kit.simulateReadableStream
      }),
      prompt: textOf(name),
      tools: { lookUp },
      stopWhen: ai.stepCountIs(3),
      ...telemetry
    }
    const other = routeOf(NAMES[(index + 1) % NAMES.length])
    if (index % 2 === 0) {
      const answer = ai.generateText(options)
      return llmobs.withRoutingContext(other, async () => void (await answer))
    }
    const { textStream } = ai.streamText(options)
    return llmobs.withRoutingContext(other, async () => {
      for await (const _ of textStream) await null
    })
  })
  await new Promise(resolve => setTimeout(resolve, 200))
  await llmobs.flush()
  const found = verdict(intake)
  const ofKind = (/** @type {string} */ kind) =>
    intake.spans().filter(span => span.meta['span.kind'] === kind)
  const calls = ofKind('llm')
  tell(found, {
    'every call of a model': calls.length === MODEL_CALLS * RUNS,
    'every call of a tool': ofKind('tool').length === RUNS,
    'a trace for each call': found.traces === RUNS,
    'each says whose it is': [...calls, ...ofKind('tool')].every(span =>
      /text-of-/.test(JSON.stringify(span))
    ),
    'each has its tokens': calls.every(
      ({ metrics }) => metrics.input_tokens === 3 && metrics.output_tokens === 2
    ),
    'nothing goes on': llmobs.stats().openSpans === 0
  })
  await llmobs.shutdown()
  await end()
  await intake.close()
}

main()
