'use strict'

// A young process of one peer: wall time of its first span, and of each of the 99 after it. Argument: the plan as JSON.

const { UNSENT } = require('../peers/unsent')
const { annotations, inRoute, traceSync } = require('../support/annotations')
const { tenantsOf } = require('../support/load')

const SPANS = 100

/** @type {{ peer: string, url: string, seed: number }} */
const plan = JSON.parse(process.argv[2])

async function main() {
  const { llmobs, end, settle } = UNSENT[plan.peer](plan.url, 'ascii')
  const list = annotations('ascii', 1000, SPANS, plan.seed)
  const [route] = tenantsOf(1)
  const make = (/** @type {number} */ from, /** @type {number} */ to) => {
    const startNs = process.hrtime.bigint()
    for (let index = from; index < to; index += 1)
      inRoute(llmobs, route, () => traceSync(llmobs, list[index]))
    return Number(process.hrtime.bigint() - startNs) / 1000 / (to - from)
  }
  const [firstUs, nextUs] = [make(0, 1), make(1, SPANS)]
  end()
  process.send?.({ firstUs, nextUs, made: SPANS, arrived: await settle(SPANS) })
  process.once('disconnect', () => process.exit())
}

main()
