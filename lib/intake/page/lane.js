'use strict'

/**
 * @typedef {import('../../../testing').RequestRecord} RequestRecord
 * @typedef {import('./wire-text').Kept} Kept
 * @typedef {'ok' | 'retrying' | 'refused' | 'quiet'} LaneState
 */

const LABEL_HEADER = 'x-spanlane-tenant'
const MAX_LABEL_LENGTH = 128
const NO_KEY = 'no key'
/** Arrivals are counted in 24 steps of 5 s: two minutes are what a glance needs. */
const STEP_MS = 5000
const STEPS = 24
/** Answers after which a client tries again by itself. */
const RETRIED = new Set([408, 425, 429])
const SERVER_ERROR = 500

/** One key at one site, as the intake sees it. */
class Lane {
  spans = 0
  evaluations = 0
  errors = 0
  requests = 0
  refused = 0
  retried = 0
  bytes = 0
  lastAtMs = 0
  /** @type {number | null} */
  lastStatus = null
  /** @type {string | null} */
  lastProblem = null
  /** @type {Record<string, number>} requests by how they ended */
  byStatus = {}
  /** @type {number | null} since when nothing was taken, while the last answer was no success */
  failingSinceMs = null
  /** @type {LaneState} */
  state = 'quiet'
  /** @type {string | null} what the application calls the tenant; only loopback intakes are told */
  label = null
  /** The step of the last arrival, and spans in it and in those before. */
  lastStep = 0
  arrivals = /** @type {number[]} */ (new Array(STEPS).fill(0))

  /**
   * @param {string} site
   * @param {string | null} fingerprint
   * @param {number} number in order of the first arrival
   */
  constructor(site, fingerprint, number) {
    this.number = number
    this.site = site
    this.keyFingerprint = fingerprint ?? NO_KEY
    this.id = laneId(site, fingerprint)
  }

  /**
   * One settled request.
   *
   * @param {RequestRecord} request
   * @param {boolean} isRetry
   */
  note(request, isRetry) {
    this.requests += 1
    this.bytes += request.bytes
    this.lastAtMs = request.receivedAtMs
    this.lastStatus = request.status
    this.lastProblem = request.problem
    const ending = String(request.status ?? request.outcome)
    this.byStatus[ending] = (this.byStatus[ending] ?? 0) + 1
    if (isRetry) this.retried += 1
    this.label = labelOf(request) ?? this.label
    this.state = request.accepted ? 'ok' : stateAfter(request.status)
    if (request.accepted) {
      this.failingSinceMs = null
      return
    }
    this.refused += 1
    this.failingSinceMs ??= request.receivedAtMs
  }

  /**
   * @param {Kept} kept an event that was taken
   */
  count({ stream, event, receivedAtMs }) {
    if (stream === 'evaluations') {
      this.evaluations += 1
      return
    }
    this.spans += 1
    if (event.status === 'error') this.errors += 1
    this.#step(Math.floor(receivedAtMs / STEP_MS))
  }

  /** What the page is told, without the names: those depend on what all lanes hold. */
  toJSON() {
    const { lastStep, ...told } = this
    return { ...told, arrivedAtMs: lastStep * STEP_MS }
  }

  /** @param {number} step */
  #step(step) {
    const passed = step - this.lastStep
    if (passed > 0) {
      const moved = Math.min(passed, STEPS)
      this.arrivals = [...this.arrivals.slice(moved), ...new Array(moved).fill(0)]
      this.lastStep = step
    }
    this.arrivals[STEPS - 1] += 1
  }
}

/**
 * @param {string} site
 * @param {string | null} fingerprint
 */
function laneId(site, fingerprint) {
  return `${fingerprint ?? NO_KEY}@${site}`
}

/** @param {RequestRecord} request @returns {string | null} */
function labelOf({ headers }) {
  const given = headers[LABEL_HEADER]
  if (given === undefined || given === '') return null
  try {
    return decodeURIComponent(given).slice(0, MAX_LABEL_LENGTH)
  } catch {
    return given.slice(0, MAX_LABEL_LENGTH)
  }
}

/** @param {number | null} status of a request that was not taken @returns {LaneState} */
function stateAfter(status) {
  return status === null || status >= SERVER_ERROR || RETRIED.has(status) || status < 400
    ? 'retrying'
    : 'refused'
}

module.exports = { Lane, laneId }
