'use strict'

const { Copier } = require('../values/copy')
const { detached } = require('../values/detached')
const { methodOf } = require('../values/methods')
const { ANNOTATED_NULL } = require('../values/shapes')
const { typeName } = require('../values/own')
const { tagsOf } = require('./tags')
const { Span } = require('../trace/span')
const { NativePromise } = require('../values/native-promise')

/** @typedef {{ role: string, content: any }} Part */

/** What a processor sees of a span, in dd-trace's shape, and whose span it is. */
class LLMObservabilitySpan {
  /** @type {Record<string, string> | null} */
  #tags = null
  #readTags

  /**
   * @param {Span} span
   * @param {string | null} tenant
   * @param {() => Record<string, string>} readTags
   */
  constructor(span, tenant, readTags) {
    this.kind = span.kind
    this.tenant = tenant
    this.input = partsOf(span, span.input)
    this.output = partsOf(span, span.output)
    this.#readTags = readTags
  }

  /**
   * @param {string} key
   * @returns {string | undefined}
   */
  getTag(key) {
    this.#tags ??= this.#readTags()
    return this.#tags[key]
  }
}

/** A processor returned neither a span nor null. */
class NoSpan extends Error {}

/**
 * Shows the span to one processor and takes back what it left of it.
 *
 * @param {Span} span changed in place
 * @param {Lineage} target
 * @param {import('./tags').EventConfig} config
 * @param {(span: LLMObservabilitySpan) => unknown} processor
 * @returns {boolean | Promise<boolean>} false: the span is dropped. Throws and rejects as the processor does
 */
function runProcessor(span, target, config, processor) {
  const shown = new LLMObservabilitySpan(span, target.route?.tenant ?? null, () =>
    readTags(span, config, target)
  )
  const result = processor(shown)
  if (methodOf(result, 'then') === null) return takeBack(span, result)
  return NativePromise.resolve(result).then(settled => takeBack(span, settled))
}

/**
 * @param {Span} span
 * @param {unknown} shown what the processor returned
 * @returns {boolean} false: it wants the span dropped
 * @throws {NoSpan} for what is neither a span nor null: a forgotten `return` is no wish
 */
function takeBack(span, shown) {
  if (shown === null) return false
  if (!(shown instanceof LLMObservabilitySpan)) throw new NoSpan(`returned ${typeName(shown)}`)
  span.input = contentOf(span, span.input, shown.input)
  span.output = contentOf(span, span.output, shown.output)
  return true
}

/**
 * Makes plain what the last processor left: it may be anything.
 *
 * @param {Span} span changed in place
 */
function capture(span) {
  const errors = [...(span.collectionErrors ?? [])]
  const copier = new Copier(errors)
  span.input = copyOf(copier, span.input, 'input')
  span.output = copyOf(copier, span.output, 'output')
  if (errors.length > 0) span.collectionErrors = errors
}

/**
 * @param {Copier} copier
 * @param {unknown} content
 * @param {string} place
 */
function copyOf(copier, content, place) {
  return content === null || content === ANNOTATED_NULL ? content : (copier.copy(content, place) ?? null)
}

/**
 * A span of its own for one target, so that one tenant's processor does not mask another's copy.
 *
 * @param {Span} span
 * @returns {Span}
 */
function separate(span) {
  const copy = Object.assign(Object.create(Span.prototype), span)
  copy.input = detachedOf(span, span.input)
  copy.output = detachedOf(span, span.output)
  return copy
}

/**
 * @param {Span} span
 * @param {any} content
 */
function detachedOf(span, content) {
  return span.kind === 'experiment' ? content : detached(content)
}

/**
 * @param {Span} span
 * @param {any} content
 * @returns {Part[]}
 */
function partsOf(span, content) {
  if (content === null) return []
  if (span.kind === 'experiment') return [{ role: '', content: content === ANNOTATED_NULL ? null : content }]
  if (content.messages !== undefined) return content.messages
  if (content.documents !== undefined) {
    return content.documents.map((/** @type {any} */ document) => ({ role: '', content: document.text }))
  }
  return [{ role: '', content: content.value }]
}

/**
 * @param {Span} span
 * @param {any} before
 * @param {unknown} parts what the processor left
 * @returns {any} null when nothing is left
 */
function contentOf(span, before, parts) {
  if (before === null || !Array.isArray(parts) || parts.length === 0) return null
  if (span.kind === 'experiment') {
    const content = parts[0]?.content ?? null
    return content === null && before === ANNOTATED_NULL ? before : content
  }
  if (before.messages !== undefined) return { messages: parts }
  if (before.documents !== undefined) {
    return { documents: parts.map((part, index) => ({ ...before.documents[index], text: part?.content })) }
  }
  return { value: parts[0]?.content }
}

/**
 * @param {Span} span
 * @param {import('./tags').EventConfig} config
 * @param {Lineage} target
 * @returns {Record<string, string>} the tags as they will be sent
 */
function readTags(span, config, target) {
  /** @type {Record<string, string>} */
  const tags = Object.create(null)
  for (const tag of tagsOf(span, config, target)) {
    const colon = tag.indexOf(':')
    tags[tag.slice(0, colon)] ??= tag.slice(colon + 1)
  }
  return tags
}

module.exports = { NoSpan, capture, runProcessor, separate }
