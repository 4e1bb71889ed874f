'use strict'

// Says how many bytes of the engine's heap one warm span takes, from `trace` to the end of its hand-over. Needs --expose-gc.

const http = require('node:http')
const { createLLMObs } = require('../../..')

const SPANS = 500
const WARM_UP_ROUNDS = 60
const ROUNDS = 15
const SPAN = Object.freeze({ kind: 'llm', name: 'chat', modelName: 'm', modelProvider: 'p' })
const TEXT = 'What is the difference between the two contracts, and which clause decides? '
const collect = /** @type {() => void} */ (globalThis.gc)

/** Made before: what the application makes is its own. */
const annotations = Array.from({ length: SPANS }, (_, index) => ({
  inputData: [
    { role: 'system', content: `${TEXT}${index}` },
    { role: 'user', content: `${TEXT}${index}, ${TEXT}` }
  ],
  outputData: [{ role: 'assistant', content: `The second one, ${index}` }],
  metadata: { temperature: 0.7, max_tokens: 1024, customer: `customer ${index}` },
  metrics: { inputTokens: 211, outputTokens: 84, totalTokens: 295 }
}))

/** @param {import('../../..').LLMObs} llmobs */
function makeSpans(llmobs) {
  for (let index = 0; index < SPANS; index++) {
    llmobs.trace(SPAN, span => llmobs.annotate(span, annotations[index]))
  }
}

/** @param {string} intakeUrl */
async function measure(intakeUrl) {
  const llmobs = createLLMObs({ mlApp: 'warm', intakeUrl, exitTimeoutMs: 0, logger: {} })
  const route = llmobs.route({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu' })
  let least = Number.POSITIVE_INFINITY
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    if (round >= 0) collect()
    const before = process.memoryUsage().heapUsed
    llmobs.withRoutingContext(route, () => makeSpans(llmobs))
    const used = (process.memoryUsage().heapUsed - before) / SPANS
    if (round >= 0) least = Math.min(least, used)
    await llmobs.flush({ tenants: false })
  }
  process.stdout.write(String(Math.round(least)))
  process.exit()
}

const server = http.createServer((request, response) => {
  request.resume()
  request.on('end', () => response.writeHead(202).end())
})
server.listen(0, '127.0.0.1', () => {
  measure(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`)
})
