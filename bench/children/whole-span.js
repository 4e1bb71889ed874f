'use strict'

// Whole spans of one peer: `trace`, `annotate` with its validation, the end and the hand-over; what one span cost this
// thread. Argument: the plan as JSON. Says {} when it is warm; answers each `Question`. Needs --expose-gc.

const { setTimeout: delay } = require('node:timers/promises')
const { UNSENT } = require('../peers/unsent')
const { annotations, inRoute, traceAsync, traceSync, withParts } = require('../support/annotations')
const { quantile, tenantsOf } = require('../support/load')
const { clockOverheadUs, openThreadClock } = require('../support/thread-cpu')

/** Spans in a batch, by size in KB: a second's work, of which dd-trace's buffer takes a thousand events. */
const BATCHES = /** @type {Record<number, number>} */ ({ 1: 500, 10: 100 })
/** How long a process that rests before a span rests. */
const REST_MS = 4

/**
 * @typedef {object} Plan
 * @property {string} peer
 * @property {string} url
 * @property {number} size in KB
 * @property {import('../support/events').Charset} charset
 * @property {number} seed
 * @property {number} warmBatches before it says that it is warm
 *
 * @typedef {object} Batches a question for what spans cost in batches
 * @property {'batches'} ask
 * @property {boolean} isAsync
 * @property {import('../support/annotations').Part} parts
 * @property {'warm' | 'collected' | 'rested'} before what happens before each batch
 * @property {number} count of batches
 * @property {number} cpuMsMax after which no further batch begins
 *
 * @typedef {object} Single a question for what one span costs that comes after a rest
 * @property {'single'} ask
 * @property {number} count
 *
 * @typedef {Batches | Single} Question
 */

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const overheadUs = clockOverheadUs(readCpuUs)
const [route] = tenantsOf(1)
const collect = /** @type {() => void} */ (globalThis.gc)
const peer = UNSENT[plan.peer](plan.url, plan.charset)
const pool = annotations(plan.charset, plan.size * 1000, BATCHES[plan.size], plan.seed)
/** By what a span says. @type {Record<import('../support/annotations').Part, import('../support/annotations').Annotation[]>} */
const pools = {
  texts: withParts(pool, 'texts'),
  usual: pool,
  full: withParts(pool, 'full')
}
let [made, arrived] = [0, 0]

/**
 * @param {boolean} isAsync
 * @param {import('../support/annotations').Annotation[]} list
 * @returns {Promise<number>} microseconds
 */
async function batch(isAsync, list) {
  const { llmobs, end } = peer
  const before = readCpuUs()
  await inRoute(llmobs, route, async () => {
    if (isAsync) for (let index = 0; index < list.length; index++) await traceAsync(llmobs, list[index])
    else for (let index = 0; index < list.length; index++) traceSync(llmobs, list[index])
  })
  end()
  const usedUs = readCpuUs() - before - overheadUs
  await settle(list.length)
  return usedUs
}

/** @param {number} count of spans that were made */
async function settle(count) {
  made += count
  arrived += await peer.settle(count)
}

/** @param {Batches} question @returns {Promise<number>} microseconds of a span */
async function inBatches({ isAsync, parts, before, count, cpuMsMax }) {
  const list = pools[parts]
  let [usedUs, batches] = [0, 0]
  for (; batches < count && usedUs < cpuMsMax * 1000; batches += 1) {
    if (before === 'collected') collect()
    if (before === 'rested') await delay(300)
    usedUs += await batch(isAsync, list)
  }
  return usedUs / (batches * list.length)
}

/** @param {Single} question @returns {Promise<number>} microseconds of wall time, the median */
async function afterRest({ count }) {
  const list = pools.usual
  const walls = []
  for (let index = 0; index < count; index += 1) {
    await delay(REST_MS)
    walls.push(oneWallUs(list[index % list.length]))
    if (index % list.length === list.length - 1) await settleSingles(list.length)
  }
  await settleSingles(count % list.length)
  return quantile(walls, 0.5)
}

/** @param {number} count */
function settleSingles(count) {
  peer.end()
  return settle(count)
}

/** @param {import('../support/annotations').Annotation} annotation */
function oneWallUs(annotation) {
  const startNs = process.hrtime.bigint()
  inRoute(peer.llmobs, route, () => traceSync(peer.llmobs, annotation))
  return Number(process.hrtime.bigint() - startNs) / 1000
}

async function main() {
  for (let index = 0; index < plan.warmBatches; index += 1) await batch(index % 2 === 1, pools.usual)
  process.on('message', async (/** @type {Question} */ question) => {
    const us = question.ask === 'single' ? await afterRest(question) : await inBatches(question)
    process.send?.({ us, made, arrived })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({})
}

main()
