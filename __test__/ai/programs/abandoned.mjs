// Streams that nobody reads to their end. Run with --expose-gc.

import { ACME, ai, kit, llmobs, models, observe, tell } from './world.mjs'

observe({ llmobs })
await llmobs.withRoutingContext(ACME, async () => {
  const { textStream } = ai.streamText({ model: models.modelOf(kit, { never: true }), prompt: 'Paris' })
  for await (const _ of textStream) break
})
const before = llmobs.stats().openSpans
for (let round = 0; round < 200 && llmobs.stats().openSpans > 0; round++) {
  globalThis.gc()
  await new Promise(resolve => setTimeout(resolve, 10))
}
await tell({ before })
