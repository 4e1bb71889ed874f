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
    const child = context.openMeasured('sender.js', plan, intake)
    const { warmed } = await child.next()
    const sender = new Sender(child, intake, peer)
    await sender.#arrived(warmed, WARM_LATE_MS)
    await intake.ask({ ask: 'report' })
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
    const load = await this.#child.ask({ ask: 'run' })
    const { events: atEnd } = await intake.ask({ ask: 'count' })
    await this.#arrived(load.made, lateMs)
    const all = await this.#child.ask({ ask: 'end' })
    return { load, all, atEnd, intake: await intake.ask({ ask: 'report' }) }
  }

  /**
   * Waits until that many events have arrived, or for `lateMs`.
   *
   * @param {number} made
   * @param {number} lateMs
   */
  async #arrived(made, lateMs) {
    const wanted = this.#peer === 'none' ? 0 : made
    const endMs = performance.now() + lateMs
    const arrived = async () => (await this.#intake.ask({ ask: 'count' })).events >= wanted
    while (!(await arrived()) && performance.now() < endMs) await delay(ASK_MS)
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
 * Alternating rounds, each peer in one process that is warm: what the first round saw is left out.
 *
 * @param {import('./context').Context} context
 * @param {Intake} intake
 * @param {{ peers: readonly string[], load: Load, watchMs: number, lateMs: number }} run
 * @returns {Promise<Record<string, Outcome[]>>} by peer, one for each round
 */
async function runRounds(context, intake, { peers, load, watchMs, lateMs }) {
  const senders = []
  for (const peer of peers) senders.push(await Sender.open(context, intake, peer, load, watchMs))
  /** @type {Record<string, Outcome[]>} */
  const outcomes = Object.fromEntries(peers.map(peer => [peer, []]))
  for (let round = -1; round < context.scale.rounds; round++) {
    for (const [index, peer] of peers.entries()) {
      const outcome = await senders[index].run(lateMs)
      if (round >= 0) outcomes[peer].push(outcome)
    }
  }
  for (const sender of senders) await sender.close()
  return outcomes
}

module.exports = { runOnce, runRounds }
