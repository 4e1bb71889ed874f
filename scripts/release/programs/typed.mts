import { createLLMObs, type LLMObs, type RouteInput } from 'spanlane'
import { startIntake } from 'spanlane/testing'

const route: RouteInput = { ddApiKey: 'f'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' }

export async function answer(): Promise<number> {
  const intake = await startIntake()
  const llmobs: LLMObs = createLLMObs({ mlApp: 'rehearsal', intakeUrl: intake.url })
  // @ts-expect-error: a key is text
  llmobs.routingContext({ ddApiKey: 7 })
  return llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task' }, () => 7))
}
