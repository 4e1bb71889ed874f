'use strict'

/**
 * A span as a record. All that it holds is plain: what the application said was copied when it was said.
 */

const { Copier, MAX_ENTRIES } = require('../values/copy')
const { FlatFields, FlatMessages, wholeOf } = require('../values/flat')
const { fieldText } = require('../values/json-rules')
const { ANNOTATED_NULL } = require('../values/shapes')
const { SENDABLE_CHARACTERS, keptCharacters } = require('../values/shorten')
const { FLAG, OP, SHAPE } = require('../record/ops')
const { commonId } = require('../record/symbols')
const { TOO_MUCH } = require('../record/values')
const { fieldOf, metadataOf, modelName, modelProvider } = require('./fields')

/** @typedef {import('../record/values').ValueWriter} ValueWriter */
/** @typedef {import('../trace/span').WireLink} WireLink */

const { hasOwn } = Object

/** So few do not come near any limit of `Copier` but that of characters. */
const FEW_VALUES = MAX_ENTRIES
/** @type {readonly string[]} */
const NO_ERRORS = Object.freeze([])
/** What of a span may be a list. */
const SAID = /** @type {const} */ (['saidInput', 'saidOutput', 'saidMetadata', 'saidMetrics'])
/** The fields of the table that stand in a record under their names. */
const FIELD = Object.freeze({
  KIND: fieldOf('span.kind'),
  INPUT: fieldOf('input'),
  PROMPT: fieldOf('prompt'),
  OUTPUT: fieldOf('output'),
  MODEL_NAME: fieldOf('model_name'),
  MODEL_PROVIDER: fieldOf('model_provider'),
  METADATA: fieldOf('metadata'),
  TOOL_DEFINITIONS: fieldOf('tool_definitions'),
  ERROR_MESSAGE: fieldOf('error.message'),
  ERROR_TYPE: fieldOf('error.type'),
  ERROR_STACK: fieldOf('error.stack'),
  METRICS: fieldOf('metrics')
})
const NAME = Object.freeze({
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
    const links = span.links === null ? null : linksFor(span.links, target)
    if (links !== null) return writeLinked(writer, tags, kind, span, config, target, links)
    writeIdentity(writer, tags, kind, span, config, target)
    writer.align()
    const { mark } = writer
    if (shared !== null && shared.bytes !== null) return writer.part(shared.bytes)
    writeContent(writer, writeParts, span, target, null)
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
  // Code that reads a tag by its place is thrown away with the last span that has the same tags.
  const { tags: own } = span
  if (own !== null && hasOwn(own, 'experiment_id') && own.experiment_id) flags |= FLAG.EXPERIMENTS
  writer.begin(SHAPE.SPAN, kind, flags, target.route === null ? 0 : target.route.laneId)
  writer.span(span.startNs, span.durationNs, target.trace, span.id, target.above, NAME.ROOT_PARENT_ID)
  writeName(writer, span.name)
  const attribution = target.agentAttribution
  const { sampleRate, samplingDecision } = target
  const tagsId = tags.commonId(writer, span, config, target)
  if (tagsId !== -1 && attribution === null && sampleRate !== null && samplingDecision !== null) {
    return writer.usualHead(tagsId, sampleRate, samplingDecision)
  }
  tags.write(writer, span, config, target)
  if (attribution === null) writer.op(OP.ABSENT)
  else writeAttribution(writer, attribution)
  if (sampleRate === null) writer.op(OP.ABSENT)
  else writeName(writer, sampleRate)
  if (samplingDecision === null) writer.op(OP.ABSENT)
  else writeName(writer, samplingDecision)
  if (!target.sessionId) writer.op(OP.ABSENT)
  else writeText(writer, target.sessionId)
}

/**
 * Writes what may be anything, in one way or the other.
 *
 * @param {ValueWriter} writer
 * @param {WriteParts} write
 * @param {Span} span
 * @param {Lineage} target
 * @param {WireLink[] | null} links
 */
function writeContent(writer, write, span, target, links) {
  const { mark } = writer
  const hasContent = target.route?.options.captureContent !== false
  writer.expect(FEW_VALUES, SENDABLE_CHARACTERS)
  try {
    write(writer, span, target, hasContent, null, span.collectionErrors ?? NO_ERRORS, links)
  } catch (error) {
    if (error !== TOO_MUCH) throw error
    // What several annotations said adds up to more than an event may hold. It is walked through as objects.
    makeWhole(span)
    const errors = [...(span.collectionErrors ?? NO_ERRORS)]
    writer.rewind(mark)
    writer.expect(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
    const said = valuesOf(span, hasContent)
    // A list that was cut before has one more entry, which says so.
    const bounds = new Copier(errors, { entries: MAX_ENTRIES + 1, longest: keptCharacters(said) })
    write(writer, span, target, hasContent, bounds, errors, links)
  }
}

/** @param {Span} span */
function makeWhole(span) {
  for (const name of SAID) span[name] = wholeOf(span[name])
}

/**
 * @callback WriteParts
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {Lineage} target
 * @param {boolean} hasContent false: the target gets no inputs, outputs and prompt
 * @param {Copier | null} bounds of all values together; null: none are met
 * @param {readonly string[]} errors filled while values are bounded
 * @param {WireLink[] | null} links
 */

/** @type {WriteParts} what the core puts into the event */
function writeParts(writer, span, _target, hasContent, bounds, errors) {
  writer.op(OP.OBJECT)
  writeMeta(writer, span, hasContent, bounds)
  writer.op(OP.END)
  if (span.error === null) writer.op(OP.ABSENT)
  else {
    writer.op(OP.OBJECT)
    writeError(writer, span.error)
    writer.op(OP.END)
  }
  writeValue(writer, bounded(bounds, FIELD.METRICS, span.saidMetrics))
  writeErrors(writer, errors)
}

/**
 * @param {Span} span
 * @param {boolean} hasContent
 * @returns {unknown[]} what of the event may be anything
 */
function valuesOf(span, hasContent) {
  const content = hasContent ? [span.saidInput, promptOf(span), span.saidOutput] : []
  return [...content, metadataOf(span), span.toolDefinitions]
}

/**
 * @param {Span} span
 * @returns {any} null: it has none, or is of a kind that has none
 */
function promptOf(span) {
  return span.prompt !== null && FIELD.PROMPT.isOf(span.kind) ? span.prompt : null
}

/**
 * Members of `meta`, in the order of the table.
 *
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {boolean} hasContent
 * @param {Copier | null} bounds
 */
function writeMeta(writer, span, hasContent, bounds) {
  const { kind, toolDefinitions } = span
  writer.nameField(FIELD.KIND.symbol, kind)
  writer.commonKey(FIELD.INPUT.symbol)
  if (hasContent) writeInput(writer, bounded(bounds, FIELD.INPUT, span.saidInput), promptOf(span), bounds)
  else writeValue(writer, null)
  writer.commonKey(FIELD.OUTPUT.symbol)
  writeValue(writer, hasContent ? bounded(bounds, FIELD.OUTPUT, span.saidOutput) : null)
  if (FIELD.MODEL_NAME.isOf(kind)) {
    writer.nameField(FIELD.MODEL_NAME.symbol, fieldText(modelName(span)))
    writer.nameField(FIELD.MODEL_PROVIDER.symbol, modelProvider(span))
  }
  const metadata = metadataOf(span)
  if (metadata !== null) {
    writer.commonKey(FIELD.METADATA.symbol)
    writeValue(writer, bounded(bounds, FIELD.METADATA, metadata))
  }
  if (toolDefinitions !== null) {
    writer.commonKey(FIELD.TOOL_DEFINITIONS.symbol)
    writeValue(writer, bounded(bounds, FIELD.TOOL_DEFINITIONS, toolDefinitions))
  }
}

/**
 * The members of one that failed.
 *
 * @param {ValueWriter} writer
 * @param {NonNullable<Span['error']>} error
 */
function writeError(writer, { message, type, stack }) {
  writer.commonKey(FIELD.ERROR_MESSAGE.symbol)
  writeText(writer, message)
  writer.nameField(FIELD.ERROR_TYPE.symbol, fieldText(type))
  if (!stack) return
  writer.commonKey(FIELD.ERROR_STACK.symbol)
  writeText(writer, stack)
}

/**
 * A span with links is rare, and the record of a span has no place for them: its event is written as one value, with the
 * fields and the order that the core gives to others.
 *
 * @param {ValueWriter} writer
 * @param {import('./tags-record').RecordTags} tags
 * @param {number} kind
 * @param {Span} span
 * @param {import('./tags').EventConfig} config
 * @param {Lineage} target
 * @param {WireLink[]} links
 */
function writeLinked(writer, tags, kind, span, config, target, links) {
  writer.begin(SHAPE.VALUE, kind, 0, target.route === null ? 0 : target.route.laneId)
  writer.op(OP.OBJECT)
  writer.key('trace_id')
  writer.traceId(target.trace)
  writer.key('span_id')
  writer.spanId(span.id)
  writer.key('parent_id')
  if (target.above === null) writer.commonName(NAME.ROOT_PARENT_ID)
  else writer.spanId(target.above)
  writer.key('name')
  writeName(writer, span.name)
  writer.key('tags')
  tags.write(writer, span, config, target)
  writer.key('start_ns')
  writer.op(OP.U64)
  writer.u64(span.startNs)
  writer.key('duration')
  writer.op(OP.U64)
  writer.u64(span.durationNs)
  writer.key('status')
  writer.name(span.error === null ? 'ok' : 'error')
  writeContent(writer, writeWhole, span, target, links)
}

/** @type {WriteParts} the rest of an event that is one value */
function writeWhole(writer, span, target, hasContent, bounds, errors, links) {
  writer.key('meta')
  writer.op(OP.OBJECT)
  writeMeta(writer, span, hasContent, bounds)
  if (target.agentAttribution !== null) {
    writer.key('agent_attribution')
    writeAttribution(writer, target.agentAttribution)
  }
  if (span.error !== null) writeError(writer, span.error)
  writer.op(OP.END)
  writer.key('metrics')
  writeValue(writer, bounded(bounds, FIELD.METRICS, span.saidMetrics))
  writer.key('_dd')
  writeOwnPart(writer, span, target)
  if (target.sessionId) {
    writer.key('session_id')
    writeText(writer, target.sessionId)
  }
  if (errors.length > 0) {
    writer.key('collection_errors')
    writeErrors(writer, errors)
  }
  writer.key('span_links')
  writer.write(links)
  writer.op(OP.END)
}

/**
 * @param {ValueWriter} writer
 * @param {Span} span
 * @param {Lineage} target
 */
function writeOwnPart(writer, span, target) {
  writer.op(OP.OBJECT)
  writer.key('span_id')
  writer.spanId(span.id)
  writer.key('trace_id')
  writer.traceId(target.trace)
  if (target.sampleRate !== null) {
    writer.key('sample_rate')
    writeName(writer, target.sampleRate)
  }
  if (target.samplingDecision !== null) {
    writer.key('sampling_decision')
    writeName(writer, target.samplingDecision)
  }
  writer.key('apm_trace_id')
  writer.traceId(target.trace)
  if (span.tags?.experiment_id) {
    writer.key('scope')
    writer.name('experiments')
  }
  writer.op(OP.END)
}

/**
 * @param {import('../trace/span').SpanLink[]} links
 * @param {Lineage} target
 * @returns {WireLink[] | null} null: none of them leads to a span that the target may know of
 */
function linksFor(links, target) {
  const kept = links.map(link => link.for(target)).filter(link => link !== null)
  return kept.length === 0 ? null : kept
}

/**
 * The input, with the prompt in it.
 *
 * @param {ValueWriter} writer
 * @param {any} input
 * @param {any} prompt
 * @param {Copier | null} bounds
 */
function writeInput(writer, input, prompt, bounds) {
  if (prompt === null) return writeValue(writer, input)
  writer.op(OP.OBJECT)
  if (input !== null) writer.fields(wholeOf(input))
  writer.commonKey(FIELD.PROMPT.symbol)
  writer.write(bounded(bounds, FIELD.PROMPT, prompt))
  writer.op(OP.END)
}

/**
 * @param {Copier | null} bounds
 * @param {{ place: string }} field
 * @param {any} value
 * @returns {any} what of it there is room for
 */
function bounded(bounds, field, value) {
  if (bounds === null || value === null || value === ANNOTATED_NULL) return value
  return bounds.copy(value, field.place)
}

/**
 * @param {ValueWriter} writer
 * @param {any} value null: never annotated
 */
function writeValue(writer, value) {
  if (value instanceof FlatMessages) return writer.messages(value.list)
  if (value instanceof FlatFields) return writer.pairs(value)
  if (value === ANNOTATED_NULL) return writer.op(OP.NULL)
  if (value !== null) return writer.write(value)
  writer.op(OP.OBJECT)
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
  writer.commonKey(FIELD.KIND.symbol)
  writer.name(span.kind)
  writer.commonKey(FIELD.INPUT.symbol)
  writeValue(writer, null)
  writer.commonKey(FIELD.OUTPUT.symbol)
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
