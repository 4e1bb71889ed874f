'use strict'

// One end of a queue: `produce` writes jobs of two tenants to its output, `consume` reads jobs from its input until it
// is stopped. Run by processes.test.js. Second argument: whether Spanlane is there.

const readline = require('node:readline')
const { createLLMObs } = require('../../..')

const JOBS = 20
const TENANTS = {
  acme: { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' },
  globex: { ddApiKey: 'b'.repeat(32), ddSite: 'us5.datadoghq.com', tenant: 'globex' }
}

const [end, mode] = process.argv.slice(2)
const llmobs = createLLMObs({
  mlApp: end,
  enabled: mode === 'with',
  drainOnSignals: ['SIGTERM'],
  // What is not drained at the end does not arrive.
  flushLingerMs: 60_000,
  flushIntervalMs: 60_000
})

/** A message says whose it is, and has the headers of its span; it has no key. */
function produce() {
  for (let number = 0; number < JOBS; number++) {
    const tenant = number % 2 ? 'globex' : 'acme'
    llmobs.withRoutingContext(TENANTS[tenant], () =>
      llmobs.trace({ kind: 'workflow', name: `request ${number}` }, () => {
        const headers = {}
        llmobs.inject(headers)
        process.stdout.write(`${JSON.stringify({ number, tenant, headers })}\n`)
      })
    )
  }
}

async function consume() {
  let sum = 0
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const { number, tenant, headers } = JSON.parse(line)
    sum += await llmobs.withRoutingContext(TENANTS[tenant], () =>
      llmobs.extract(headers, () => llmobs.trace({ kind: 'task', name: `job ${number}` }, async () => number))
    )
  }
  process.stdout.write(`sum ${sum}\n`)
  // A consumer waits for more.
  setInterval(() => {}, 1000)
}

if (end === 'produce') produce()
else consume()
