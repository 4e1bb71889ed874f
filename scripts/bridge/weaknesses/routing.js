'use strict'

// Where tenants' data goes, and what it says about others.

const { KEY, delivered, placeOf } = require('./run')

/** @typedef {import('./run').Seen} Seen */

/** What a span that must know nothing of acme knows. @param {any} span @param {any} [ofAcme] */
function toldOf(span, ofAcme) {
  const told = ['app of acme', 'session of acme', 'agent of acme'].filter(text =>
    JSON.stringify(span).includes(text)
  )
  if (span.trace_id === ofAcme?.trace_id) told.push('trace id')
  if (span.parent_id === ofAcme?.span_id) told.push('parent id')
  return told.join(', ') || 'nothing'
}

/** @type {import('./run').Case[]} */
module.exports = [
  {
    row: 'W1 one key, two sites: where the us3 span went',
    scenario: 'two sites',
    judge: ({ intake }) =>
      [
        ...new Set(
          intake.requests
            .filter(({ site }) => intake.spans({ site }).some(({ name }) => name === 'for us3'))
            .map(({ site }) => site)
        )
      ].join(),
    isWeak: result => result !== 'us3.datadoghq.com',
    why: 'A buffer belongs to a key and a site.'
  },
  {
    row: 'W9 ddSite "x@evil.example"',
    scenario: 'evil site',
    judge: ({ facts, wanted }) => facts.code ?? `asked for ${[...new Set(wanted)].join()}`,
    isWeak: result => result.startsWith('asked'),
    why: 'Sites are checked against the known ones before fn runs.'
  },
  {
    row: 'W10 a number as ddApiKey',
    scenario: 'number as key',
    judge: seen => `${seen.facts.code ?? seen.end}, ${delivered(seen)} of the others`,
    isWeak: result => result.startsWith('code 1'),
    why: 'Keys are checked before fn runs; nothing is thrown in a timer.'
  },
  {
    row: 'W11 a key with a line break behind it',
    scenario: 'key from a file',
    judge: delivered,
    isWeak: result => result !== '1 delivered',
    why: 'Blanks around a key are trimmed.'
  },
  {
    row: 'W12 what dd-trace keeps of the key',
    scenario: 'key at rest',
    judge: ({ facts }) => (facts.kept === KEY.acme ? 'the key' : facts.kept),
    isWeak: result => result === 'the key',
    why: 'dd-trace holds a token; keys are in native memory.'
  },
  {
    row: 'W22 a span in a worker, its route sent along',
    scenario: 'worker',
    judge: seen => placeOf(seen, 'in a worker'),
    isWeak: result => result !== 'with the tenant',
    why: 'Routes travel as references; the worker still needs init and attach.'
  },
  {
    row: 'W22 a worker that ends itself after a span',
    scenario: 'worker ends itself',
    judge: delivered,
    isWeak: result => result !== '1 delivered',
    why: 'Events are in native memory of the process, not of the worker.'
  },
  {
    row: 'W23 a span whose context was lost (outsideContexts)',
    scenario: 'lost context',
    judge: seen => `${placeOf(seen, 'of acme')}${seen.facts.no_route === 1 ? ', counted as no_route' : ''}`,
    isWeak: result => result === 'with the platform',
    why: "outsideContexts: 'auto' refuses and counts it; bindRoutingContext carries the context."
  },
  {
    row: 'W24 an evaluation after the context',
    scenario: 'late evaluation',
    judge: ({ intake }) =>
      intake.evaluations({ key: KEY.acme }).length === 1 ? 'with its span' : 'with the platform',
    isWeak: result => result === 'with the platform',
    why: 'What exportSpan returns names the route.'
  },
  {
    row: 'W25 globex inside acme: what globex is told of acme',
    scenario: 'nesting',
    judge({ intake }) {
      const [inner] = intake.spans({ key: KEY.globex })
      const [outer] = intake.spans({ key: KEY.acme })
      if (inner === undefined || outer === undefined) return `${intake.counts.spans} of 2 delivered`
      return toldOf(inner, outer)
    },
    isWeak: result => result !== 'nothing',
    why: "A span below another tenant's is the root of its own trace."
  },
  {
    row: 'W26 DD_TAGS that a tenant receives',
    scenario: 'host tags',
    judge: ({ intake }) =>
      intake
        .spans({ key: KEY.acme })[0]
        .tags.filter((/** @type {string} */ tag) => tag.startsWith('rack'))
        .join() || 'none',
    isWeak: result => result !== 'none',
    why: 'Tenants see the DD_TAGS that tenantTags names.'
  },
  {
    row: "W27 the tenant's model in the operator's APM trace",
    scenario: 'operator',
    judge: ({ agent }) => (agent.body.includes('model of acme') ? 'yes' : 'no'),
    isWeak: result => result === 'yes',
    why: 'With apmGenAiTags "remove"; the APM span itself stays, with its duration.'
  },
  {
    row: 'W28 a called service that enters no context: its span',
    scenario: 'to another service',
    judge: seen => placeOf(seen, 'served'),
    isWeak: result => result !== 'with the tenant',
    expected: 'remains',
    why: 'No key travels in headers, by design: each service enters the context.'
  },
  {
    row: 'W28 a called service in the context of globex: told of acme',
    scenario: 'to another service',
    env: { BRIDGE_RECEIVER: 'b' },
    judge: ({ intake }) =>
      toldOf(
        intake.spans({ key: KEY.globex }).find(({ name }) => name === 'served') ?? {},
        intake.spans({ key: KEY.acme })[0]
      ),
    isWeak: result => result !== 'nothing',
    why: 'inject adds a keyed tenant tag; a trace without the right one is cut.'
  },
  {
    row: 'W32 mlApp, sampleRate, processor of one tenant: obeyed',
    scenario: 'own settings',
    judge({ intake }) {
      const [span] = intake.spans({ key: KEY.acme })
      const obeyed = []
      if (span.tags.includes('ml_app:app of acme')) obeyed.push('mlApp')
      if (span._dd.sampling_decision === '0') obeyed.push('sampleRate')
      if (!JSON.stringify(span).includes('question of acme')) obeyed.push('processor')
      return obeyed.join(', ') || 'none'
    },
    isWeak: result => result === 'none',
    why: 'A route has its own; the flush interval stays one for all.'
  },
  {
    row: 'W32 experiments inside a context: whose key',
    scenario: 'experiments',
    env: { DD_APP_KEY: 'e'.repeat(40) },
    judge: ({ facts }) => facts.used,
    isWeak: result => result !== "acme's",
    expected: 'remains',
    why: "They need an application key, which a routing context has not: dd-trace's."
  },
  {
    row: 'W33 two organisations at once',
    scenario: 'two targets',
    judge: ({ intake }) => `${new Set(intake.requests.map(({ site }) => site)).size} got it`,
    isWeak: result => result !== '2 got it',
    why: 'targets names several.'
  }
]
