'use strict'

// Instances that were used and shut down, and one that ends while a span of it runs. Run by ended-contexts.test.js with
// --expose-gc.

const { AsyncLocalStorage } = require('node:async_hooks')
const { setImmediate: turn } = require('node:timers/promises')
const { createLLMObs } = require('../../..')

const INSTANCES = 20
const OPTIONS = {
  mlApp: 'shop',
  intakeUrl: 'http://127.0.0.1:9',
  exitTimeoutMs: 0,
  logger: {},
  onMisuse: 'throw'
}
const ROUTE = { ddApiKey: 'e'.repeat(32) }

let disabled = 0
const { disable } = AsyncLocalStorage.prototype
AsyncLocalStorage.prototype.disable = function () {
  disabled += 1
  disable.call(this)
}

async function useAndEnd() {
  const llmobs = createLLMObs(OPTIONS)
  await llmobs.withRoutingContext(ROUTE, () => llmobs.trace({ kind: 'task' }, turn))
  await llmobs.shutdown({ timeoutMs: 0 })
}

/** @param {number} count */
async function collectUntil(count) {
  while (disabled < count) {
    globalThis.gc?.()
    await turn()
  }
}

async function endInside() {
  const llmobs = createLLMObs(OPTIONS)
  return llmobs.withRoutingContext(ROUTE, () =>
    llmobs.trace({ kind: 'task', name: 'outer' }, async () => {
      await llmobs.shutdown({ timeoutMs: 0 })
      globalThis.gc?.()
      await turn()
      llmobs.annotate({ inputData: 'still inside' })
      return 'what the host returned'
    })
  )
}

async function main() {
  const result = await endInside()
  for (let index = 0; index < INSTANCES; index++) await useAndEnd()
  // The last one may still be held by the frame that ended it.
  await collectUntil(INSTANCES)
  process.stdout.write(`${JSON.stringify({ result })}\n`)
}

main()
