'use strict'

/**
 * A span as a record. All that it holds is plain: what the application said was copied when it was said.
 */

const { Copier, MAX_CHARACTERS, MAX_ENTRIES } = require('../values/copy')
const { fieldText, stringOf } = require('../values/json-rules')
const { ANNOTATED_NULL } = require('../values/shapes')
const { FLAG, OP, SHAPE } = require('../record/ops')
const { commonId } = require('../record/symbols')
const { TOO_MUCH } = require('../record/values')

/** @typedef {import('../trace/span').Span} Span */
/** @typedef {import('../trace/lineage').Lineage} Lineage */
/** @typedef {import('../record/values').ValueWriter} ValueWriter */

/** @typedef {{ input: any, prompt: any, output: any }} Content */

const DEFAULT_MODEL = 'custom'
/** So few do not come near any limit of `Copier` but that of characters. */
const FEW_VALUES = MAX_ENTRIES
/** @type {readonly string[]} */
const NO_ERRORS = Object.freeze([])
const NO_CONTENT = Object.freeze({ input: null, prompt: null, output: null })
const NAME = Object.freeze({
  KIND: commonId('span.kind'),
  INPUT: commonId('input'),
  OUTPUT: commonId('output'),
  MODEL_NAME: commonId('model_name'),
  MODEL_PROVIDER: commonId('model_provider'),
  METADATA: commonId('metadata'),
  TOOL_DEFINITIONS: commonId('tool_definitions'),
  PROMPT: commonId('prompt'),
  ERROR_MESSAGE: commonId('error.message'),
  ERROR_TYPE: commonId('error.type'),
  ERROR_STACK: commonId('error.stack'),
  AGENT_NAME: commonId('pagent_name'),
  AGENT_SPAN_ID: commonId('pagent_span_id'),
  ROOT_PARENT_ID: commonId('undefined')
})

/** What a span says whoever receives it, as bytes of a record: written once for all targets that get the same. */
class SharedPart {
  /** @type {Buffer | null} */
  bytes = null
}

/**
 * Writes a span's record up to its end, which the caller publishes.
 *
 * @param {ValueWriter} writer
 * @param {import('./tags-record').RecordTags} tags
 * @param {number} kind one of KIND
 * @param {Span} span
 * @param {import('./tags').EventConfig} config
 * @param {Lineage} target who the span is for its receiver
 * @param {SharedPart | null} shared
 */
function writeSpan(writer, tags, kind, span, config, target, shared) {
  try {
    writeIdentity(writer, tags, kind, span, config, target)
    writer.align()
    const { mark } = writer
    if (shared !== null && shared.bytes !== null) return writer.part(shared.bytes)
    writeContent(writer, span, target.route?.options.captureContent !== false)
    if (shared !== null) {
      writer.align()
      shared.bytes = Buffer.from(writer.bytes.subarray(writer.start + mark, writer.at))
    }
  } catch {
    // Out of stack: that the span happened is still told, what it was about is not.
    writeIdentity(writer, tags, kind, span, config, target)
    writer.align()
    writeRemains(writer, span)
  }
}

/**
 * @param {ValueWriter} writer
 * @param {import('./tags-record').RecordTags} tags
 * @param {number} kind
 * @param {Span} span
 * @param {import('./tags').EventConfig} config
 * @param {Lineage} target
 */
function writeIdentity(writer, tags, kind, span, config, target) {
  let flags = span.error === null ? 0 : FLAG.ERROR
  if (span.tags?.experiment_id) flags |= FLAG.EXPERIMENTS
  writer.begin(SHAPE.SPAN, kind, flags, target.route === null ? 0 : target.route.laneId)
  writer.u64(span.startNs)
  writer.u64(span.durationNs)
  writer.traceId(target.trace)
  writer.spanId(span.id)
  if (target.above === null) writer.commonName(NAME.ROOT_PARENT_ID)
  else writer.spanId(target.above)
  writeName(writer, span.name)
  tags.write(writer, span, config, target)
  const attribution = target.agentAttribution
  if (attribution === null) writer.op(OP.ABSENT)
  else writeAttribution(writer, attribution)
  if (target.sampleRate === null) writer.op(OP.ABSENT)
  else writeName(writer, target.sampleRate)
  if (target.samplingDecision === null) writer.op(OP.ABSENT)
  else writeName(writer, target.samplingDecision)
  if (!target.sessionId) writer.op(OP.ABSENT)
  else writeText(writer, target.sessionId)
}

/**
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {boolean} capturesContent false: without inputs, outputs and prompt
 */
function writeContent(writer, span, capturesContent) {
  const { mark } = writer
  const content = capturesContent ? span : NO_CONTENT
  const metadata = metadataOf(span)
  writer.expect(FEW_VALUES, MAX_CHARACTERS)
  try {
    writeFields(writer, span, content, metadata, span.toolDefinitions, span.metrics)
    writeErrors(writer, span.collectionErrors ?? NO_ERRORS)
  } catch (error) {
    if (error !== TOO_MUCH) throw error
    writer.rewind(mark)
    writeBounded(writer, span, content, metadata)
  }
}

/**
 * The same of a span that may hold more than an event does: what several annotations said adds up.
 *
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {Content} content
 * @param {object | null} metadata
 */
function writeBounded(writer, span, content, metadata) {
  const errors = [...(span.collectionErrors ?? NO_ERRORS)]
  // A list that was cut before has one more entry, which says so.
  const copier = new Copier(errors, { entries: MAX_ENTRIES + 1 })
  const bounded = (/** @type {unknown} */ value, /** @type {string} */ place) =>
    value === null || value === ANNOTATED_NULL ? value : copier.copy(value, place)
  const input = bounded(content.input, 'input')
  const prompt = span.kind === 'llm' ? bounded(content.prompt, 'prompt') : null
  const output = bounded(content.output, 'output')
  const ofMetadata = bounded(metadata, 'metadata')
  const toolDefinitions = bounded(span.toolDefinitions, 'toolDefinitions')
  writer.expect(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  const metrics = bounded(span.metrics, 'metrics')
  writeFields(writer, span, { input, prompt, output }, ofMetadata, toolDefinitions, metrics)
  writeErrors(writer, errors)
}

/**
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {Content} content
 * @param {any} metadata
 * @param {any} toolDefinitions
 * @param {any} metrics
 */
function writeFields(writer, span, content, metadata, toolDefinitions, metrics) {
  const { kind } = span
  writer.op(OP.OBJECT)
  writer.commonKey(NAME.KIND)
  writer.name(kind)
  writer.commonKey(NAME.INPUT)
  if (kind === 'llm' && content.prompt !== null) writeInput(writer, content)
  else writeValue(writer, content.input)
  writer.commonKey(NAME.OUTPUT)
  writeValue(writer, content.output)
  if (kind === 'llm' || kind === 'embedding') {
    writer.commonKey(NAME.MODEL_NAME)
    writeName(writer, span.modelName || DEFAULT_MODEL)
    writer.commonKey(NAME.MODEL_PROVIDER)
    writeName(writer, stringOf(span.modelProvider || DEFAULT_MODEL).toLowerCase())
  }
  if (metadata !== null) {
    writer.commonKey(NAME.METADATA)
    writer.write(metadata)
  }
  if (toolDefinitions !== null) {
    writer.commonKey(NAME.TOOL_DEFINITIONS)
    writer.write(toolDefinitions)
  }
  writer.op(OP.END)
  if (span.error === null) writer.op(OP.ABSENT)
  else writeError(writer, span.error)
  writeValue(writer, metrics)
}

/**
 * @param {ValueWriter} writer
 * @param {Content} content
 */
function writeInput(writer, { input, prompt }) {
  writer.op(OP.OBJECT)
  if (input !== null) writer.fields(input)
  writer.commonKey(NAME.PROMPT)
  writer.write(prompt)
  writer.op(OP.END)
}

/**
 * @param {ValueWriter} writer
 * @param {any} value null: never annotated
 */
function writeValue(writer, value) {
  if (value === ANNOTATED_NULL) return writer.op(OP.NULL)
  if (value !== null) return writer.write(value)
  writer.op(OP.OBJECT)
  writer.op(OP.END)
}

/**
 * @param {Span} span
 * @returns {object|null} with the SDK's own part in `_dd`, when there is any
 */
function metadataOf(span) {
  const manifest = span.kind === 'agent' ? span.agentManifest : null
  if (span.costTags === null && manifest === null) return span.metadata
  const metadata = copyOf(span.metadata)
  const own = copyOf(metadata._dd)
  metadata._dd = own
  if (span.costTags !== null) own.cost_tags = span.costTags
  if (manifest !== null) {
    own.agent_manifest = {
      __proto__: null,
      framework: 'manual',
      ...manifest,
      name: manifest.name ?? span.name
    }
  }
  return metadata
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>} its own fields; none when it is not an object
 */
function copyOf(value) {
  const copy = Object.create(null)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const fields = /** @type {Record<string, unknown>} */ (value)
    for (const name of Object.keys(fields)) copy[name] = fields[name]
  }
  return copy
}

/**
 * @param {ValueWriter} writer
 * @param {{ type: string, message: string, stack: string }} error
 */
function writeError(writer, error) {
  writer.op(OP.OBJECT)
  writer.commonKey(NAME.ERROR_MESSAGE)
  writeText(writer, error.message)
  writer.commonKey(NAME.ERROR_TYPE)
  writeName(writer, error.type)
  if (error.stack) {
    writer.commonKey(NAME.ERROR_STACK)
    writeText(writer, error.stack)
  }
  writer.op(OP.END)
}

/**
 * @param {ValueWriter} writer
 * @param {{ pagent_name: string | null, pagent_span_id: string | null }} attribution
 */
function writeAttribution(writer, { pagent_name: name, pagent_span_id: spanId }) {
  writer.op(OP.OBJECT)
  writer.commonKey(NAME.AGENT_NAME)
  if (name === null) writer.op(OP.NULL)
  else writeName(writer, name)
  writer.commonKey(NAME.AGENT_SPAN_ID)
  if (spanId === null) writer.op(OP.NULL)
  else writeText(writer, spanId)
  writer.op(OP.END)
}

/**
 * @param {ValueWriter} writer
 * @param {readonly string[]} errors
 */
function writeErrors(writer, errors) {
  if (errors.length === 0) return writer.op(OP.ABSENT)
  writer.op(OP.ARRAY)
  for (const error of errors) writer.string(error)
  writer.op(OP.END)
}

/**
 * @param {ValueWriter} writer
 * @param {Span} span
 */
function writeRemains(writer, span) {
  writer.op(OP.OBJECT)
  writer.commonKey(NAME.KIND)
  writer.name(span.kind)
  writer.commonKey(NAME.INPUT)
  writeValue(writer, null)
  writer.commonKey(NAME.OUTPUT)
  writeValue(writer, null)
  writer.op(OP.END)
  writer.op(OP.ABSENT)
  writeValue(writer, null)
  writeErrors(writer, ['internal_error'])
}

/**
 * A field that is a string on the wire, whatever an application put there.
 *
 * @param {ValueWriter} writer
 * @param {unknown} value
 */
function writeText(writer, value) {
  writer.string(fieldText(value))
}

/**
 * The same, of which there are few.
 *
 * @param {ValueWriter} writer
 * @param {unknown} value
 */
function writeName(writer, value) {
  writer.name(fieldText(value))
}

module.exports = { SharedPart, writeSpan }
