'use strict'

/**
 * The fields of a span's event. What users may say, what is written, what may be trimmed and what stays here is told by
 * the rows below; the tests of types, documents, pollution and trimming go through them.
 *
 * A new text that users give to `trace` is a row here, a line of each part of `TraceOptions` and of `SpanTexts`, and a
 * member in `index.d.ts`.
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
 * @property {'name' | 'content'} [trim] content is shortened in an event that is too large. Default: all of `meta` is
 * @property {boolean} [isContent] true: left out for a route with `captureContent: false`
 * @property {string} [place] what collection errors call it; default as on the wire
 */

/** Mostly nobody has put a name there, which the engine knows without looking. */
const ObjectPrototype = Object.prototype
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
  { wire: 'span.kind', in: 'meta', option: 'kind', by: 'trace', trim: 'name' },
  { wire: 'input', in: 'meta', option: 'inputData', by: 'annotate', isContent: true },
  { wire: 'prompt', in: 'input', option: 'prompt', by: 'annotate', kinds: ['llm'], isContent: true },
  { wire: 'output', in: 'meta', option: 'outputData', by: 'annotate', isContent: true },
  { wire: 'model_name', in: 'meta', option: 'modelName', by: 'trace', kinds: MODEL_KINDS, trim: 'name' },
  { wire: 'model_provider', in: 'meta', option: 'modelProvider', by: 'trace', kinds: MODEL_KINDS, trim: 'name' },
  { wire: 'metadata', in: 'meta', option: 'metadata', by: 'annotate' },
  { wire: 'cost_tags', in: 'metadata', option: 'costTags', by: 'annotate' },
  { wire: 'agent_manifest', in: 'metadata', option: 'agent', by: 'annotate', kinds: ['agent'] },
  { wire: 'tool_definitions', in: 'meta', option: 'toolDefinitions', by: 'annotate', place: 'toolDefinitions' },
  { wire: 'agent_attribution', in: 'meta', trim: 'name' },
  { wire: 'error.message', in: 'meta' },
  { wire: 'error.type', in: 'meta', trim: 'name' },
  { wire: 'error.stack', in: 'meta' },
  { wire: 'metrics', option: 'metrics', by: 'annotate' },
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
    this.trim = row.trim ?? (row.in === undefined || row.in === 'tags' ? 'name' : 'content')
    this.isContent = row.isContent === true
    this.place = row.place ?? row.wire
    /** Its name in a record; -1: what it is follows from its place. */
    this.symbol = row.in === 'meta' || row.in === 'input' ? commonId(row.wire) : -1
  }

  /** @param {string} kind of a span @returns {boolean} whether it has the field */
  isOf(kind) {
    return this.kinds === null || this.kinds.includes(kind)
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

  static areShared() {
    return (
      'kind' in ObjectPrototype ||
      'name' in ObjectPrototype ||
      'mlApp' in ObjectPrototype ||
      'sessionId' in ObjectPrototype ||
      'modelName' in ObjectPrototype ||
      'modelProvider' in ObjectPrototype ||
      'parent' in ObjectPrototype
    )
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

/** What of it a span keeps as it is, and sends. */
class SpanTexts {
  /**
   * @param {(reader: any, value: unknown, name: string) => string | undefined} textOf
   * @param {unknown} reader
   * @param {TraceOptions} given
   */
  constructor(textOf, reader, { modelName, modelProvider }) {
    this.modelName = textOf(reader, modelName, 'modelName')
    this.modelProvider = textOf(reader, modelProvider, 'modelProvider')
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

  static areShared() {
    return (
      'inputData' in ObjectPrototype ||
      'outputData' in ObjectPrototype ||
      'metadata' in ObjectPrototype ||
      'metrics' in ObjectPrototype ||
      'tags' in ObjectPrototype ||
      'costTags' in ObjectPrototype ||
      'prompt' in ObjectPrototype ||
      'toolDefinitions' in ObjectPrototype ||
      'agent' in ObjectPrototype
    )
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
for (const { prototype } of [TraceOptions, AnnotationOptions, SpanTexts])
  Object.setPrototypeOf(prototype, null)

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
function metadataOf(span) {
  const manifest = span.kind === 'agent' ? span.agentManifest : null
  if (span.costTags === null && manifest === null) return span.saidMetadata
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

/** Options of `trace` that a span keeps as they are, and sends: the fields of `SpanTexts`. */
const TEXTS = FIELDS.filter(
  field => field.in === 'meta' && field.by === 'trace' && field.wire !== 'span.kind'
).map(field => `${field.option}`)

module.exports = {
  AnnotationOptions,
  FIELDS,
  SpanTexts,
  TEXTS,
  TraceOptions,
  fieldOf,
  metadataOf,
  modelName,
  modelProvider
}
