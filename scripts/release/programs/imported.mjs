import { createLLMObs } from 'spanlane'
import { startIntake } from 'spanlane/testing'

const intake = await startIntake()
const llmobs = createLLMObs({ mlApp: 'rehearsal', intakeUrl: intake.url })
const route = { ddApiKey: 'f'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' }
const returned = llmobs.withRoutingContext(route, () =>
  llmobs.trace({ kind: 'task', name: 'installed' }, () => 7)
)
await llmobs.flush()
const spans = intake.spans().map(({ name }) => name)
await llmobs.shutdown()
await intake.close()
console.log(JSON.stringify({ enabled: llmobs.enabled, returned, spans }))
