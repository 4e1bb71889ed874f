'use strict'

const { randomBytes } = require('node:crypto')
const { createLLMObs } = require('../..')
const { startIntake } = require('../../testing')

/** The customers of one platform, as the page is to show them. */
const PLACES = {
  acme: { site: 'datadoghq.com', question: 'Where is my order 4711?' },
  globex: { site: 'datadoghq.eu', question: 'Translate the release notes to French' },
  umbrella: { site: 'us5.datadoghq.com', question: 'Summarise the incident from last night' },
  initech: { site: 'us3.datadoghq.com', question: 'Which invoices are overdue?' }
}

const SYSTEM = 'You are the support agent. Answer in one short paragraph. Use tools before you guess.'
const ANSWER = [
  'Your order **4711** left the warehouse yesterday with DHL and should arrive on **30 November**.',
  '',
  '- Tracking: `JD0146 0034 21`',
  '- Nothing to sign for'
].join('\n')
const TOOLS = [
  {
    name: 'lookup_order',
    description: 'Finds an order by its number',
    schema: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] }
  }
]
const FOUND = { status: 'shipped', carrier: 'DHL', eta: '2026-11-30' }
/** As long as the work of a span seems to take: the clock is the scene's. */
const MS = { retrieval: 180, embedding: 61, plan: 980, lookup: 210, charge: 88, answer: 1090 }

/**
 * Applications of several tenants at one intake, by the library itself: what the page shows is what it sent.
 *
 * @param {{ intake: import('../../testing').IntakeOptions }} [options]
 */
async function startScene({ intake: options = {} } = { intake: {} }) {
  const keys = Object.fromEntries(Object.keys(PLACES).map(name => [name, randomBytes(16).toString('hex')]))
  const intake = await startIntake({ page: true, ...options })
  const llmobs = createLLMObs({ mlApp: 'support-bot', env: 'dev', service: 'support', intakeUrl: intake.url })
  /** @param {string} name @param {(() => unknown)} work */
  const as = (name, work, { site = PLACES[name].site, owner = name, key = keys[name] } = {}) =>
    llmobs.withRoutingContext({ ddApiKey: key, ddSite: site, tenant: name }, () =>
      llmobs.annotationContext({ tags: owner === null ? {} : { owner } }, work)
    )
  return {
    intake,
    llmobs,
    keys,
    as,
    /** One question to a tenant's agent: flow, agent, retrieval, models, tools. */
    ask: (name, change = {}) =>
      as(name, () => agentTrace(llmobs, { question: PLACES[name].question, ...change }), change.place),
    flush: () => llmobs.flush(),
    close: async () => {
      await llmobs.shutdown({ timeoutMs: 0 })
      await intake.close()
    }
  }
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {{ question: string, fails?: boolean, at?: number, rounds?: number, evaluate?: boolean }} asked
 */
function agentTrace(
  llmobs,
  { question, fails = false, at = Date.now() - 5000, rounds = 1, evaluate = true }
) {
  let now = at
  /** A span that lasts as long as it says, with what is inside. */
  const span = (options, ms, inside = () => {}) => {
    const opened = llmobs.startSpan({ ...options, startMs: now })
    opened.run(() => inside(opened))
    now += ms
    opened.end(now)
    return opened
  }
  const root = span({ kind: 'workflow', name: 'answer', sessionId: 'session-77' }, 20, root => {
    root.annotate({ inputData: question, outputData: ANSWER })
    span({ kind: 'agent', name: 'support-agent' }, 25, agent => {
      agent.annotate({ inputData: question, outputData: ANSWER, metadata: { plan: 'look up, then answer' } })
      span({ kind: 'retrieval', name: 'knowledge-base' }, MS.retrieval, one =>
        one.annotate({ inputData: question, outputData: documents() })
      )
      span(
        { kind: 'embedding', name: 'embed-question', modelName: 'text-embedding-3-small' },
        MS.embedding,
        one =>
          one.annotate({ inputData: question, outputData: '[1536 numbers]', metrics: { inputTokens: 11 } })
      )
      for (let round = 0; round < rounds; round += 1) conversation(span, { question, fails, round, rounds })
    })
  })
  if (evaluate) {
    const exported = llmobs.exportSpan(root)
    llmobs.submitEvaluation(exported, {
      label: 'helpfulness',
      metricType: 'score',
      value: 0.86,
      mlApp: 'support-bot',
      reasoning: 'Says when it arrives.'
    })
    llmobs.submitEvaluation(exported, {
      label: 'tone',
      metricType: 'categorical',
      value: 'friendly',
      mlApp: 'support-bot'
    })
  }
  return root
}

function conversation(span, { question, fails, round, rounds }) {
  const model = { kind: 'llm', modelName: 'gpt-4o', modelProvider: 'openai' }
  const asked = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: rounds > 1 ? `${question} (${round + 1})` : question }
  ]
  const call = {
    role: 'assistant',
    content: '',
    toolCalls: [{ name: 'lookup_order', arguments: { order: '4711' }, toolId: 'call_1', type: 'function' }]
  }
  span({ ...model, name: 'chat' }, MS.plan, one =>
    one.annotate({
      inputData: asked,
      outputData: [call],
      toolDefinitions: TOOLS,
      prompt: { id: 'support', version: '3', template: 'Answer {{question}}', variables: { question } },
      metadata: { temperature: 0.2, max_tokens: 512 },
      metrics: { inputTokens: 452, outputTokens: 37, time_to_first_token: 0.31 }
    })
  )
  span({ kind: 'task', name: 'run-tools' }, 12, () => {
    span({ kind: 'tool', name: 'lookup_order' }, MS.lookup, one =>
      one.annotate({ inputData: { order: '4711' }, outputData: FOUND })
    )
    span({ kind: 'tool', name: 'charge_card' }, MS.charge, one => {
      one.annotate({ inputData: { amount: 12.5, currency: 'EUR' } })
      if (fails)
        one.setTag('error', Object.assign(new Error('the card was declined'), { name: 'CardDeclined' }))
    })
  })
  span({ ...model, name: 'chat' }, MS.answer, one =>
    one.annotate({
      inputData: [...asked, call, { role: 'tool', content: JSON.stringify(FOUND), toolId: 'call_1' }],
      outputData: [
        { role: 'reasoning', content: 'The order was shipped, so the date of arrival answers the question.' },
        { role: 'assistant', content: ANSWER }
      ],
      metrics: { inputTokens: 594, outputTokens: 102, time_to_first_token: 0.28 }
    })
  )
}

function documents() {
  return [
    {
      name: 'Shipping',
      id: 'handbook#12',
      text: 'Orders leave the warehouse within one working day.',
      score: 0.91
    },
    { name: 'Carriers', id: 'handbook#31', text: 'DHL delivers on weekdays and Saturdays.', score: 0.78 }
  ]
}

module.exports = { ANSWER, FOUND, PLACES, SYSTEM, startScene }
