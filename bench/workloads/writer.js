'use strict'

/** (a) What handing over one event costs the JavaScript thread: append, encode, flush; no request. */

const name = 'writer'
const nodes = /** @type {const} */ ('all')

/** @param {import('./context').Context} context */
async function measure(context) {
  const { rounds, cpuMs, sizes, charsets } = context.scale
  const intake = await context.openBlackIntake()
  const plan = { url: intake.url, rounds, cpuMs, sizes, charsets, seed: context.seed }
  const child = context.openMeasured('writer.js', plan, { nodeOptions: ['--expose-gc'] })
  const result = await child.next()
  await child.close()
  await intake.close()
  return result
}

/**
 * Spanlane's variants are counted by the core.
 *
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts, submitted, delivered }) {
  const lost = ['dd-trace', 'worker_threads'].filter(peer => counts[peer].made !== counts[peer].arrived)
  const found = lost.map(peer => `${peer}: ${counts[peer].arrived} of ${counts[peer].made} came through`)
  const own = ['spanlane', 'bridge']
  const made = own.reduce((sum, variant) => sum + counts[variant].made, 0)
  if (made !== submitted || made !== delivered) found.push(`spanlane: ${delivered} of ${made} came through`)
  return found
}

module.exports = { name, nodes, measure, problems }
