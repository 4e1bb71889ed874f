'use strict'

/**
 * (b) What one span costs the JavaScript thread from `trace` to the end of its hand-over; no request. Each peer has a
 * process of its own; they take turns, and each round turns the order round.
 */

const { lostOf } = require('./context')
const { summaryOf } = require('../support/summary')

/** @typedef {import('./context').Context} Context */
/** @typedef {ReturnType<Context['openMeasured']>} Child */
/** @typedef {import('../support/summary').Summary} Summary */
/** @typedef {Record<string, number>} ByPeer */
/** @typedef {Record<string, { made: number, arrived: number }>} Counts by peer */

const name = 'whole-span'
const nodes = /** @type {const} */ ('all')
const PEERS = ['dd-trace', 'spanlane', 'floor', 'none']
const REGIMES = /** @type {const} */ (['warm', 'collected'])

/** Rows of Spanlane alone, in 1 KB of ASCII. */
const PARTS = [
  { what: 'texts only', parts: 'texts', before: 'warm' },
  { what: 'texts, metrics, metadata, tags', parts: 'full', before: 'warm' },
  { what: 'the same after 300 ms of rest', parts: 'full', before: 'rested' }
]
/** Who is measured after a rest and when it is young. */
const WALL_PEERS = ['dd-trace', 'spanlane', 'floor']

/** One process for each peer, for one size and kind of text. */
class Cell {
  #children
  #context
  #counts

  /**
   * @param {Context} context
   * @param {string} url of the intake
   * @param {{ size: number, charset: string }} text
   * @param {Counts} counts added to when the cell closes
   */
  static async open(context, url, { size, charset }, counts) {
    /** @type {Map<string, Child>} */
    const children = new Map()
    for (const peer of PEERS) {
      const { warmBatches } = context.scale.wholeSpan
      const plan = { peer, url, size, charset, seed: context.seed, warmBatches }
      const child = context.openMeasured('whole-span.js', plan, { nodeOptions: ['--expose-gc'] })
      await child.next()
      children.set(peer, child)
    }
    return new Cell(context, children, counts)
  }

  /** @param {Context} context @param {Map<string, Child>} children @param {Counts} counts */
  constructor(context, children, counts) {
    this.#context = context
    this.#children = children
    this.#counts = counts
  }

  /**
   * @param {(typeof REGIMES)[number]} before
   * @param {boolean} isAsync
   * @param {number} round
   */
  async compare(before, isAsync, round) {
    /** @type {ByPeer} */
    const us = {}
    for (const peer of inTurn(PEERS, round))
      us[peer] = await this.batches(peer, { before, isAsync, parts: 'usual' })
    return us
  }

  /**
   * @param {string} peer
   * @param {{ before: string, isAsync: boolean, parts: string }} how
   */
  async batches(peer, how) {
    const { batches, brokenBatches, cpuMsMax } = this.#context.scale.wholeSpan
    const count = how.before === 'warm' ? batches : brokenBatches
    const { us } = await this.#child(peer).ask({ ask: 'batches', ...how, count, cpuMsMax })
    return us
  }

  /** @param {string} peer @returns {Promise<number>} microseconds of wall time */
  async single(peer) {
    const { us } = await this.#child(peer).ask({
      ask: 'single',
      count: this.#context.scale.wholeSpan.singles
    })
    return us
  }

  async close() {
    for (const [peer, child] of this.#children) {
      const nothing = { before: 'warm', isAsync: false, parts: 'usual', count: 1, cpuMsMax: 1 }
      const { made, arrived } = await child.ask({ ask: 'batches', ...nothing })
      count(this.#counts, peer, made, arrived)
      await child.close()
    }
  }

  /** @param {string} peer */
  #child(peer) {
    return /** @type {Child} */ (this.#children.get(peer))
  }
}

/** @param {Context} context */
async function measure(context) {
  const intake = await context.openBlackIntake()
  const { wholeSpanSizes: sizes, wholeSpanCharsets: charsets } = context.scale
  /** @type {Counts} */
  const counts = {}
  const rows = []
  /** @type {Awaited<ReturnType<typeof alone>> | undefined} */
  let own
  for (const size of sizes) {
    for (const charset of charsets) {
      const cell = await Cell.open(context, intake.url, { size, charset }, counts)
      for (const row of await compared(context, cell)) rows.push({ size, charset, ...row })
      own ??= await alone(context, cell)
      await cell.close()
    }
  }
  const young = await youngProcesses(context, intake.url, counts)
  await intake.close()
  return { rows, ...own, young, counts }
}

/** @param {Context} context @param {Cell} cell */
async function compared({ scale: { rounds } }, cell) {
  const ways = REGIMES.flatMap(before => [false, true].map(isAsync => ({ before, isAsync })))
  /** @type {ByPeer[][]} */
  const costs = ways.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, { before, isAsync }] of ways.entries()) {
      const us = await cell.compare(before, isAsync, round)
      costs[index].push(isAsync ? withoutAwaits(us) : us)
    }
  }
  return ways.map(({ before, isAsync }, index) => ({
    before,
    mode: isAsync ? 'async' : 'sync',
    us: Object.fromEntries(PEERS.map(peer => [peer, summaryOf(costs[index].map(us => us[peer]))])),
    'dd-trace / spanlane': ratios(costs[index], 'dd-trace', 'spanlane'),
    'spanlane / floor': ratios(costs[index], 'spanlane', 'floor')
  }))
}

/**
 * What the callbacks' own awaits cost is nobody's.
 *
 * @param {ByPeer} us of one round
 */
function withoutAwaits(us) {
  return Object.fromEntries(
    Object.entries(us).map(([peer, cost]) => [peer, peer === 'none' ? cost : cost - us.none])
  )
}

/**
 * @param {ByPeer[]} costs by round
 * @param {string} over
 * @param {string} under
 * @returns {Summary} of the rounds' ratios
 */
function ratios(costs, over, under) {
  return summaryOf(costs.map(us => us[over] / us[under]))
}

/**
 * What Spanlane's spans cost with less and with more in them, and what one costs after a rest.
 *
 * @param {Context} context
 * @param {Cell} cell of 1 KB of ASCII
 */
async function alone({ scale: { rounds } }, cell) {
  /** @type {number[][]} */
  const costs = PARTS.map(() => [])
  /** @type {Record<string, number[]>} */
  const walls = Object.fromEntries(WALL_PEERS.map(peer => [peer, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [index, { parts, before }] of PARTS.entries()) {
      costs[index].push(await cell.batches('spanlane', { before, isAsync: false, parts }))
    }
    for (const peer of inTurn(WALL_PEERS, round)) walls[peer].push(await cell.single(peer))
  }
  return {
    parts: PARTS.map(({ what }, index) => ({ what, us: summaryOf(costs[index]) })),
    rested: WALL_PEERS.map(peer => ({ peer, us: summaryOf(walls[peer]) }))
  }
}

/** @param {Context} context @param {string} url @param {Counts} counts */
async function youngProcesses(context, url, counts) {
  /** @type {Record<string, { first: number[], next: number[] }>} */
  const walls = Object.fromEntries(WALL_PEERS.map(peer => [peer, { first: [], next: [] }]))
  for (let round = 0; round < context.scale.rounds; round++) {
    for (const peer of inTurn(WALL_PEERS, round)) {
      const child = context.openMeasured('first-spans.js', { peer, url, seed: context.seed + round })
      const { firstUs, nextUs, made, arrived } = await child.next()
      await child.close()
      count(counts, peer, made, arrived)
      walls[peer].first.push(firstUs)
      walls[peer].next.push(nextUs)
    }
  }
  return WALL_PEERS.map(peer => ({
    peer,
    first: summaryOf(walls[peer].first),
    next: summaryOf(walls[peer].next)
  }))
}

/**
 * @param {string[]} peers
 * @param {number} round
 * @returns {string[]} every other round from the last to the first
 */
function inTurn(peers, round) {
  return round % 2 === 0 ? peers : [...peers].reverse()
}

/** @param {Counts} counts @param {string} peer @param {number} made @param {number} arrived */
function count(counts, peer, made, arrived) {
  counts[peer] ??= { made: 0, arrived: 0 }
  counts[peer].made += made
  counts[peer].arrived += arrived
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ counts }) {
  return lostOf(counts)
}

module.exports = { name, nodes, measure, problems }
