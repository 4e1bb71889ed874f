'use strict'

/**
 * `annotate`: reads and checks everything it is given first, and then changes the span. What is wrong is left out, field
 * by field, or throws before anything was changed. What the application passes is copied here, so its later changes do
 * not reach the span.
 */

const { AnnotationOptions } = require('../event/fields')
const { CODES } = require('../errors')
const { BARE_PROTOTYPE, bare } = require('../values/bare')
const { Capture } = require('../values/capture')
const { FlatFields, wholeOf } = require('../values/flat')
const { MAX_COLLECTION_ERRORS } = require('../values/collection-errors')
const { hasMore, isGiven, isObject, readOptions } = require('../values/own')
const { captureInput, captureOutput } = require('./input-output')
const { captureMetrics } = require('./metrics')
const { ANNOTATION_NAMES } = require('./names')
const { captureCostTags, captureTags } = require('./tags')
const { later } = require('../values/later')

const agents = later(() => require('./agent'))
const prompts = later(() => require('./prompt'))
const toolDefinitions = later(() => require('./tool-definitions'))
const unknownNames = later(() => require('./unknown-names'))

/** @typedef {Record<string, any>} Fields */

/**
 * Which fields hold already what a span keeps: bare objects that are nobody else's, of plain values under the names of the
 * intake. Nothing is asked of these.
 *
 * @typedef {object} IsPlain
 * @property {boolean} metadata
 * @property {boolean} metrics
 * @property {boolean} tags
 */

/** @type {IsPlain} */
const NOTHING_IS_PLAIN = Object.freeze({ metadata: false, metrics: false, tags: false })

/**
 * Annotates a span. A value of the wrong type or shape is misuse: it is left out, or throws a TypeError with the code
 * SPANLANE_INVALID_ANNOTATION and leaves the span as it was. Values that cannot be serialised never throw: they are
 * replaced, and named in the span's collection errors.
 * @param {Span} span of this SDK, not finished
 * @param {unknown} options
 * @param {Misuse | null} [misuse] null: it throws
 * @param {string[] | null} [errors] given when nobody chose the values: what of them could not be collected so far
 */
function annotateSpan(span, options, misuse = null, errors = null) {
  const capture = new Capture(misuse, CODES.INVALID_ANNOTATION, span, errors)
  if (!isObject(options)) return capture.wrong('No options provided for annotation.')
  const given = readAll(capture, options)
  if (hasMore(options, AnnotationOptions.count(given)))
    unknownNames().readUnknown(capture, 'annotate', ANNOTATION_NAMES, options, given)
  if (isGiven(given.agent) && span.kind !== 'agent') {
    capture.warn(
      'Dropping agent annotation on non-agent span kind, annotating agents is only supported for agent spans.'
    )
    given.agent = undefined
  }
  change(capture, span, given)
}

/**
 * Annotates a span with what this SDK has read of somebody else's: nothing in it is misnamed, and the span has a place for
 * all of it.
 * @param {Span} span
 * @param {AnnotationOptions} given undefined is what is not said
 * @param {IsPlain} isPlain
 * @param {Misuse} misuse
 * @param {string[]} errors what of it could not be collected so far
 */
function annotateCollected(span, given, isPlain, misuse, errors) {
  const capture = new Capture(misuse, CODES.INVALID_ANNOTATION, span, errors)
  change(capture, span, given, isPlain)
}

/**
 * Annotates a span at its start with what an annotation context says. A context's agent is kept by spans of any
 * kind: an integration may find out later that its span is an agent's.
 * @param {Span} span
 * @param {unknown} options `tags`, `costTags`, `prompt` and `agent` of the context
 * @param {Misuse | null} [misuse] null: what is wrong throws
 */
function annotateFromContext(span, options, misuse = null) {
  if (!isObject(options)) return
  const capture = new Capture(misuse, CODES.INVALID_ANNOTATION, span)
  const given = readAll(capture, options)
  // A context says nothing of these.
  given.inputData = given.outputData = given.metadata = given.metrics = given.toolDefinitions = undefined
  change(capture, span, given)
}

/**
 * @param {Capture} capture
 * @param {object} options
 * @returns {AnnotationOptions} undefined is what was not given, and what could not be read
 */
function readAll(capture, options) {
  return readOptions(new AnnotationOptions(), options, AnnotationOptions, capture)
}

/**
 * Captures all that is given, and then changes the span: what throws leaves it as it was.
 * @param {Capture} capture
 * @param {Span} span
 * @param {Fields} given
 * @param {IsPlain} [isPlain]
 */
function change(capture, span, given, isPlain = NOTHING_IS_PLAIN) {
  const input = captureInput(capture, span.kind, given.inputData)
  const output = captureOutput(capture, span.kind, given.outputData)
  let metadata
  if (given.metadata)
    metadata = isPlain.metadata
      ? merged(span.saidMetadata, given.metadata)
      : mergedMetadata(capture, span.saidMetadata, given.metadata)
  const metrics = given.metrics
    ? merged(span.saidMetrics, isPlain.metrics ? given.metrics : captureMetrics(capture, given.metrics))
    : undefined
  const tags = given.tags
    ? merged(span.tags, isPlain.tags ? given.tags : captureTags(capture, given.tags))
    : undefined
  // Cost tags may name the tags of the same call, but not the one that a prompt brings along.
  const costTags = isGiven(given.costTags) ? mergedCostTags(capture, span, given.costTags, tags) : undefined
  const prompt = given.prompt ? newPrompt(capture, span, given.prompt) : undefined
  const definitions = isGiven(given.toolDefinitions)
    ? toolDefinitions().captureToolDefinitions(capture, given.toolDefinitions)
    : undefined
  const agent = isGiven(given.agent) ? agents().captureAgent(capture, given.agent) : null
  const allTags = prompt === undefined ? tags : merged(tags ?? span.tags, prompts().PROMPT_TAG)
  const agentManifest = agent === null ? undefined : merged(span.agentManifest, agent)
  if (input !== undefined) span.saidInput = input
  if (output !== undefined) span.saidOutput = output
  if (metadata !== undefined) span.saidMetadata = metadata
  if (metrics !== undefined) span.saidMetrics = metrics
  if (allTags !== undefined) span.tags = allTags
  if (costTags !== undefined) span.costTags = costTags
  if (prompt !== undefined) span.prompt = prompt
  if (definitions !== undefined) span.toolDefinitions = definitions
  if (agentManifest !== undefined) span.agentManifest = agentManifest
  if (capture.hasErrors) noteErrors(span, capture.errors)
}

/**
 * A metadata key given as undefined takes back what an earlier annotation said.
 * @param {Capture} capture
 * @param {FlatFields|Fields|null} current
 * @param {unknown} given
 * @returns {FlatFields|Fields|undefined}
 */
function mergedMetadata(capture, current, given) {
  const flat = current === null && isObject(given) ? capture.flat(given, 'metadata') : null
  const metadata = flat ?? capture.json(given, 'metadata')
  if (!isObject(given) || !isObject(metadata)) {
    capture.warn(`metadata must be an object, got ${typeof given}. Ignoring value.`)
    return undefined
  }
  const next = /** @type {Fields} */ (merged(current, metadata))
  if (current === null) return next
  for (const name of capture.keys(given, 'metadata')) if (!Object.hasOwn(metadata, name)) delete next[name]
  return next
}

/**
 * @param {Capture} capture
 * @param {Span} span
 * @param {unknown} given
 * @param {Fields|undefined} tags new tags of the span, if it gets any
 * @returns {string[]|undefined}
 */
function mergedCostTags(capture, span, given, tags) {
  const costTags = captureCostTags(capture, given, tags ?? span.tags)
  if (costTags.length === 0) return undefined
  return [...new Set([...(span.costTags ?? []), ...costTags])]
}

/**
 * @param {Capture} capture
 * @param {Span} span
 * @param {unknown} given
 * @returns {Fields|undefined}
 */
function newPrompt(capture, span, given) {
  if (span.kind === 'llm') return prompts().capturePrompt(capture, given, span)
  capture.warn(
    'Dropping prompt on non-LLM span kind, annotating prompts is only supported for LLM span kinds.'
  )
  return undefined
}

/**
 * @param {Span} span
 * @param {string[]} errors
 */
function noteErrors(span, errors) {
  span.collectionErrors = [...new Set([...(span.collectionErrors ?? []), ...errors])].slice(
    0,
    MAX_COLLECTION_ERRORS
  )
}

/**
 * An object without a prototype: a key such as `__proto__` is one like any other.
 * @param {FlatFields|Fields|null} current
 * @param {FlatFields|Fields} added nobody else's
 * @returns {FlatFields|Fields}
 */
function merged(current, added) {
  if (current === null && (added instanceof FlatFields || Object.getPrototypeOf(added) === BARE_PROTOTYPE))
    return added
  const next = bare()
  for (const fields of [wholeOf(current), wholeOf(added)]) {
    if (fields !== null) for (const name of Object.keys(fields)) next[name] = fields[name]
  }
  return next
}

module.exports = { annotateCollected, annotateFromContext, annotateSpan }
