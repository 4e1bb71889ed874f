// Forty calls of four tenants at once, in steps with a tool, each read by the next tenant.

import { ai, intake, kit, llmobs, models, observe, tell } from './world.mjs'

const { modelOf, weather } = models
const NAMES = ['acme', 'globex', 'initech', 'umbrella']
const routeOf = index => ({
  ddApiKey: 'abcd'[index % 4].repeat(32),
  ddSite: 'datadoghq.eu',
  tenant: NAMES[index % 4]
})
observe({ llmobs })
const tools = weather(ai, async ({ city }) => `sunny in ${city}`)
const runs = Array.from({ length: 40 }, (_, index) => {
  const options = {
    model: modelOf(kit),
    prompt: `of ${NAMES[index % 4]} ${index}`,
    tools,
    stopWhen: ai.stepCountIs(3)
  }
  const begin = () => (index % 8 < 4 ? ai.generateText(options) : ai.streamText(options))
  const result = llmobs.withRoutingContext(routeOf(index), begin)
  return llmobs.withRoutingContext(routeOf(index + 1), async () => (await result).text)
})
const texts = await Promise.all(runs)
while (llmobs.stats().openSpans > 0) await new Promise(resolve => setImmediate(resolve))
await llmobs.flush()
const spans = Object.fromEntries(
  NAMES.map((name, index) => [name, intake.spans({ key: routeOf(index).ddApiKey })])
)
await tell({ texts, byTenant: spans })
