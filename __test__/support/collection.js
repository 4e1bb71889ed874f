'use strict'

// A full collection in the middle of a program that is run with --expose-gc and --trace-deopt: what is printed between
// the two lines was thrown away.

const { createServer } = require('node:http')
const { createLLMObs } = require('../..')

/**
 * @param {number} batches until the code is compiled
 * @param {(llmobs: import('../..').LLMObs) => { batch: () => Promise<unknown>, after?: () => Promise<unknown> }} prepare
 *   `batch` makes spans and flushes them, and keeps none; `after` comes behind the collection
 */
function collectAfter(batches, prepare) {
  const intake = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.writeHead(202).end())
  })
  intake.listen(0, '127.0.0.1', async () => {
    const { port } = /** @type {import('node:net').AddressInfo} */ (intake.address())
    const llmobs = createLLMObs({ mlApp: 'shop', intakeUrl: `http://127.0.0.1:${port}` })
    const { batch, after } = prepare(llmobs)
    for (let index = 0; index < batches; index++) await batch()
    process.stdout.write('collecting\n')
    globalThis.gc?.()
    process.stdout.write('collected\n')
    await after?.()
    await llmobs.shutdown()
    intake.close()
    intake.closeAllConnections()
  })
}

module.exports = { collectAfter }
