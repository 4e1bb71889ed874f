'use strict'

/**
 * A span as a record. `encodeSpan` (reference/encode-span.js) makes the same event as JSON text: what the core makes of the record
 * is that text, byte for byte.
 */

const { fieldText, stringOf } = require('../values/field-text')
const { writeMessages } = require('../record/messages')
const { FLAG, OP, SHAPE } = require('../record/ops')
const { commonId } = require('../record/symbols')
const { metadataOf } = require('./span-metadata')

/** @typedef {import('../trace/span').Span} Span */
/** @typedef {import('../trace/lineage').Lineage} Lineage */
/** @typedef {import('../record/values').ValueWriter} ValueWriter */

const DEFAULT_MODEL = 'custom'
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
 * Writes a span's record up to its end, which the caller publishes. Never throws.
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
  tags.writeHead(writer, span, config, target, writeRest, writeName)
}

/**
 * @param {ValueWriter} writer
 * @param {Span} _span
 * @param {Lineage} target
 */
function writeRest(writer, _span, target) {
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
  const errors = span.collectionErrors === null ? [] : [...span.collectionErrors]
  const { kind, metrics } = span
  writer.expect(errors)
  writer.op(OP.OBJECT)
  writer.commonKey(NAME.KIND)
  writer.name(kind)
  writer.commonKey(NAME.INPUT)
  if (capturesContent) writeInput(writer, span)
  else writeValue(writer, null, 'input', OP.OBJECT)
  writer.commonKey(NAME.OUTPUT)
  writeValue(writer, capturesContent ? span.output : null, 'output', OP.OBJECT)
  if (kind === 'llm' || kind === 'embedding') {
    writer.commonKey(NAME.MODEL_NAME)
    writeName(writer, span.modelName || DEFAULT_MODEL)
    writer.commonKey(NAME.MODEL_PROVIDER)
    writeName(writer, stringOf(span.modelProvider || DEFAULT_MODEL).toLowerCase())
  }
  const metadata = metadataOf(span)
  if (metadata !== null) {
    writer.commonKey(NAME.METADATA)
    writeValue(writer, metadata, 'metadata', OP.OBJECT)
  }
  if (span.toolDefinitions !== null) {
    writer.commonKey(NAME.TOOL_DEFINITIONS)
    writeValue(writer, span.toolDefinitions, 'toolDefinitions', OP.ARRAY)
  }
  writer.op(OP.END)
  if (span.error === null) writer.op(OP.ABSENT)
  else writeError(writer, span.error)
  writeValue(writer, metrics, 'metrics', OP.OBJECT)
  writeErrors(writer, errors)
  writer.forget()
}

/**
 * @param {ValueWriter} writer
 * @param {Span} span
 */
function writeInput(writer, span) {
  const { mark } = writer
  writeValue(writer, span.input, 'input', OP.OBJECT)
  const isObject = writer.bytes[writer.start + mark] === OP.OBJECT
  if (span.kind !== 'llm' || !isObject || span.prompt === null) return
  const end = writer.mark
  // One more member: the end moves behind it.
  writer.rewind(end - 1)
  writer.commonKey(NAME.PROMPT)
  if (writer.write(span.prompt, 'prompt')) writer.op(OP.END)
  else {
    writer.rewind(end - 1)
    writer.op(OP.END)
  }
}

/**
 * @param {ValueWriter} writer
 * @param {unknown} value null: never annotated
 * @param {string} place
 * @param {number} empty what stands for no value: an empty object or list
 */
function writeValue(writer, value, place, empty) {
  if (value !== null && (writeMessages(writer, value) || writer.write(value, place))) return
  writer.op(empty)
  writer.op(OP.END)
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
  writeValue(writer, null, '', OP.OBJECT)
  writer.commonKey(NAME.OUTPUT)
  writeValue(writer, null, '', OP.OBJECT)
  writer.op(OP.END)
  writer.op(OP.ABSENT)
  writeValue(writer, null, '', OP.OBJECT)
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

module.exports = { SharedPart, writeErrors, writeName, writeSpan, writeText, writeValue }
