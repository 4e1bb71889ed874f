// dd-trace is attached, and follows the AI SDK itself. Run with its loader.

import { createRequire } from 'node:module'

const { ACME, Log, bridge, init, llmobs, main, tracer } = createRequire(import.meta.url)(
  '../../bridge/programs/world'
)
const { createTracer, observe } = createRequire(import.meta.url)('../../../ai')
const models = createRequire(import.meta.url)('../models')

init()
const log = new Log()
bridge.attach(tracer, { logger: log })

main(async () => {
  // Only what is imported by its name is followed.
  const ai = await import('ai')
  const kit = await import('ai/test')
  observe()
  const own = createTracer()
  const isRecording = []
  await tracer.llmobs.routingContext(ACME, async () => {
    await ai.embed({ model: models.embeddingModel(kit), value: 'Paris' })
    own.startActiveSpan('ai.embed', span => isRecording.push(span.isRecording()))
  })
  await tracer.llmobs.flush()
  await llmobs.flush()
  return { log: log.lines, isRecording }
})
