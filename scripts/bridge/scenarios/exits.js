'use strict'

// Every way a process ends, right after a span.

/** @typedef {import('../scenarios').World} World */

const ways = /** @type {Record<string, (world: World) => unknown>} */ ({
  natural() {},
  'process.exit()'() {
    process.exit()
  },
  'flush() and process.exit()'({ llmobs }) {
    llmobs.flush()
    process.exit()
  },
  'uncaught exception'() {
    throw new Error('on purpose')
  },
  async SIGTERM({ wait }) {
    process.kill(process.pid, 'SIGTERM')
    await wait(5000)
  },
  async 'SIGTERM listener calls process.exit()'({ wait }) {
    process.on('SIGTERM', () => process.exit(0))
    process.kill(process.pid, 'SIGTERM')
    await wait(5000)
  }
})

/** @type {Record<string, (world: World) => unknown>} */
const scenarios = {}
for (const [way, end] of Object.entries(ways)) {
  scenarios[`exit: ${way}`] = world => {
    world.within(world.acme, () => world.span('one'))
    return end(world)
  }
}

module.exports = scenarios
