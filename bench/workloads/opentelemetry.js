'use strict'

/** What a span of OpenTelemetry costs the JavaScript thread, from its start until it is delivered. */

const name = 'opentelemetry'
const nodes = /** @type {const} */ ('all')

/** @param {import('./context').Context} context */
async function measure(context) {
  const { rounds, cpuMs, wholeSpanSizes: sizes, wholeSpanCharsets: charsets } = context.scale
  const intake = await context.openBlackIntake()
  const plan = { url: intake.url, rounds, cpuMs, sizes, charsets, seed: context.seed }
  const child = context.openMeasured('opentelemetry.js', plan, { nodeOptions: ['--expose-gc'] })
  const result = await child.next()
  await child.close()
  await intake.close()
  return result
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts }) {
  return Object.entries(counts)
    .filter(([, { made, arrived }]) => made !== arrived)
    .map(([peer, { made, arrived }]) => `${peer}: ${arrived} of ${made} came through`)
}

module.exports = { name, nodes, measure, problems }
