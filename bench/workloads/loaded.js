'use strict'

const { setTimeout: delay } = require('node:timers/promises')

/** How often the intake is asked whether everything has arrived. */
const ASK_MS = 50
/** How long the spans are waited for with which a sender has warmed up. */
const WARM_LATE_MS = 5000

/**
 * @typedef {import('../children/sender').Usage} Usage
 * @typedef {import('../children/intake').Report} Report
 * @typedef {import('../loads/loads').Load} Load
 * @typedef {Awaited<ReturnType<import('./context').Context['openIntake']>>} Intake
 *
 * @typedef {object} Outcome of one peer under one load
 * @property {Usage} load what the sender used while the load ran
 * @property {Usage} all until everything had arrived, or was given up
 * @property {number} atEnd events that had arrived when the load was over
 * @property {Report} intake
 */

/** A process with one peer and one load, which it can do again. */
class Sender {
  #child
  #intake
  #peer

  /**
   * @param {import('./context').Context} context
   * @param {Intake} intake
   * @param {string} peer
   * @param {Load} load
   * @param {number} watchMs
   */
  static async open(context, intake, peer, load, watchMs) {
    const { warmSpans } = context.scale
    const plan = { peer, url: intake.url, load, watchMs, warmSpans }
    const sinceMs = Date.now()
    const child = context.openMeasured('sender.js', plan, intake)
    const { warmed } = await child.next()
    const sender = new Sender(child, intake, peer)
    await sender.#arrived(warmed, sinceMs, WARM_LATE_MS)
    await intake.ask({ ask: 'report', sinceMs })
    return sender
  }

  /**
   * @param {ReturnType<import('./context').Context['openMeasured']>} child
   * @param {Intake} intake
   * @param {string} peer
   */
  constructor(child, intake, peer) {
    this.#child = child
    this.#intake = intake
    this.#peer = peer
  }

  /**
   * @param {number} lateMs how long after the load what has not arrived is waited for
   * @returns {Promise<Outcome>}
   */
  async run(lateMs) {
    const intake = this.#intake
    const sinceMs = Date.now()
    const load = await this.#child.ask({ ask: 'run' })
    const { events: atEnd } = await intake.ask({ ask: 'count', sinceMs })
    await this.#arrived(load.made, sinceMs, lateMs)
    const all = await this.#child.ask({ ask: 'end' })
    return { load, all, atEnd, intake: await intake.ask({ ask: 'report', sinceMs }) }
  }

  /**
   * Waits until that many events have arrived, or for `lateMs`.
   *
   * @param {number} made
   * @param {number} sinceMs
   * @param {number} lateMs
   */
  async #arrived(made, sinceMs, lateMs) {
    const wanted = this.#peer === 'none' ? 0 : made
    const endMs = performance.now() + lateMs
    const count = async () => (await this.#intake.ask({ ask: 'count', sinceMs })).events
    while ((await count()) < wanted && performance.now() < endMs) await delay(ASK_MS)
  }

  close() {
    return this.#child.close()
  }
}

/**
 * A fresh sender and a fresh intake: memory and queues of one load do not show in the next.
 *
 * @param {import('./context').Context} context
 * @param {Parameters<import('./context').Context['openIntake']>[0]} behaviour of the intake
 * @param {{ peer: string, load: Load, watchMs: number, lateMs: number }} run
 */
async function runOnce(context, behaviour, { peer, load, watchMs, lateMs }) {
  const intake = await context.openIntake(behaviour)
  const sender = await Sender.open(context, intake, peer, load, watchMs)
  const outcome = await sender.run(lateMs)
  await sender.close()
  await intake.close()
  return outcome
}

/**
 * Alternating rounds, each peer with an intake of its own and in one process that is warm: what the first round saw is
 * left out.
 *
 * @param {import('./context').Context} context
 * @param {number} delayMs before each answer of an intake
 * @param {{ peers: readonly string[], load: Load, watchMs: number, lateMs: number }} run
 * @returns {Promise<Record<string, Outcome[]>>} by peer, one for each round
 */
async function runRounds(context, delayMs, { peers, load, watchMs, lateMs }) {
  const pairs = []
  for (const peer of peers) {
    const intake = await context.openIntake({ delayMs, isExact: true })
    pairs.push({ intake, sender: await Sender.open(context, intake, peer, load, watchMs) })
  }
  /** @type {Record<string, Outcome[]>} */
  const outcomes = Object.fromEntries(peers.map(peer => [peer, []]))
  for (let round = -1; round < context.scale.rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      const outcome = await pairs[index].sender.run(lateMs)
      if (round >= 0) outcomes[peer].push(outcome)
    }
  }
  for (const { intake, sender } of pairs) {
    await sender.close()
    await intake.close()
  }
  return outcomes
}

module.exports = { runOnce, runRounds }
