'use strict'

const { createHash, timingSafeEqual } = require('node:crypto')

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */

/**
 * Sent with every answer of the page. There is no header of CORS among them, ever: what arrived is for nobody else's
 * page to read.
 */
const HEADERS = Object.freeze({
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY'
})
/** What is no page may load nothing at all. */
const CLOSED_POLICY = "default-src 'none'; frame-ancestors 'none'"
const SAME_SITE = new Set(['same-origin', 'none'])

/**
 * Whether a request for the page comes from the page, or from the person at this machine. A name that somebody else
 * lets point to loopback (DNS rebinding) is in `Host`; a page of somebody else is in `Origin` and `Sec-Fetch-Site`.
 *
 * @param {IncomingMessage} message
 * @param {number} port that the intake listens on
 * @returns {string | null} why not
 */
function refusalOf({ method, headers }, port) {
  const host = String(headers.host ?? '').toLowerCase()
  if (![`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(host)) {
    return `the page answers at 127.0.0.1:${port} and localhost:${port} only`
  }
  const { origin } = headers
  if (origin !== undefined && ![`http://${host}`, `https://${host}`].includes(origin.toLowerCase())) {
    return 'the page answers its own origin only'
  }
  const site = headers['sec-fetch-site']
  if (site !== undefined && !SAME_SITE.has(String(site))) return 'the page answers its own site only'
  if (method === 'POST' && origin === undefined) return 'a change needs the header Origin'
  return null
}

/**
 * Other users of the machine can open a loopback port: with a token only who was given the link reads what arrived.
 *
 * @param {IncomingMessage} message
 * @param {string} token
 */
function hasToken({ headers }, token) {
  const [given, wanted] = [headers.authorization ?? '', `Bearer ${token}`].map(text =>
    createHash('sha256').update(text).digest()
  )
  return timingSafeEqual(given, wanted)
}

module.exports = { CLOSED_POLICY, HEADERS, hasToken, refusalOf }
