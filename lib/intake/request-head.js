'use strict'

const { isHostOfOtherStream, keyFingerprint, siteOfHost, streamOfPath } = require('./address')

/**
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 */

const KEY_HEADER = 'dd-api-key'
const HOST_HEADER = 'x-spanlane-intake-host'
/** Headers that carry credentials: never kept. */
const SECRET_HEADERS = new Set([
  KEY_HEADER,
  'dd-application-key',
  'authorization',
  'proxy-authorization',
  'cookie'
])

/**
 * @param {IncomingMessage} message
 * @param {number} number
 * @param {number} connection
 * @returns {RequestRecord}
 */
function recordOf(message, number, connection) {
  const path = (message.url ?? '').split('?')[0]
  const host = textOf(message.headers[HOST_HEADER]) || textOf(message.headers.host)
  const key = keyOf(message)
  return {
    number,
    connection,
    method: message.method ?? '',
    path,
    host,
    site: siteOfHost(host),
    stream: streamOfPath(path),
    keyFingerprint: key === '' ? null : keyFingerprint(key),
    headers: publicHeadersOf(message),
    receivedAtMs: Date.now(),
    answeredAtMs: null,
    status: null,
    outcome: 'pending',
    events: 0,
    accepted: false,
    bytes: 0,
    wireBytes: 0,
    bodySha256: null,
    problem: null
  }
}

/**
 * What is wrong with a request whatever its body says.
 *
 * @param {RequestRecord} request
 * @returns {import('./body').Refusal | null}
 */
function refusalOfHead({ method, stream, host, keyFingerprint: fingerprint, headers }) {
  if (stream === null) return { status: 404, problem: 'unknown path' }
  if (method !== 'POST') return { status: 405, problem: 'method is not POST' }
  if (isHostOfOtherStream(host, stream)) return { status: 404, problem: `${host} does not serve ${stream}` }
  if (fingerprint === null) return { status: 403, problem: `header ${KEY_HEADER} is missing` }
  if (!/^application\/json *(?:; *charset=utf-8)?$/i.test(headers['content-type'] ?? '')) {
    return { status: 415, problem: 'content-type is not application/json' }
  }
  return null
}

/** @param {IncomingMessage} message */
function keyOf(message) {
  return textOf(message.headers[KEY_HEADER]).trim()
}

/** @param {IncomingMessage} message */
function hasTwoKeys({ rawHeaders }) {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  return names.filter(name => name.toLowerCase() === KEY_HEADER).length > 1
}

/** @param {IncomingMessage} message */
function publicHeadersOf({ headers }) {
  /** @type {Record<string, string>} */
  const kept = {}
  for (const [name, value] of Object.entries(headers)) {
    if (!SECRET_HEADERS.has(name)) kept[name] = textOf(value)
  }
  return kept
}

/** @param {string | string[] | undefined} value */
function textOf(value) {
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

module.exports = { hasTwoKeys, keyOf, recordOf, refusalOfHead }
