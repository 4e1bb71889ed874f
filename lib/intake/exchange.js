'use strict'

const { setTimeout: delay } = require('node:timers/promises')

const { answer, isTaken } = require('./answer')
const { readBody } = require('./body')
const { leaksOf, violation } = require('./owner')
const { judge } = require('./judge')
const { hasTwoKeys, keyOf, recordOf } = require('./request-head')
const { AFTER_BODY } = require('./script')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 * @typedef {import('node:http').ServerResponse} ServerResponse
 */

/**
 * The parts of the intake as they were when a request arrived. A reset of the intake gives later requests new ones.
 *
 * @typedef {{
 *   script: import('./script').FaultScript,
 *   requests: import('./requests').Requests,
 *   ownership: import('./owner').Ownership,
 *   gates: import('./gates').Gates,
 *   waiters: import('./waiters').Waiters,
 *   connections: import('./connections').Connections,
 *   maxBodyBytes: number,
 *   keepBodies: boolean,
 *   page: import('./page/page').Page | null,
 *   log: import('../../testing').IntakeOptions['log']
 * }} IntakeState
 */

/** @type {Action} */
const AS_USUAL = Object.freeze({})

/** One request and its answer, from the head of the one to the end of the other. */
class Exchange {
  /** @type {readonly WireEvent[]} */
  #events = []
  /** @type {import('../../testing').Violation[]} */
  #violations = []
  /** @type {string | null} */
  #retryAfter = null
  #state
  #message
  #response
  #request

  /**
   * @param {IntakeState} state
   * @param {IncomingMessage} message
   * @param {ServerResponse} response
   */
  constructor(state, message, response) {
    this.#state = state
    this.#message = message
    this.#response = response
    const number = state.requests.counts.requests + 1
    this.#request = recordOf(message, number, state.connections.numberOf(message.socket))
    state.requests.open(this.#request)
  }

  /** @returns {Promise<void>} */
  async run() {
    const { script, gates, waiters, maxBodyBytes } = this.#state
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
    const { requests, ownership, keepBodies } = this.#state
    const request = this.#request
    if (keepBodies) requests.keepBody(request, body)
    const found = [...ownership.check(request, this.#events), ...leaksOf(request, body, keyOf(this.#message))]
    if (hasTwoKeys(this.#message))
      found.push(violation('two_keys', request, [], 'it carries more than one key'))
    this.#violations = found
    requests.addViolations(found)
  }

  /**
   * @param {Action} action
   * @param {number} deserved the status when the action names none
   */
  #answer(action, deserved) {
    const { connections, requests } = this.#state
    const request = this.#request
    const { 'retry-after': retryAfter } = action.headers ?? {}
    if (retryAfter !== undefined) this.#retryAfter = String(retryAfter)
    const cut = (/** @type {ServerResponse} */ response) => connections.cut(response.socket)
    const { outcome, status } = answer(this.#response, action, action.status ?? deserved, cut)
    request.status = status
    if (status !== null) request.answeredAtMs = Date.now()
    if (request.problem === null && isTaken(action, status)) requests.accept(request, this.#events)
    this.#settle(outcome)
  }

  /** @param {import('../../testing').RequestOutcome} outcome */
  #settle(outcome) {
    const { requests, waiters, log, page } = this.#state
    this.#request.outcome = outcome
    requests.settle(this.#request)
    page?.store.add(this.#request, this.#events, this.#violations, {
      key: keyOf(this.#message),
      retryAfter: this.#retryAfter
    })
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

module.exports = { Exchange }
