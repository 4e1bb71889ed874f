'use strict'

// What arrives, when, and who hears of what does not.

const { KEY, delivered } = require('./run')

const TENANTS = 50
const SECONDS = 10

/** @type {import('./run').Case[]} */
module.exports = [
  {
    row: 'W2 one tenant answered after 2.5 s: when six others were sent',
    scenario: 'slow tenant',
    intake: { script: { match: { key: KEY.acme }, actions: [{ delayMs: 2500, times: Infinity }] } },
    judge({ intake }) {
      const [slow, ...others] = intake.requests.filter(({ stream }) => stream === 'spans')
      const lastMs = Math.max(...others.map(({ receivedAtMs }) => receivedAtMs))
      return `+${(lastMs - slow.receivedAtMs).toFixed(0)} ms`
    },
    isWeak: result => Number.parseInt(result.slice(1), 10) > 2000,
    why: 'Each tenant has its own requests in flight.'
  },
  {
    row: `W3 ${TENANTS} tenants, ${SECONDS} s, 1 span/s each, 100 ms round trip: in time`,
    program: ['head-of-line.js', `${TENANTS}`, `${SECONDS}`],
    intake: { script: { actions: [{ delayMs: 100, times: Infinity }] } },
    judge({ intake }) {
      const lagsMs = intake
        .arrivals()
        .map(({ receivedAtMs, event }) => receivedAtMs - event.start_ns / 1e6)
        .sort((one, other) => one - other)
      const p99 = lagsMs[Math.ceil(lagsMs.length * 0.99) - 1]
      return `${lagsMs.length} of ${TENANTS * SECONDS}, p99 lag ${p99?.toFixed(0)} ms`
    },
    isWeak: result => !result.startsWith(`${TENANTS * SECONDS} of`),
    why: 'No request waits for the answer to another tenant.'
  },
  {
    row: 'W4 67 MB of one tenant unanswered: an APM trace of the platform',
    scenario: 'starved exporter',
    intake: { script: { actions: [{ stall: true, times: Infinity }] } },
    judge: ({ agent }) => (agent.body.includes('of the platform') ? 'arrives' : 'is dropped'),
    isWeak: result => result === 'is dropped',
    why: 'Nothing of tenants is in the memory share of dd-trace.'
  },
  {
    row: 'W5 429 once',
    scenario: 'refused once',
    intake: { script: { actions: [{ status: 429 }] } },
    judge: delivered,
    isWeak: result => result !== '1 delivered',
    why: '429, 5xx and lost connections are tried again.'
  },
  {
    row: 'W6 413: 40 spans, too many for one body',
    scenario: 'too large',
    intake: { maxBodyBytes: 6000 },
    judge: delivered,
    isWeak: result => result !== '40 delivered',
    why: 'The batch is split.'
  },
  {
    row: 'W7 what flush() returns',
    scenario: 'flush',
    judge: ({ facts }) => facts.result,
    isWeak: result => result === 'undefined',
    why: 'A promise of a report for each tenant.'
  },
  {
    row: 'W8 403: lines on stderr',
    scenario: 'silent',
    intake: { script: { actions: [{ status: 403, times: Infinity }] } },
    judge: ({ stderr }) => `${stderr.split('\n').filter(line => line !== '').length}`,
    isWeak: result => result === '0',
    why: 'One warning a minute for each tenant and reason; stats() counts all.'
  },
  {
    row: "W13 DD_TRACE_DEBUG: the tenant's prompt and end of key in the log",
    scenario: 'debugged',
    env: { DD_TRACE_DEBUG: 'true' },
    judge({ stdout, stderr }) {
      const log = stdout + stderr
      const found = []
      if (log.includes('prompt of acme')) found.push('prompt')
      if (log.includes(`****${KEY.acme.slice(-4)}`)) found.push('end of key')
      return found.join(', ') || 'neither'
    },
    isWeak: result => result !== 'neither',
    why: 'The event leaves dd-trace before its writer prints it.'
  },
  {
    row: 'W14 one tenant floods: requests for five spans of another',
    scenario: 'one floods',
    judge: ({ intake }) =>
      `${new Set(intake.arrivals({ key: KEY.globex }).map(({ request }) => request)).size}`,
    isWeak: result => Number(result) >= 5,
    why: "A full buffer sends itself, not the others'."
  },
  {
    row: 'W21 connection reset, then the end of the process',
    scenario: 'reset, then exit',
    intake: { script: { actions: [{ reset: 'before-body' }] } },
    judge: delivered,
    isWeak: result => result !== '1 delivered',
    why: 'The exit waits for what is held, up to exitTimeoutMs.'
  },
  {
    row: "W29 agent mode: how a tenant's span leaves the host",
    scenario: 'agent mode',
    env: { DD_LLMOBS_AGENTLESS_ENABLED: undefined },
    judge: ({ intake, agent }) => {
      if (agent.body.includes('"one"') && intake.counts.spans === 0) return 'through the agent'
      return intake.counts.spans === 1 ? 'past the agent' : 'nowhere'
    },
    isWeak: result => result !== 'through the agent',
    expected: 'remains',
    why: 'An agent sends with one key; intakeUrl or a proxy can lead it elsewhere.'
  },
  {
    row: 'W30 mode undecided for 3 s: of 1,500 spans delivered by then, in all',
    scenario: 'mode not decided',
    env: { DD_LLMOBS_AGENTLESS_ENABLED: undefined },
    infoDelayMs: 3000,
    judge({ intake, agent }) {
      const { infoAtMs } = agent
      const arrivals = intake.arrivals()
      const early = arrivals.filter(({ receivedAtMs }) => infoAtMs === null || receivedAtMs < infoAtMs)
      return `${early.length}, ${arrivals.length}`
    },
    isWeak: result => result !== '1500, 1500',
    why: 'Tenants do not wait for the agent.'
  },
  {
    row: 'W34 AWS Lambda: requests for 20 spans',
    scenario: 'lambda',
    env: { AWS_LAMBDA_FUNCTION_NAME: 'answer', AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand' },
    judge: ({ intake }) => `${intake.requests.length}, ${intake.counts.spans} delivered`,
    isWeak: result => Number.parseInt(result, 10) >= 20,
    why: 'Spans are sent together; withFlush delivers before the sandbox freezes.'
  }
]
