// Everything that version 7 does, one after the other, each in a workflow with a name that the test finds it by.

import { ACME, ai, GLOBEX, kit, llmobs, models, observe, tell } from './world.mjs'

const { embeddingModel, failingModel, modelOf, weather } = models
const end = observe({ llmobs })
const facts = { returned: {} }
const schema = ai.jsonSchema({ type: 'object', properties: { answer: { type: 'string' } } })
const STEPS = { stopWhen: ai.stepCountIs(3) }
const model = modelOf(kit)
const traced = name => llmobs.trace({ kind: 'task', name }, () => 'sunny')

/** @param {string} name @param {() => unknown} fn in the context of a tenant */
const run = (name, fn) => llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'workflow', name }, fn))

/** As another tenant. @param {any} stream */
const read = stream =>
  llmobs.withRoutingContext(GLOBEX, async () => {
    const parts = []
    for await (const part of stream) parts.push(part)
    return parts
  })

await run('text', async () => {
  const { text } = await ai.generateText({
    model: modelOf(kit, { inside: () => traced('in the model') }),
    instructions: 'Be nice.',
    prompt: 'Paris',
    temperature: 0.5,
    tools: weather(ai, () => traced('in the tool')),
    runtimeContext: { sessionId: 's1', plan: 'gold', password: 'secret' },
    telemetry: { functionId: 'answer', includeRuntimeContext: { sessionId: true, plan: true } },
    headers: { authorization: 'secret' },
    providerOptions: { openai: { key: 'secret' } },
    ...STEPS
  })
  facts.returned.text = text
})
await run('stream', async () => {
  const tools = weather(ai, () => traced('in the tool of a stream'))
  const result = ai.streamText({ model, prompt: 'Rome', tools, ...STEPS })
  facts.returned.stream = (await read(result.textStream)).join('')
  facts.returned.usage = (await result.totalUsage).inputTokens
})
await run('objects', async () => {
  await ai.generateObject({ model, prompt: 'Oslo', schema, telemetry: { functionId: 'object' } })
  const { partialObjectStream } = ai.streamObject({ model, prompt: 'Bern', schema })
  await read(partialObjectStream)
})
await run('vectors', async () => {
  await ai.embed({ model: embeddingModel(kit), value: 'd' })
  await ai.embedMany({ model: embeddingModel(kit), values: ['a', 'b', '3'] })
  const doRerank = async () => ({ ranking: [{ index: 1, relevanceScore: 0.9 }], warnings: [] })
  await ai.rerank({
    model: new kit.MockRerankingModelV4({ doRerank }),
    query: 'which?',
    documents: ['x', 'y']
  })
})
await run('errors', async () => {
  const settings = { model: failingModel(kit, new RangeError('no model')), prompt: 'Paris', maxRetries: 0 }
  facts.returned.rejected = await ai.generateText(settings).catch(({ name }) => name)
  await ai.streamText({ ...settings, onError() {} }).consumeStream()
  await ai.generateObject({ ...settings, schema }).catch(() => {})
  const tools = weather(ai, () => {
    throw new TypeError('no weather')
  })
  await ai.generateText({ model, prompt: 'Paris', tools, ...STEPS })
})
await run('aborted', async () => {
  const stop = new AbortController()
  const { fullStream } = ai.streamText({
    model: modelOf(kit, { never: true }),
    prompt: 'Paris',
    abortSignal: stop.signal
  })
  for await (const { type } of fullStream) if (type === 'text-delta') stop.abort()
  const given = new AbortController()
  given.abort()
  const aborted = failingModel(kit, given.signal.reason)
  await ai.generateText({ model: aborted, prompt: 'Paris', abortSignal: given.signal }).catch(() => {})
})
await run('quiet', async () => {
  const telemetry = { recordInputs: false, recordOutputs: false }
  await ai.generateText({ model, prompt: 'secret', telemetry })
  await ai.streamText({ model, prompt: 'secret', telemetry }).consumeStream()
  await ai.generateText({ model, prompt: 'secret', telemetry: { isEnabled: false } })
})
await run('own callbacks', () =>
  ai.streamText({ model, prompt: 'Paris', telemetry: { integrations: [{}] } }).consumeStream()
)
await llmobs.withRoutingContext({ ...ACME, captureContent: false }, () =>
  llmobs.trace({ kind: 'workflow', name: 'no content' }, () =>
    ai.generateText({
      model,
      prompt: 'secret',
      tools: weather(ai, () => 'secret'),
      runtimeContext: { sessionId: 's2' },
      telemetry: { includeRuntimeContext: { sessionId: true } },
      ...STEPS
    })
  )
)
end()
await run('ended', () => ai.generateText({ model, prompt: 'Paris' }))
await tell(facts)
