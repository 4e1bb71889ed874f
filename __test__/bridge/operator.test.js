'use strict'

const { programs } = require('./setup')

const { run } = programs()

/** @param {any} agent @param {string} text */
const isInApm = (agent, text) => agent.pathsWith(text).some(path => path.includes('traces'))

test.each(['keep', 'remove'])('apmGenAiTags "%s"', async choice => {
  const { agent, facts, spans } = await run('operator', { args: [choice] })
  expect(spans.acme.meta.model_name).toBe('model of acme')
  expect(spans.acme.session_id).toBe('session of acme')
  // Never in APM: what a tenant's model was asked.
  expect(isInApm(agent, 'prompt of acme')).toBe(false)
  // What the application itself said about its APM span stays, and so does dd-trace's marker (none in 5.83).
  expect(isInApm(agent, 'set for acme')).toBe(true)
  expect(isInApm(agent, '_dd.llmobs.submitted')).toBe(!facts.version.startsWith('5.83.'))
  // Later versions write these.
  const isWritten = isInApm(agent, 'model of ours')
  expect(isWritten).toBe(!/^5\.(83|100|123)\./.test(facts.version))
  expect(isInApm(agent, 'model of acme')).toBe(choice === 'keep' && isWritten)
  expect(isInApm(agent, 'session of acme')).toBe(choice === 'keep' && isWritten)
})
