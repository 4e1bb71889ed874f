'use strict'

/**
 * Two customers ask one Express application, which asks OpenAI and Anthropic, streamed and not, all at once.
 * dd-trace instruments the clients, Spanlane delivers. Runs without an account: the providers and the intake are
 * local. Ends with code 1 if anything crossed or is missing.
 */

const { fork } = require('node:child_process')
const http = require('node:http')
const path = require('node:path')
const { drawTable, startIntake } = require('spanlane/testing')

const { customers } = require('./customers')
const { startProvider } = require('./provider')

/** @typedef {import('spanlane/testing').Intake} Intake */

const PROVIDERS = ['openai', 'anthropic']
const ANSWERS_EACH = 2

async function main() {
  const intake = await startIntake()
  const provider = await startProvider()
  const agent = await startAgent()
  try {
    const app = await startApp({
      PROVIDER_URL: provider.url,
      SPANLANE_INTAKE_URL: intake.url,
      DD_TRACE_AGENT_URL: agent.url
    })
    try {
      await Promise.all(questions().map(question => ask(app.port, question)))
    } finally {
      await app.stop()
    }
    if (!isShownCorrect(intake, [...agent.llmobsPaths, ...app.wanted].length)) process.exitCode = 1
  } finally {
    for (const open of [intake, provider, agent]) open.close()
  }
}

function questions() {
  return customers.flatMap(({ name }) =>
    PROVIDERS.flatMap(provider => [false, true].map(stream => ({ name, provider, stream })))
  )
}

/**
 * @param {Intake} intake
 * @param {number} own requests of dd-trace's own transport
 */
function isShownCorrect(intake, own) {
  const rows = customers.map(customer => rowOf(intake, customer))
  console.log(drawTable(['Customer', 'Site', 'Spans', ...PROVIDERS, 'Streamed', 'Of others'], rows))
  console.log(`\nrequests of dd-trace's own LLM Observability transport: ${own}`)
  const isGood = rows.every(isCorrect) && own === 0 && intake.violations.length === 0
  console.log(isGood ? 'every span is where it belongs' : 'SOMETHING IS WRONG')
  return isGood
}

/**
 * @param {Intake} intake
 * @param {import('./customers').Customer} customer
 */
function rowOf(intake, { name, ddApiKey, ddSite }) {
  const spans = intake.spans({ key: ddApiKey, site: ddSite })
  const calls = spans.filter(span => span.meta['span.kind'] === 'llm')
  const by = (/** @type {string} */ integration) =>
    calls.filter(span => span.tags.includes(`integration:${integration}`) && hasAnswer(span)).length
  const streamed = calls.filter(span => JSON.stringify(span.meta.input).includes('streamed'))
  const foreign = spans.filter(span => !JSON.stringify(span.meta.input).includes(`of ${name}`))
  return [name, ddSite, spans.length, ...PROVIDERS.map(by), streamed.length, foreign.length]
}

/** @param {any} span of one call to a model */
function hasAnswer(span) {
  const { output_tokens: tokens } = span.metrics
  return JSON.stringify(span.meta.output).includes('You asked') && tokens > 0
}

/** @param {(string | number)[]} row */
function isCorrect([, , spans, openai, anthropic, streamed, foreign]) {
  return (
    spans === 8 &&
    openai === ANSWERS_EACH &&
    anthropic === ANSWERS_EACH &&
    streamed === 4 - ANSWERS_EACH &&
    foreign === 0
  )
}

/**
 * @param {number} port
 * @param {{ name: string, provider: string, stream: boolean }} question
 */
async function ask(port, { name, provider, stream }) {
  const text = `a ${stream ? 'streamed' : 'plain'} question of ${name} for ${provider}`
  const url = `http://127.0.0.1:${port}/ask/${provider}?stream=${stream}&question=${encodeURIComponent(text)}`
  const response = await fetch(url, { headers: { 'x-customer': name } })
  const answer = await response.text()
  if (answer !== `You asked: ${text}`) throw new Error(`${response.status}: ${answer}`)
}

/** Stands where the Datadog agent would: APM traces may come, LLM Observability must not. */
async function startAgent() {
  /** @type {string[]} */
  const llmobsPaths = []
  const server = http.createServer((request, response) => {
    if (request.url?.includes('/evp_proxy/')) llmobsPaths.push(request.url)
    request.resume().on('end', () => response.end('{}'))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    llmobsPaths,
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** @param {Record<string, string>} env */
async function startApp(env) {
  const child = fork(path.join(__dirname, 'app.js'), {
    execArgv: ['--require', path.join(__dirname, 'transport-watch.js')],
    env: {
      ...process.env,
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false',
      DD_API_KEY: 'platform'.repeat(4),
      ...env
    }
  })
  /** @type {Promise<void>} */
  const ended = new Promise(resolve => child.once('exit', () => resolve()))
  /** @type {string[]} */
  const wanted = []
  /** @type {number} */
  const port = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the application did not start')))
    child.on('message', (/** @type {any} */ message) => {
      if (message.wanted !== undefined) wanted.push(message.wanted)
      else resolve(message.port)
    })
  })
  return {
    port,
    wanted,
    stop() {
      // As a container stops: what is held is delivered first (drainOnSignals).
      child.kill('SIGTERM')
      return ended
    }
  }
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
