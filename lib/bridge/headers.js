'use strict'

const { subscribe, unsubscribe } = require('node:diagnostics_channel')
const { HEADER, checkCarrier, joinTags, readHeader, splitTags, writeHeader } = require('../trace/carrier')
const { TENANT_KEY, extract, inject, isOther } = require('../trace/propagation')
const { headersTooLong } = require('../trace/enter')
const { checkFunction } = require('../trace/trace')

/** dd-trace asks here what else belongs in the headers of a request that it instruments. */
const INJECT_CHANNEL = 'dd-trace:span:inject'

const STATE_HEADER = 'tracestate'
/** dd-trace's part of `tracestate` repeats the tags. */
const STATE_TAG = /^(dd=)?t\.(llmobs_|spanlane_)/

/** @typedef {import('../trace/propagation').Sender} Sender */

/** What services tell each other about the spans of a bridged tracer: by `inject` and `extract`, and by dd-trace. */
class Headers {
  #instance
  #spans
  #isSigning = false
  #sign = (/** @type {any} */ message) => this.#addTenant(message)

  /**
   * @param {Instance} instance
   * @param {import('./routed-spans').RoutedSpans} spans
   */
  constructor(instance, spans) {
    this.#instance = instance
    this.#spans = spans
  }

  /** From now on dd-trace's own headers name the tenant. It has to be asked before: the last one is asked last. */
  sign() {
    if (this.#isSigning) return
    this.#isSigning = true
    subscribe(INJECT_CHANNEL, this.#sign)
  }

  stopSigning() {
    this.#isSigning = false
    unsubscribe(INJECT_CHANNEL, this.#sign)
  }

  /**
   * dd-trace's headers of the active APM span, with what Spanlane says about the active LLM Observability span.
   *
   * @param {any} tracer
   * @param {unknown} carrier
   */
  inject(tracer, carrier) {
    checkCarrier(carrier)
    const { logger, config } = this.#instance
    if (!this.#instance.enabled) return
    const span = this.#spans.currentSpan()
    const remote = span === undefined ? this.#spans.currentRemote() : null
    copyHeaders(tracer, carrier, span !== undefined || remote !== null)
    const sender = span === undefined ? null : this.#spans.senderOf(span)
    if (inject(sender, remote, carrier, config.tagsHeaderChars)) return
    logger.warnRarely('inject', 60_000, headersTooLong(sender))
  }

  /**
   * @param {unknown} carrier
   * @param {any} fn
   */
  extract(carrier, fn) {
    checkFunction('extract', fn)
    if (!this.#instance.enabled) return fn()
    const remote = extract(carrier, this.#instance.config.tagsHeaderChars)
    if (remote === null) return fn()
    return this.#spans.runWith({ remote, span: undefined }, fn)
  }

  /**
   * Never throws: a channel would make it an uncaught exception.
   *
   * @param {any} message what dd-trace is about to send; its versions ask in two ways
   */
  #addTenant(message) {
    try {
      const span = this.#spans.currentSpan()
      const { tagsHeaderChars } = this.#instance.config
      if (span === undefined || tagsHeaderChars === 0) return
      const sender = this.#spans.senderOf(span)
      const isNamed =
        sender !== null &&
        (Array.isArray(message.traceTagReplacements)
          ? addTenantTag(message, sender, tagsHeaderChars)
          : message.carrier !== undefined && inject(sender, null, message.carrier, tagsHeaderChars))
      // Without the tag a receiver would take the trace for the application's own.
      if (!isNamed && this.#spans.lineagesOf(span) !== undefined) withhold(message)
    } catch (error) {
      this.#instance.logger.debug(`no tenant in headers: ${/** @type {Error} */ (error).message}`)
    }
  }
}

/**
 * @param {{ traceTagReplacements: (string | undefined)[], optionalTraceTagCount?: number, spanContext?: any }} message
 * @param {Sender} sender
 * @param {number} headerChars
 * @returns {boolean} false: dd-trace would send nothing at all rather than a header that is too long
 */
function addTenantTag(
  { traceTagReplacements: tags, optionalTraceTagCount = 0, spanContext },
  sender,
  headerChars
) {
  const { route, traceId } = sender.lineage
  if (route === null || route.isRefused) return false
  const tag = route.core.tenantTag(route.laneId, traceId)
  const needed = [TENANT_KEY, tag, ...tags.slice(0, tags.length - 2 * optionalTraceTagCount)]
  for (const [name, value] of Object.entries(spanContext?._trace?.tags ?? {})) {
    if (name.startsWith('_dd.p.') && !tags.includes(name)) needed.push(name, String(value))
  }
  const chars = needed.reduce((sum, text) => sum + 1 + (text?.length ?? 0), 0)
  // A comma or an equals sign behind each, but for the last.
  if (chars - 1 > headerChars) return false
  tags.unshift(TENANT_KEY, tag)
  return true
}

/** @param {any} message names nothing of LLM Observability then */
function withhold(message) {
  if (message.carrier !== undefined) {
    writeHeader(message.carrier, withoutLineage(HEADER, readHeader(message.carrier)))
  } else {
    Object.assign(message, { traceTagReplacements: [], optionalTraceTagCount: 0 })
  }
}

/**
 * @param {any} tracer
 * @param {unknown} carrier
 * @param {boolean} isReplaced whether Spanlane writes what dd-trace says about LLM Observability
 */
function copyHeaders(tracer, carrier, isReplaced) {
  const active = tracer.scope().active()
  if (active === null) return
  /** @type {Record<string, unknown>} */
  const headers = {}
  tracer.inject(active, 'http_headers', headers)
  for (const [name, value] of Object.entries(headers)) {
    const text = isReplaced ? withoutLineage(name, String(value)) : String(value)
    if (text !== '') writeHeader(carrier, text, name)
  }
}

/**
 * @param {string} name
 * @param {string} value
 * @returns {string}
 */
function withoutLineage(name, value) {
  if (name === HEADER) return joinTags(splitTags(value).filter(isOther))
  if (name !== STATE_HEADER) return value
  return value
    .split(',')
    .map(member =>
      member
        .split(';')
        .map(part => (STATE_TAG.test(part) ? part.replace(/^(dd=)?.*/, '$1') : part))
        .filter(part => part !== '')
        .join(';')
        .replace(/^dd=;/, 'dd=')
    )
    .filter(member => member !== 'dd=')
    .join(',')
}

module.exports = { Headers }
