import spanlane = require('spanlane')
import testing = require('spanlane/testing')

export async function answer(): Promise<number> {
  const intake = await testing.startIntake()
  const llmobs: spanlane.LLMObs = spanlane.createLLMObs({ mlApp: 'rehearsal', intakeUrl: intake.url })
  // @ts-expect-error: there is no such kind
  llmobs.startSpan({ kind: 'teapot' })
  return llmobs.trace({ kind: 'task' }, () => 7)
}
