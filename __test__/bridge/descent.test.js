'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()

/**
 * What a span inherited, in words that are the same whoever made it.
 *
 * @param {any[]} spans of one tenant
 * @param {'bridge' | 'sdk'} by
 * @returns {Record<string, any>} by name
 */
function inherited(spans, by) {
  const own = spans.filter(span => span.name.startsWith(`${by} `))
  const nameOf = (/** @type {string} */ id) =>
    own.find(span => span.span_id === id)?.name.slice(by.length + 1)
  const root = (/** @type {any} */ span) =>
    own.find(({ trace_id, parent_id }) => trace_id === span.trace_id && parent_id === 'undefined')
  return Object.fromEntries(
    own.map(span => [
      nameOf(span.span_id),
      {
        parent: nameOf(span.parent_id) ?? span.parent_id,
        trace: nameOf(root(span).span_id),
        mlApp: span.tags.filter((/** @type {string} */ tag) => tag.startsWith('ml_app:')),
        agent: nameOf(span.meta.agent_attribution?.pagent_span_id),
        sampling: [span._dd.sample_rate, span._dd.sampling_decision],
        // With dd-trace all traces of a tenant in one APM trace share a session.
        session: Number.parseInt(nameOf(span.span_id), 10) % 2 === 1 ? span.session_id : undefined
      }
    ])
  )
}

test.each(['1', '22'])('the bridge and the SDK let spans descend by one rule: seed %s', async seed => {
  const { intake } = await run('descent', { args: [seed] })
  let compared = 0
  for (const key of [KEYS.acme, KEYS.globex]) {
    const spans = intake.spans({ key })
    const bySdk = inherited(spans, 'sdk')
    compared += Object.keys(bySdk).length
    expect(inherited(spans, 'bridge')).toEqual(bySdk)
  }
  expect(compared).toBeGreaterThan(60)
})
