const { createLLMObs } = require('spanlane')
const { startIntake } = require('spanlane/testing')

const KEY = 'f'.repeat(32)

async function main() {
  const intake = await startIntake()
  const llmobs = createLLMObs({ mlApp: 'rehearsal', intakeUrl: intake.url })
  const returned = llmobs.withRoutingContext({ ddApiKey: KEY, ddSite: 'datadoghq.eu', tenant: 'acme' }, () =>
    llmobs.trace({ kind: 'task', name: 'installed' }, () => 7)
  )
  await llmobs.flush()
  const spans = intake.spans().map(({ name }) => name)
  await llmobs.shutdown()
  await intake.close()
  console.log(JSON.stringify({ enabled: llmobs.enabled, returned, spans }))
}

main()
