'use strict'

const http = require('node:http')
const https = require('node:https')
const zlib = require('node:zlib')

/** Test keys: valid in form, of no use anywhere. */
const KEYS = Object.freeze({
  acme: 'a'.repeat(32),
  globex: 'b'.repeat(32),
  initech: 'c'.repeat(32)
})

let serial = 1000

/**
 * A span event as it is on the wire, valid unless `change` makes it otherwise.
 *
 * @param {Record<string, unknown>} [change]
 */
function spanEvent(change = {}) {
  serial += 1
  return {
    trace_id: serial.toString(16).padStart(32, '0'),
    span_id: String(serial),
    parent_id: 'undefined',
    name: 'answer',
    tags: ['env:test', 'ml_app:shop'],
    start_ns: 1_790_000_000_000_000_000,
    duration: 1_500_000,
    status: 'ok',
    meta: { 'span.kind': 'llm', input: { messages: [{ role: 'user', content: 'hi' }] }, output: {} },
    metrics: { input_tokens: 12, output_tokens: 3 },
    _dd: { span_id: String(serial), trace_id: serial.toString(16).padStart(32, '0') },
    ...change
  }
}

/** @param {Record<string, unknown>} [change] */
function metric(change = {}) {
  return {
    event_kind: 'evaluation',
    join_on: { span: { trace_id: '1'.padStart(32, '0'), span_id: '1' } },
    label: 'helpfulness',
    metric_type: 'score',
    ml_app: 'shop',
    score_value: 0.9,
    timestamp_ms: 1_790_000_000_000,
    tags: ['ml_app:shop'],
    ...change
  }
}

/** @param {unknown[]} events */
function spanBody(...events) {
  return JSON.stringify(events.map(event => envelope({ spans: [event] })))
}

/** @param {Record<string, unknown>} change */
function envelope(change) {
  return { '_dd.stage': 'raw', '_dd.tracer_version': 'spanlane-test', event_type: 'span', ...change }
}

/** @param {unknown[]} metrics */
function evaluationBody(...metrics) {
  return JSON.stringify({ data: { type: 'evaluation_metric', attributes: { metrics } } })
}

/**
 * Sends one request as a client of Datadog would.
 *
 * @param {{ url: string }} intake
 * @param {{ body?: string | Buffer, key?: string | null, site?: string, path?: string, method?: string, gzip?: boolean,
 *   headers?: Record<string, string | string[]>, stream?: 'spans' | 'evaluations', host?: string,
 *   agent?: http.Agent, ca?: string, signal?: AbortSignal }} [request]
 * @returns {Promise<{ status: number, headers: http.IncomingHttpHeaders, body: string }>}
 */
function send(intake, request = {}) {
  const { stream = 'spans', site = 'datadoghq.com', key = KEYS.acme, gzip = false } = request
  const plain = request.body ?? (stream === 'spans' ? spanBody(spanEvent()) : evaluationBody(metric()))
  const body = gzip ? zlib.gzipSync(plain) : plain
  const host = request.host ?? `${stream === 'spans' ? 'llmobs-intake' : 'api'}.${site}`
  const path = request.path ?? (stream === 'spans' ? '/api/v2/llmobs' : '/api/intake/llm-obs/v2/eval-metric')
  /** @type {Record<string, string | string[]>} */
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-spanlane-intake-host': host,
    ...(key === null ? {} : { 'dd-api-key': key }),
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    ...request.headers
  }
  const { agent, ca, signal, method = 'POST' } = request
  const client = intake.url.startsWith('https:') ? https : http
  return new Promise((resolve, reject) => {
    const outgoing = client.request(
      new URL(path, intake.url),
      { method, headers, agent, ca, signal },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        )
        response.on('error', reject)
      }
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

module.exports = { KEYS, envelope, evaluationBody, metric, send, spanBody, spanEvent }
