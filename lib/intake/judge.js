'use strict'

const { createHash } = require('node:crypto')

const { decompress, parse, tooLarge } = require('./body')
const { refusalOfHead } = require('./request-head')
const { evaluationsOf, spansOf } = require('./wire')

/**
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {{ status: number, events: readonly WireEvent[], body: Buffer }} Verdict
 */

const ACCEPTED = 202
const EMPTY = Buffer.alloc(0)

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
 * @param {import('./body').Refusal} refusal
 * @param {Buffer} body
 * @returns {Verdict}
 */
function refuse(request, { status, problem }, body) {
  request.problem = problem
  return { status, events: [], body }
}

module.exports = { judge }
