'use strict'

const { answerHostile } = require('./hostile')

/**
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').RequestOutcome} RequestOutcome
 * @typedef {import('node:http').ServerResponse} ServerResponse
 */

/** Announced but never sent in full when the response is cut in its middle. */
const CUT_BODY_BYTES = 1000

/**
 * Carries out an action on the connection. Waiting (delay, gate) is over before it is called.
 *
 * @param {ServerResponse} response
 * @param {Action} action
 * @param {number} status what is sent when the action does not say
 * @param {(response: ServerResponse) => void} cut resets the connection
 * @returns {{ outcome: RequestOutcome, status: number | null }}
 */
function answer(response, action, status, cut) {
  if (action.stall !== undefined) return { outcome: 'stalled', status: null }
  if (action.reset === 'mid-response') {
    response.writeHead(status, { ...action.headers, 'content-length': CUT_BODY_BYTES })
    // The reset must follow the bytes, not overtake them: it is sent once they are handed to the system.
    response.write('{"', () => cut(response))
    return { outcome: 'reset', status }
  }
  if (action.reset !== undefined) {
    cut(response)
    return { outcome: 'reset', status: null }
  }
  if (action.hostile !== undefined) {
    const sent = response.socket === null ? null : answerHostile(response.socket, action.hostile)
    return { outcome: 'hostile', status: sent }
  }
  const body = action.body ?? ''
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...action.headers })
  response.end(body)
  return { outcome: 'answered', status }
}

/**
 * Whether the events of a valid body count as taken.
 *
 * @param {Action} action
 * @param {number | null} status what was sent
 */
function isTaken(action, status) {
  return action.accept ?? (status !== null && status >= 200 && status < 300)
}

module.exports = { answer, isTaken }
