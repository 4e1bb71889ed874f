'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { TEXTS } = require('../../lib/event/fields')
const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { Span } = require('../../lib/trace/span')
const { Misuse } = require('../../lib/misuse')
const { eventText } = require('../support/event-text')

const CONFIG = Object.freeze({
  mlApp: 'shop',
  service: 'checkout',
  env: 'test',
  version: '1.2.3',
  hostTags: [],
  tenantTags: [],
  tracerVersion: 'spanlane-0.0.0'
})

/**
 * A span as the SDK starts one, outside any context.
 *
 * @param {string} kind
 * @param {Record<string, any>} [fields]
 */
function newSpan(kind, fields = {}) {
  // Some tests put properties on prototypes.
  const own = Object.assign(Object.create(null), fields)
  const { traceId = 'f'.repeat(32), spanId = '7', parentId = null, route = null, ...others } = own
  const instance = /** @type {any} */ ({})
  const lineage = new Lineage(route)
  lineage.trace = TraceId.of(traceId)
  lineage.above = parentId === null ? null : SpanId.of(parentId)
  lineage.mlApp = 'shop'
  const span = new Span(instance, lineage, kind, 'answer', SpanId.of(spanId), 1n, 1_790_000_000_000_000_123n)
  span.texts = Object.create(null)
  for (const name of Object.keys(others)) {
    const owner = Object.hasOwn(lineage, name) ? lineage : TEXTS.includes(name) ? span.texts : span
    Reflect.set(owner, name, others[name])
  }
  return span
}

/**
 * What one annotation makes of a new span.
 *
 * @param {string} kind
 * @param {unknown} options
 * @param {import('../../lib/misuse').MisuseMode} [mode]
 */
function annotated(kind, options, mode = 'throw') {
  const span = newSpan(kind)
  /** @type {string[]} */
  const warnings = []
  const misuse = new Misuse(mode, {
    warnRarely: (_kind, _ms, message) => void warnings.push(whatOf(message))
  })
  annotateSpan(span, options, misuse)
  return { span, warnings, misuse: misuse.counts, event: () => JSON.parse(eventText(span, CONFIG)) }
}

const WARNING =
  /^SPANLANE_INVALID_ANNOTATION: \w+ span "answer": (.*?)(?:; c| C)orrect the call: .*#spanlane_invalid_annotation\)$/s

/**
 * What happened, without whose it is and what to do: that is the same for all.
 *
 * @param {string} warning
 */
function whatOf(warning) {
  const [, what] = WARNING.exec(warning) ?? []
  return what ?? `no warning about an annotation: ${warning}`
}

/**
 * For `expect(() => ...).toThrow(invalid(text))`.
 *
 * @param {string} message
 */
function invalid(message) {
  return expect.objectContaining({ name: 'TypeError', code: 'SPANLANE_INVALID_ANNOTATION', message })
}

/** Values that no getter, trap or conversion of which can be trusted. */
function revokedProxy() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** @param {string} key */
function throwing(key) {
  return Object.defineProperty({}, key, {
    enumerable: true,
    get() {
      throw new Error('hostile getter')
    }
  })
}

module.exports = { CONFIG, annotated, invalid, newSpan, revokedProxy, throwing }
