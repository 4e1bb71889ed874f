'use strict'

const { createHash } = require('node:crypto')

const { isHostOfOtherStream, keyFingerprint, siteOfHost, streamOfPath } = require('./address')
const { decompress, parse, tooLarge } = require('./body')
const { evaluationsOf, spansOf } = require('./wire')

/**
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {import('node:http').IncomingMessage} IncomingMessage
 * @typedef {{ status: number, events: readonly WireEvent[], body: Buffer }} Verdict
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
const ACCEPTED = 202
const EMPTY = Buffer.alloc(0)

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
 * What Datadog's intake would say to this request, and the events in it. Fills the record in.
 *
 * @param {RequestRecord} request
 * @param {import('./body').ReadBody} read
 * @param {number} maxBytes
 * @returns {Promise<Verdict>}
 */
async function judge(request, { bytes, tooLarge: isTooLarge }, maxBytes) {
  request.wireBytes = bytes.length
  const refusal = refusalOfHead(request) ?? (isTooLarge ? tooLarge(maxBytes) : null)
  if (refusal !== null) return refuse(request, refusal, EMPTY)

  const body = await decompress(bytes, request.headers['content-encoding']?.toLowerCase(), maxBytes)
  if ('problem' in body) return refuse(request, body, EMPTY)
  request.bytes = body.length
  request.bodySha256 = createHash('sha256').update(body).digest('hex')

  const parsed = parse(body)
  if ('problem' in parsed) return refuse(request, parsed, body)
  const { events, problem } = request.stream === 'spans' ? spansOf(parsed.json) : evaluationsOf(parsed.json)
  if (events === null) return refuse(request, { status: 400, problem }, body)
  request.events = events.length
  return { status: ACCEPTED, events, body }
}

/**
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

/**
 * @param {RequestRecord} request
 * @param {import('./body').Refusal} refusal
 * @param {Buffer} body
 * @returns {Verdict}
 */
function refuse(request, { status, problem }, body) {
  request.problem = problem
  return { status, events: [], body }
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

module.exports = { hasTwoKeys, judge, keyOf, recordOf }
