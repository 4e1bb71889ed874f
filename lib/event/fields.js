'use strict'

/**
 * The fields of a span's event. What users may say, what is written, what may be trimmed and what stays here is told by
 * the rows below; the tests of types, documents, pollution and trimming go through them.
 *
 * A new text that users give to `trace` is a row here, three lines of `TraceOptions`, and a member in `index.d.ts`.
 */

const { stringOf } = require('../values/json-rules')
const { UNREAD } = require('../values/own')
const { commonId } = require('../record/symbols')

/**
 * @typedef {object} Row
 * @property {string} wire what the field is called in the event
 * @property {string} [in] what it is a member of there; default the event
 * @property {string} [option] what users call it
 * @property {'trace' | 'annotate'} [by] the call that has this option
 * @property {string[]} [kinds] of spans that have the field; default all
 * @property {'text' | 'name' | 'object' | 'value'} [type] how it is written: a text, a text that recurs, an object that
 *   is there also when it is empty, any value. Without one it has a place of its own in the record
 * @property {'name' | 'content'} [trim] content is shortened in an event that is too large. Default: all of `meta` is
 * @property {boolean} [isContent] true: left out for a route with `captureContent: false`
 * @property {string} [place] what collection errors call it; default as on the wire
 * @property {(span: any) => any} [of] what a span has there; null, undefined: nothing
 */

const MODEL_KINDS = ['llm', 'embedding']
const DEFAULT_MODEL = 'custom'
/** No longer text is kept for the next span. */
const KEPT_CHARACTERS = 64

/**
 * In the order of the event.
 *
 * @type {Row[]}
 */
// biome-ignore format: a table
const ROWS = [
  { wire: 'trace_id' },
  { wire: 'span_id' },
  { wire: 'parent_id', option: 'parent', by: 'trace' },
  { wire: 'name', option: 'name', by: 'trace' },
  { wire: 'tags', option: 'tags', by: 'annotate' },
  { wire: 'ml_app', in: 'tags', option: 'mlApp', by: 'trace' },
  { wire: 'start_ns' },
  { wire: 'duration' },
  { wire: 'status' },
  { wire: 'span.kind', in: 'meta', option: 'kind', by: 'trace', type: 'name', trim: 'name', of: span => span.kind },
  { wire: 'input', in: 'meta', option: 'inputData', by: 'annotate', type: 'object', isContent: true, of: span => span.input },
  { wire: 'prompt', in: 'input', option: 'prompt', by: 'annotate', kinds: ['llm'], isContent: true, of: span => span.prompt },
  { wire: 'output', in: 'meta', option: 'outputData', by: 'annotate', type: 'object', isContent: true, of: span => span.output },
  { wire: 'model_name', in: 'meta', option: 'modelName', by: 'trace', kinds: MODEL_KINDS, type: 'name', trim: 'name', of: modelName },
  { wire: 'model_provider', in: 'meta', option: 'modelProvider', by: 'trace', kinds: MODEL_KINDS, type: 'name', trim: 'name', of: modelProvider },
  { wire: 'metadata', in: 'meta', option: 'metadata', by: 'annotate', type: 'value', of: metadata },
  { wire: 'cost_tags', in: 'metadata', option: 'costTags', by: 'annotate' },
  { wire: 'agent_manifest', in: 'metadata', option: 'agent', by: 'annotate', kinds: ['agent'] },
  { wire: 'tool_definitions', in: 'meta', option: 'toolDefinitions', by: 'annotate', type: 'value', place: 'toolDefinitions', of: span => span.toolDefinitions },
  { wire: 'agent_attribution', in: 'meta', trim: 'name' },
  { wire: 'error.message', in: 'meta', type: 'text', of: span => span.error.message },
  { wire: 'error.type', in: 'meta', type: 'name', trim: 'name', of: span => span.error.type },
  { wire: 'error.stack', in: 'meta', type: 'text', of: span => span.error.stack || null },
  { wire: 'metrics', option: 'metrics', by: 'annotate', type: 'object', of: span => span.metrics },
  { wire: '_dd' },
  { wire: 'session_id', option: 'sessionId', by: 'trace' },
  { wire: 'collection_errors' },
  { wire: 'span_links' }
]

/** A row with what it does not say. */
class Field {
  /** @param {Row} row */
  constructor(row) {
    this.wire = row.wire
    this.in = row.in ?? null
    this.option = row.option ?? null
    this.by = row.by ?? null
    this.kinds = row.kinds ?? null
    this.type = row.type ?? null
    this.trim = row.trim ?? (row.in === undefined || row.in === 'tags' ? 'name' : 'content')
    this.isContent = row.isContent === true
    this.place = row.place ?? row.wire
    this.of = row.of ?? (() => null)
    /** Its name in a record; -1: it has none there. */
    this.symbol = row.in === undefined || row.of === undefined ? -1 : commonId(row.wire)
  }
}

const FIELDS = ROWS.map(row => new Field(row))

/** What `trace`, `wrap` and `decorate` may be told. A user's object is read once, in this order. */
class TraceOptions {
  /** @type {any} */
  kind = UNREAD
  /** @type {any} */
  name = UNREAD
  /** @type {any} */
  mlApp = UNREAD
  /** @type {any} */
  sessionId = UNREAD
  /** @type {any} */
  modelName = UNREAD
  /** @type {any} */
  modelProvider = UNREAD
  /** @type {any} */
  parent = UNREAD

  /**
   * A name in a variable would be looked up: under its name the engine finds an option by its place.
   *
   * @param {TraceOptions} given
   * @param {any} options
   */
  static take(given, options) {
    given.kind = options.kind
    given.name = options.name
    given.mlApp = options.mlApp
    given.sessionId = options.sessionId
    given.modelName = options.modelName
    given.modelProvider = options.modelProvider
    given.parent = options.parent
  }

  /**
   * @param {TraceOptions} given
   * @returns {number} how many say something
   */
  static count({ kind, name, mlApp, sessionId, modelName, modelProvider, parent }) {
    return (
      (kind === undefined ? 0 : 1) +
      (name === undefined ? 0 : 1) +
      (mlApp === undefined ? 0 : 1) +
      (sessionId === undefined ? 0 : 1) +
      (modelName === undefined ? 0 : 1) +
      (modelProvider === undefined ? 0 : 1) +
      (parent === undefined ? 0 : 1)
    )
  }
}

/** What `annotate` may be told, in the order in which it is read. */
class AnnotationOptions {
  /** @type {any} */
  inputData = UNREAD
  /** @type {any} */
  outputData = UNREAD
  /** @type {any} */
  metadata = UNREAD
  /** @type {any} */
  metrics = UNREAD
  /** @type {any} */
  tags = UNREAD
  /** @type {any} */
  costTags = UNREAD
  /** @type {any} */
  prompt = UNREAD
  /** @type {any} */
  toolDefinitions = UNREAD
  /** @type {any} */
  agent = UNREAD

  /**
   * @param {AnnotationOptions} given
   * @param {any} options
   */
  static take(given, options) {
    given.inputData = options.inputData
    given.outputData = options.outputData
    given.metadata = options.metadata
    given.metrics = options.metrics
    given.tags = options.tags
    given.costTags = options.costTags
    given.prompt = options.prompt
    given.toolDefinitions = options.toolDefinitions
    given.agent = options.agent
  }

  /**
   * @param {AnnotationOptions} given
   * @returns {number} how many say something
   */
  static count({ inputData, outputData, metadata, metrics, tags, costTags, prompt, toolDefinitions, agent }) {
    return (
      (inputData === undefined ? 0 : 1) +
      (outputData === undefined ? 0 : 1) +
      (metadata === undefined ? 0 : 1) +
      (metrics === undefined ? 0 : 1) +
      (tags === undefined ? 0 : 1) +
      (costTags === undefined ? 0 : 1) +
      (prompt === undefined ? 0 : 1) +
      (toolDefinitions === undefined ? 0 : 1) +
      (agent === undefined ? 0 : 1)
    )
  }
}

// A loop over options that were read finds these fields and no others, whatever was put on the prototype of all.
for (const { prototype } of [TraceOptions, AnnotationOptions]) Object.setPrototypeOf(prototype, null)

/** @param {Span} span */
function modelName({ texts }) {
  return texts.modelName || DEFAULT_MODEL
}

/** The last provider, as it was said and as it is sent: few are heard of in turn. */
let saidProvider = ''
let sentProvider = ''

/** @param {Span} span */
function modelProvider({ texts }) {
  const said = stringOf(texts.modelProvider || DEFAULT_MODEL)
  if (said === saidProvider) return sentProvider
  const sent = said.toLowerCase()
  if (said.length > KEPT_CHARACTERS) return sent
  saidProvider = said
  sentProvider = sent
  return sent
}

/**
 * @param {Span} span
 * @returns {object | null} with the SDK's own part in `_dd`, when there is any
 */
function metadata(span) {
  const manifest = span.kind === 'agent' ? span.agentManifest : null
  if (span.costTags === null && manifest === null) return span.metadata
  const whole = copyOf(span.metadata)
  const own = copyOf(whole._dd)
  whole._dd = own
  if (span.costTags !== null) own.cost_tags = span.costTags
  if (manifest !== null) {
    const name = manifest.name ?? span.name
    own.agent_manifest = { __proto__: null, framework: 'manual', ...manifest, name }
  }
  return whole
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>} its own fields; none when it is not an object
 */
function copyOf(value) {
  const copy = Object.create(null)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) Object.assign(copy, value)
  return copy
}

/** @param {string} wire @returns {Field} */
function fieldOf(wire) {
  return /** @type {Field} */ (FIELDS.find(field => field.wire === wire))
}

const METRICS = fieldOf('metrics')
const PROMPT = fieldOf('prompt')
const MEMBERS = FIELDS.filter(field => field.in === 'meta' && field.type !== null)
/** Members of `meta` that a span may have, and those of one that failed. */
const META = MEMBERS.filter(({ wire }) => !wire.startsWith('error.'))
const ERROR = MEMBERS.filter(({ wire }) => wire.startsWith('error.'))
/** The first of these, by the kind of the span. @type {Map<string, Field[]>} */
const META_OF = new Map()

/**
 * @param {string} kind
 * @returns {Field[]}
 */
function metaOf(kind) {
  let fields = META_OF.get(kind)
  if (fields === undefined) {
    fields = META.filter(({ kinds }) => kinds === null || kinds.includes(kind))
    META_OF.set(kind, fields)
  }
  return fields
}

/** Options of `trace` that a span keeps as they are, and sends. */
const TEXTS = META.filter(({ by, wire }) => by === 'trace' && wire !== 'span.kind').map(
  field => `${field.option}`
)

module.exports = { AnnotationOptions, ERROR, FIELDS, METRICS, PROMPT, TEXTS, TraceOptions, metaOf }
