'use strict'

const { keyFingerprint } = require('./address')
const { HOSTILITIES } = require('./hostile')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').Match} Match
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').Rule} Rule
 * @typedef {import('../../testing').Script} Script
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {(request: RequestRecord, events: readonly WireEvent[] | null) => boolean | null} Test
 */

const MATCH_FIELDS = ['site', 'host', 'path', 'stream', 'key', 'keyFingerprint', 'where']
const ACTION_FIELDS = [
  'status',
  'headers',
  'body',
  'delayMs',
  'gate',
  'reset',
  'stall',
  'hostile',
  'accept',
  'times'
]
const RESETS = ['before-body', 'after-body', 'mid-response']
const STALLS = [true, 'before-body']

/** The choice has to wait until the body was read. */
const AFTER_BODY = Symbol('after body')

/** Decides how each request is treated. Holds no connection and waits for nothing. */
class FaultScript {
  /** @type {((request: RequestRecord, events: readonly WireEvent[]) => Action | null | undefined) | null} */
  #choose = null
  /** @type {{ test: Test, actions: { action: Action, left: number }[] }[]} */
  #rules = []

  /** @param {Script | null | undefined} script */
  constructor(script) {
    if (typeof script === 'function') this.#choose = script
    else if (script !== null && script !== undefined) this.#rules = [script].flat().map(compileRule)
  }

  /**
   * @param {RequestRecord} request
   * @param {readonly WireEvent[] | null} events null while the body is not read
   * @returns {Action | null | typeof AFTER_BODY}
   */
  next(request, events) {
    if (this.#choose !== null) {
      if (events === null) return AFTER_BODY
      const action = this.#choose(request, events) ?? null
      if (action !== null) checkAction(action, 'script()')
      return action
    }
    for (const { test, actions } of this.#rules) {
      const turn = actions.find(one => one.left > 0)
      if (turn === undefined) continue
      const verdict = test(request, events)
      if (verdict === null) return AFTER_BODY
      if (!verdict) continue
      turn.left -= 1
      return turn.action
    }
    return null
  }
}

/**
 * @param {Rule} rule
 * @param {number} index
 */
function compileRule(rule, index) {
  const at = `script[${index}]`
  known(rule, ['match', 'actions'], at)
  if (!Array.isArray(rule.actions)) throw new TypeError(`${at}.actions must be an array`)
  const actions = rule.actions.map((action, position) => {
    checkAction(action, `${at}.actions[${position}]`)
    return { action, left: action.times ?? 1 }
  })
  return { test: compileMatch(rule.match, `${at}.match`), actions }
}

/**
 * @param {Match | undefined} match
 * @param {string} at
 * @returns {Test} answers null when it cannot tell before the body was read
 */
function compileMatch(match = {}, at = 'match') {
  known(match, MATCH_FIELDS, at)
  const { site, host, path, stream, key, where } = match
  const fingerprint = key === undefined ? match.keyFingerprint : keyFingerprint(key)
  if (where !== undefined && typeof where !== 'function')
    throw new TypeError(`${at}.where must be a function`)
  return (request, events) => {
    const fits =
      (site === undefined || request.site === site) &&
      (host === undefined || request.host === host) &&
      (path === undefined || request.path === path) &&
      (stream === undefined || request.stream === stream) &&
      (fingerprint === undefined || request.keyFingerprint === fingerprint)
    if (!fits || where === undefined) return fits
    return events === null ? null : where(request, events)
  }
}

/**
 * @param {Action} action
 * @param {string} at
 */
function checkAction(action, at) {
  known(action, ACTION_FIELDS, at)
  const { status, delayMs, reset, stall, hostile, times } = action
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 999)) {
    throw new RangeError(`${at}.status must be a final HTTP status`)
  }
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs >= 0)) {
    throw new RangeError(`${at}.delayMs must be 0 or more`)
  }
  if (
    times !== undefined &&
    !(times === Number.POSITIVE_INFINITY || (Number.isInteger(times) && times >= 0))
  ) {
    throw new RangeError(`${at}.times must be an integer of 0 or more, or Infinity`)
  }
  if (reset !== undefined) among(reset, RESETS, `${at}.reset`)
  if (stall !== undefined) among(stall, STALLS, `${at}.stall`)
  if (hostile !== undefined) among(hostile, HOSTILITIES, `${at}.hostile`)
}

/**
 * @param {unknown} value
 * @param {readonly unknown[]} allowed
 * @param {string} at
 */
function among(value, allowed, at) {
  if (!allowed.includes(value)) throw new TypeError(`${at} must be one of: ${allowed.join(', ')}`)
}

/**
 * A misspelt fault would be a test that tests nothing.
 *
 * @param {unknown} value
 * @param {string[]} fields
 * @param {string} at
 */
function known(value, fields, at) {
  if (value === null || typeof value !== 'object') throw new TypeError(`${at} must be an object`)
  const unknown = Object.keys(value).find(field => !fields.includes(field))
  if (unknown !== undefined)
    throw new TypeError(`${at}.${unknown} is not known; allowed: ${fields.join(', ')}`)
}

module.exports = { AFTER_BODY, FaultScript, compileMatch }
