'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { answer, isTaken } = require('./answer')
const { readBody } = require('./body')
const { leaksOf, violation } = require('./owner')
const { hasTwoKeys, judge, keyOf, recordOf } = require('./reception')
const { AFTER_BODY } = require('./script')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 * @typedef {import('node:http').ServerResponse} ServerResponse
 */

/**
 * What a request meets: the parts of the intake as they were when it arrived. A reset of the intake gives later
 * requests new ones.
 *
 * @typedef {{
 *   script: import('./script').FaultScript,
 *   records: import('./records').Records,
 *   ownership: import('./owner').Ownership,
 *   gates: import('./gates').Gates,
 *   waiters: import('./waiters').Waiters,
 *   connections: import('./connections').Connections,
 *   maxBodyBytes: number,
 *   keepBodies: boolean,
 *   log: import('../../testing').IntakeOptions['log']
 * }} Desk
 */

/** @type {Action} */
const AS_USUAL = Object.freeze({})

/** One request, from its head to the end of its answer. */
class Visit {
  /** @type {readonly WireEvent[]} */
  #events = []
  #desk
  #message
  #response
  #request

  /**
   * @param {Desk} desk
   * @param {IncomingMessage} message
   * @param {ServerResponse} response
   */
  constructor(desk, message, response) {
    this.#desk = desk
    this.#message = message
    this.#response = response
    const number = desk.records.counts.requests + 1
    this.#request = recordOf(message, number, desk.connections.numberOf(message.socket))
    desk.records.open(this.#request)
  }

  /** @returns {Promise<void>} */
  async run() {
    const { script, gates, waiters, maxBodyBytes } = this.#desk
    const request = this.#request
    const gone = new AbortController()
    // It closes after each answer, too; the reason given spares the making of an error object.
    this.#response.once('close', () => this.#response.writableEnded || gone.abort('closed'))
    this.#response.on('error', () => gone.abort('closed'))

    const early = script.next(request, null)
    if (early !== AFTER_BODY && (early?.reset === 'before-body' || early?.stall === 'before-body')) {
      this.#answer(early, 0)
      return
    }
    const read = await readBody(this.#message, maxBodyBytes)
    if (read === null) {
      this.#settle('aborted')
      return
    }
    const verdict = await judge(request, read, maxBodyBytes)
    this.#events = verdict.events
    this.#inspect(verdict.body)
    waiters.poke()

    const action = await this.#ownCode(async () => {
      const scripted = early === AFTER_BODY ? script.next(request, this.#events) : early
      const told = await gates.pass(request, this.#events, gone.signal)
      return told ?? (scripted === AFTER_BODY ? null : scripted) ?? AS_USUAL
    })
    await untilDue(action, gone.signal)
    if (gone.signal.aborted) this.#settle('aborted')
    else this.#answer(action, verdict.status)
  }

  /**
   * Runs functions that the test gave. One that throws shows in the request, instead of leaving it unanswered.
   *
   * @param {() => Promise<Action>} choose
   * @returns {Promise<Action>}
   */
  async #ownCode(choose) {
    try {
      return await choose()
    } catch (error) {
      this.#request.problem = `the script threw: ${error}`
      return { status: 500 }
    }
  }

  /** @param {Buffer} body */
  #inspect(body) {
    const { records, ownership, keepBodies } = this.#desk
    const request = this.#request
    if (keepBodies) records.keepBody(request, body)
    const found = [...ownership.check(request, this.#events), ...leaksOf(request, body, keyOf(this.#message))]
    if (hasTwoKeys(this.#message))
      found.push(violation('two_keys', request, [], 'it carries more than one key'))
    records.blame(found)
  }

  /**
   * @param {Action} action
   * @param {number} deserved the status when the action names none
   */
  #answer(action, deserved) {
    const { connections, records } = this.#desk
    const request = this.#request
    const cut = (/** @type {ServerResponse} */ response) => connections.cut(response.socket)
    const { outcome, status } = answer(this.#response, action, action.status ?? deserved, cut)
    request.status = status
    if (status !== null) request.answeredAtMs = Date.now()
    if (request.problem === null && isTaken(action, status)) records.accept(request, this.#events)
    this.#settle(outcome)
  }

  /** @param {import('../../testing').RequestOutcome} outcome */
  #settle(outcome) {
    const { records, waiters, log } = this.#desk
    this.#request.outcome = outcome
    records.settle(this.#request)
    log?.(this.#request, this.#events)
    waiters.poke()
  }
}

/**
 * @param {Action} action
 * @param {AbortSignal} gone
 */
async function untilDue({ gate, delayMs }, gone) {
  if (gate === undefined && delayMs === undefined) return
  const left = new Promise(resolve => gone.addEventListener('abort', resolve, { once: true }))
  if (gate !== undefined) await Promise.race([gate, left])
  if (delayMs !== undefined) await delay(delayMs, undefined, { signal: gone }).catch(() => undefined)
}

module.exports = { Visit }
