'use strict'

// What dd-trace does alone and with the bridge attached, one weakness after another, on this machine only.
// `node scripts/bridge-weaknesses.js [part of a row's name]`. docs/bridge.md explains the rows.

const { fork } = require('node:child_process')
const http = require('node:http')
const { makeStandIn } = require('../bench/support/dd-trace')
const { drawTable, startIntake } = require('../testing')
const { inRepository } = require('./command')

const KEY = Object.freeze({ acme: 'a'.repeat(32), globex: 'b'.repeat(32) })
const MODES = ['alone', 'attached']
const CHILD_TIMEOUT_MS = 16_000
const TENANTS = 50
const SECONDS = 10
const HEAD_OF_LINE = `W3 ${TENANTS} tenants, 1 span/s each for ${SECONDS} s, 100 ms round trip: 2 s after the end`

/**
 * @typedef {{ intake: import('../testing').Intake, facts: Record<string, any>, wanted: string[],
 *   end: string, stderr: string, apm: string }} Seen
 * @typedef {{ row: string, scenario: string, intake?: import('../testing').IntakeOptions, judge: (seen: Seen) => unknown }} Case
 */

/** @param {Seen} seen */
const count = ({ intake }) => `${intake.counts.spans} delivered`
/** @param {Seen} seen @param {string} name */
const sitesOf = ({ intake }, name) =>
  intake.requests
    .filter(({ site }) => intake.spans({ site }).some(span => span.name === name))
    .map(({ site }) => site)

/** @type {Case[]} */
const CASES = [
  {
    row: 'W1 one key, two sites: where the us3 span went',
    scenario: 'two sites',
    judge: seen => [...new Set(sitesOf(seen, 'for us3'))].join()
  },
  {
    row: 'W2 one tenant answered after 2.5 s: when six others were sent',
    scenario: 'slow tenant',
    intake: {
      script: { match: { key: KEY.acme }, actions: [{ delayMs: 2500, times: Infinity }] }
    },
    judge: ({ intake }) => {
      const [slow, ...others] = intake.requests.filter(({ stream }) => stream === 'spans')
      return `+${(Math.max(...others.map(({ receivedAtMs }) => receivedAtMs)) - slow.receivedAtMs).toFixed(0)} ms`
    }
  },
  {
    row: 'W5 429 once',
    scenario: 'refused once',
    intake: { script: { actions: [{ status: 429 }] } },
    judge: count
  },
  {
    row: 'W6 413: 40 spans, too many for one body',
    scenario: 'too large',
    intake: { maxBodyBytes: 6000 },
    judge: count
  },
  { row: 'W7 what flush() returns', scenario: 'flush', judge: ({ facts }) => facts.result },
  {
    row: 'W8 403: lines on stderr',
    scenario: 'silent',
    intake: { script: { actions: [{ status: 403, times: Infinity }] } },
    judge: ({ stderr }) => stderr.split('\n').filter(line => line !== '').length
  },
  {
    row: 'W9 ddSite "x@evil.example"',
    scenario: 'evil site',
    judge: ({ facts, wanted }) => facts.code ?? `asked for ${[...new Set(wanted)].join()}`
  },
  {
    row: 'W10 a number as ddApiKey',
    scenario: 'number as key',
    judge: seen => `${seen.facts.code ?? `process ended with ${seen.end}`}, ${count(seen)} of the others`
  },
  { row: 'W11 a key with a line break behind it', scenario: 'key from a file', judge: count },
  {
    row: 'W12 what dd-trace keeps of the key',
    scenario: 'key at rest',
    judge: ({ facts }) => (facts.kept === KEY.acme ? 'the key' : facts.kept)
  },
  {
    row: 'W14 one tenant floods: requests for five spans of another in one tick',
    scenario: 'one floods',
    judge: ({ intake }) => new Set(intake.arrivals({ key: KEY.globex }).map(({ request }) => request)).size
  },
  { row: 'W15 1,500 spans in one tick', scenario: 'burst', judge: count },
  {
    row: 'W17 4.8 MB of Cyrillic text: bytes of the body',
    scenario: 'large text',
    intake: { maxBodyBytes: 40_000_000 },
    judge: ({ intake }) => Math.max(...intake.requests.map(({ bytes }) => bytes))
  },
  ...[
    'natural',
    'process.exit()',
    'flush() and process.exit()',
    'uncaught exception',
    'SIGTERM',
    'SIGTERM listener calls process.exit()'
  ].map(way => ({
    row: `W20 exit: ${way}`,
    scenario: `exit: ${way}`,
    judge: (/** @type {Seen} */ seen) => `${count(seen)}, ${seen.end}`
  })),
  {
    row: 'W21 connection reset, then the end of the process',
    scenario: 'reset, then exit',
    intake: { script: { actions: [{ reset: 'before-body' }] } },
    judge: count
  },
  {
    row: 'W22 a span in a worker, its route sent along',
    scenario: 'worker',
    judge: seen => placeOf(seen, 'in a worker')
  },
  {
    row: 'W23 a span whose context was lost (strictRouting)',
    scenario: 'lost context',
    judge: seen => `${placeOf(seen, 'of acme')}${seen.facts.no_route === 1 ? ', counted as no_route' : ''}`
  },
  {
    row: 'W24 an evaluation after the context',
    scenario: 'late evaluation',
    judge: ({ intake }) =>
      intake.evaluations({ key: KEY.acme }).length === 1 ? 'with its span' : 'at the platform'
  },
  {
    row: 'W25 globex inside acme: what globex is told of acme',
    scenario: 'nesting',
    judge: ({ intake }) => {
      const [inner] = intake.spans({ key: KEY.globex })
      const [outer] = intake.spans({ key: KEY.acme })
      if (inner === undefined || outer === undefined) return `${intake.counts.spans} of 2 delivered`
      const told = ['app of acme', 'session of acme', 'agent of acme'].filter(text =>
        JSON.stringify(inner).includes(text)
      )
      if (inner.trace_id === outer.trace_id) told.push('trace id')
      if (inner.parent_id === outer.span_id) told.push('parent id')
      return told.join(', ') || 'nothing'
    }
  },
  {
    row: 'W26 DD_TAGS that a tenant receives',
    scenario: 'host tags',
    judge: ({ intake }) =>
      intake
        .spans({ key: KEY.acme })[0]
        .tags.filter((/** @type {string} */ tag) => tag.startsWith('rack'))
        .join() || 'none'
  },
  {
    row: 'W27 the tenant\'s model in the operator\'s APM trace (apmGenAiTags "remove")',
    scenario: 'operator',
    judge: ({ apm }) => (apm.includes('model of acme') ? 'yes' : 'no')
  },
  {
    row: 'W33 two organisations at once',
    scenario: 'two targets',
    judge: ({ intake }) => `${new Set(intake.requests.map(({ site }) => site)).size} got it`
  },
  {
    row: 'W35 metrics { "a.b": 1, nothing: NaN }',
    scenario: 'bad numbers',
    judge: ({ intake }) => JSON.stringify(intake.spans()[0]?.metrics) ?? 'refused by the intake'
  }
]

/** @param {Seen} seen @param {string} name */
function placeOf({ intake }, name) {
  if (intake.spans({ key: KEY.acme }).some(span => span.name === name)) return 'with the tenant'
  return intake.spans().some(span => span.name === name) ? 'with the platform' : 'nowhere'
}

/**
 * @param {Case} one
 * @param {string} mode
 * @param {ReturnType<typeof makeStandIn>} standIn
 * @returns {Promise<string>}
 */
async function cell({ scenario, intake: options = {}, judge }, mode, standIn) {
  const seen = await runChild('scenarios.js', [scenario], options, mode, standIn)
  const result = String(judge(seen))
  // Node 20 cannot close an HTTPS server that has seen a failed handshake; such an intake ends with this process.
  await seen.intake.close().catch(() => {})
  return result
}

/**
 * @param {string} file in scripts/bridge
 * @param {string[]} args
 * @param {import('../testing').IntakeOptions} options
 * @param {string} mode
 * @param {ReturnType<typeof makeStandIn>} standIn
 * @returns {Promise<Seen>} with the intake open
 */
async function runChild(file, args, options, mode, standIn) {
  const isAttached = mode === 'attached'
  const intake = await startIntake({ ...options, ...(isAttached ? {} : { tls: standIn.tls }) })
  const agent = await startAgent()
  const { env } = standIn.settings(intake.port)
  const child = fork(inRepository('scripts', 'bridge', file), args, {
    execArgv: ['--require', inRepository('scripts', 'bridge', 'loopback.js')],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: CHILD_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      ...env,
      DD_TAGS: 'rack:7',
      DD_TRACE_AGENT_URL: agent.url,
      ...(isAttached ? { SPANLANE_BRIDGE: '1', SPANLANE_INTAKE_URL: intake.url } : {})
    }
  })
  /** @type {Seen} */
  const seen = { intake, facts: {}, wanted: [], end: '', stderr: '', apm: '' }
  child.stderr?.on('data', chunk => {
    seen.stderr += chunk
  })
  child.on('message', (/** @type {any} */ message) => {
    if (message.wanted === undefined) Object.assign(seen.facts, message)
    else seen.wanted.push(message.wanted)
  })
  seen.end = await new Promise(resolve =>
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`))
  )
  seen.apm = agent.body()
  agent.close()
  return seen
}

/**
 * Many tenants at one site: how much arrives, and how late.
 *
 * @param {string} mode
 * @param {ReturnType<typeof makeStandIn>} standIn
 */
async function headOfLine(mode, standIn) {
  const script = { actions: [{ delayMs: 100, times: Infinity }] }
  const args = [`${TENANTS}`, `${SECONDS}`]
  const { intake } = await runChild('head-of-line.js', args, { script }, mode, standIn)
  const lagsMs = intake
    .arrivals()
    .map(({ receivedAtMs, event }) => receivedAtMs - event.start_ns / 1e6)
    .sort((one, other) => one - other)
  await intake.close().catch(() => {})
  const p99 = lagsMs[Math.ceil(lagsMs.length * 0.99) - 1]
  return `${lagsMs.length} of ${TENANTS * SECONDS}, p99 lag ${p99.toFixed(0)} ms`
}

async function startAgent() {
  /** @type {Buffer[]} */
  const chunks = []
  const server = http.createServer((request, response) => {
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => response.end('{}'))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    body: () => Buffer.concat(chunks).toString('latin1'),
    close() {
      server.closeAllConnections()
      server.close()
    }
  }
}

async function main() {
  const wanted = process.argv[2] ?? ''
  const standIn = makeStandIn()
  const rows = []
  for (const one of CASES.filter(({ row }) => row.includes(wanted))) {
    const cells = []
    for (const mode of MODES) cells.push(await cell(one, mode, standIn))
    rows.push([one.row, ...cells])
  }
  if (HEAD_OF_LINE.includes(wanted)) {
    const cells = []
    for (const mode of MODES) cells.push(await headOfLine(mode, standIn))
    rows.push([HEAD_OF_LINE, ...cells])
  }
  standIn.remove()
  console.log(
    drawTable(['', `dd-trace ${require('dd-trace/package.json').version} alone`, 'with attach'], rows)
  )
}

main()
