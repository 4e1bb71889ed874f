'use strict'

/** What a finished OpenTelemetry span says, as fields of an event. */

const { noteError } = require('../values/collection-errors')
const { AnnotationOptions } = require('../event/fields')
const { inputOf, outputOf } = require('./content')
const { draftOf } = require('./mapping')
const { isObject, messagesOf } = require('./messages')
const { attributesOf, countOf, objectsOf } = require('./reading')
const { QUIET, text } = require('./readers')
const { toolsOf } = require('./tools')

/** @typedef {ReturnType<typeof draftOf>} Draft */

const ERROR = 2
/** Of the AI SDK: the whole name of what was called. */
const AI_OPERATION = 'ai.operationId'
const DETAILS = 'gen_ai.client.inference.operation.details'
/** Fields that tell who a span is. */
const IDENTITY = ['kind', 'name', 'name of tool', 'name of workflow', 'function', 'sessionId']
/** @type {Record<string, any>} */
const NO_STATUS = Object.freeze({})

/**
 * @typedef {object} Said
 * @property {string} kind
 * @property {string} name
 * @property {string | undefined} sessionId
 * @property {{ modelName?: string, modelProvider?: string }} texts
 * @property {AnnotationOptions} annotation undefined: nothing is said
 * @property {{ metadata: boolean, metrics: boolean, tags: boolean }} isPlain which of it is as a span keeps it
 * @property {{ type: string, message: string, stack: string } | null} error
 * @property {string[]} errors what could not be collected
 */

/**
 * @param {OtelSpan} span
 * @param {Record<string, any> | null} logged attributes that log records of the span add
 * @param {boolean} hidesContent whether a receiver gets no content
 * @param {string} unknownKind of a span that says none
 * @returns {Said}
 */
function saidOf(span, logged, hidesContent, unknownKind) {
  const draft = draftOf([attributesOf(span), detailsOf(span), logged], hidesContent)
  noteDropped(span, draft.errors)
  const { fields } = draft
  const kind = kindOf(fields, unknownKind)
  // LangChain's own name for who runs the model.
  const modelProvider = fields.modelProvider ?? ownOf(draft.metadata, 'ls_provider')
  return {
    kind,
    name: nameOf(span, fields, kind),
    sessionId: text(fields.sessionId, QUIET),
    texts: { modelName: text(fields.modelName, QUIET), modelProvider: text(modelProvider, QUIET) },
    annotation: annotationOf(draft, kind, hidesContent),
    isPlain: { metadata: draft.isMetadataPlain, metrics: true, tags: draft.areTagsPlain },
    error: errorOf(span, fields, draft.metadata),
    errors: draft.errors
  }
}

/**
 * Kind and name of a span that may still go on.
 *
 * @param {OtelSpan} span
 * @returns {{ kind: string, name: string, sessionId: string | undefined }}
 */
function identityOf(span) {
  const attributes = attributesOf(span)
  const { fields } = draftOf([attributes], true, ({ place }) => IDENTITY.includes(place))
  const kind = kindOf(fields, 'workflow')
  return { kind, name: nameOf(span, fields, kind), sessionId: text(fields.sessionId, QUIET) }
}

/**
 * @param {Record<string, any>} fields
 * @param {string} unknownKind
 * @returns {string}
 */
function kindOf(fields, unknownKind) {
  if (fields.kind !== undefined) return fields.kind
  // A model's call from before operations had names.
  const isCall =
    fields.modelName !== undefined &&
    (fields['input.messages'] !== undefined ||
      fields['output.messages'] !== undefined ||
      fields['input.request'] !== undefined)
  return isCall ? 'llm' : unknownKind
}

/**
 * @param {OtelSpan} span
 * @param {Record<string, any>} fields
 * @param {string} kind
 */
function nameOf(span, fields, kind) {
  const own = ownNameOf(fields, kind) ?? fields.name
  if (typeof own === 'string' && !/^\d+$/.test(own)) return own
  const name = typeof span.name === 'string' && span.name !== '' ? span.name : kind
  // The AI SDK: what was called, under the name that the application gave it.
  const called = name.slice(name.lastIndexOf('.') + 1)
  if (typeof fields.function === 'string') return `${fields.function}.${called}`
  return Object.hasOwn(attributesOf(span), AI_OPERATION) ? called : name
}

/**
 * Asked so that the engine does not rely on the shape of one application's metadata, which dies with its spans.
 *
 * @param {Record<string, any>} metadata
 * @param {string} name
 */
function ownOf(metadata, name) {
  return Object.hasOwn(metadata, name) ? metadata[name] : undefined
}

/** @param {Record<string, any>} fields @param {string} kind */
function ownNameOf(fields, kind) {
  if (kind === 'tool') return fields['name of tool']
  return kind === 'workflow' ? fields['name of workflow'] : undefined
}

/**
 * @param {OtelSpan} span
 * @returns {Record<string, any> | null} what the event says in place of attributes, since 1.37
 */
function detailsOf(span) {
  if (hasNone(span.events)) return null
  const event = objectsOf(span.events).find(({ name }) => name === DETAILS)
  return event === undefined || !isObject(event.attributes) ? null : event.attributes
}

/** @param {any} list */
function hasNone(list) {
  return !Array.isArray(list) || list.length === 0
}

/**
 * @param {Draft} draft
 * @param {string} kind
 * @param {boolean} hidesContent
 */
function annotationOf(draft, kind, hidesContent) {
  const { fields, metadata, tags } = draft
  const annotation = new AnnotationOptions()
  annotation.inputData = inputOf(kind, fields)
  annotation.outputData = outputOf(kind, fields)
  annotation.metrics = metricsOf(draft, kind)
  annotation.toolDefinitions = fields.tools === undefined ? undefined : toolsOf(fields.tools)
  annotation.costTags = undefined
  annotation.prompt = kind === 'llm' ? promptOf(fields) : undefined
  annotation.agent = kind === 'agent' ? agentOf(fields, hidesContent) : undefined
  if (kind !== 'agent' && fields['agent.name'] !== undefined) tags.agent_name ??= fields['agent.name']
  if (fields['agent.description'] !== undefined) metadata.agent_description ??= fields['agent.description']
  if (kind !== 'llm') keepPrompt(draft, hidesContent)
  annotation.metadata = orNothing(metadata)
  annotation.tags = orNothing(tags)
  return annotation
}

/**
 * @template {object} T
 * @param {T} object
 * @returns {T | undefined} undefined: nothing is in it
 */
function orNothing(object) {
  for (const _ in object) return object
  return undefined
}

/**
 * Tokens of a model are its own; others repeat the sum of those below.
 *
 * @param {Draft} draft
 * @param {string} kind
 * @returns {Record<string, number> | undefined}
 */
function metricsOf({ metrics, metadata, errors }, kind) {
  const numbers = orNothing(numbersOf(metrics, errors))
  if (numbers === undefined) return undefined
  if (kind !== 'llm' && kind !== 'embedding') {
    metadata.usage = numbers
    return undefined
  }
  const { input_tokens: input, output_tokens: output, total_tokens: total } = numbers
  if (total === undefined && input !== undefined && (output !== undefined || kind === 'embedding'))
    numbers.total_tokens = input + (output ?? 0)
  return numbers
}

/**
 * @param {Record<string, unknown>} metrics
 * @param {string[]} errors
 * @returns {Record<string, number>} the same, without what is no number
 */
function numbersOf(metrics, errors) {
  for (const name in metrics) {
    if (Number.isFinite(metrics[name])) continue
    noteError(errors, 'invalid_number', `metrics.${name}`)
    delete metrics[name]
  }
  return /** @type {Record<string, number>} */ (metrics)
}

/** @param {Record<string, any>} fields */
function promptOf(fields) {
  const id = text(fields['prompt.id'], QUIET)
  const version = text(fields['prompt.version'], QUIET)
  const template = text(fields['prompt.template'], QUIET)
  const variables = fields['prompt.variables']
  if (id === undefined && template === undefined && !isObject(variables)) return undefined
  const prompt = { id, version, template, variables: isObject(variables) ? textsOf(variables) : undefined }
  return saidIn(prompt)
}

/** @param {Record<string, any>} fields @returns {Record<string, any>} without those that are undefined */
function saidIn(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** @param {Record<string, unknown>} variables */
function textsOf(variables) {
  return Object.fromEntries(Object.keys(variables).map(name => [name, text(variables[name], QUIET) ?? '']))
}

/**
 * Only a model's span has a prompt of its own.
 *
 * @param {Draft} draft
 * @param {boolean} hidesContent
 */
function keepPrompt(draft, hidesContent) {
  const prompt = promptOf(draft.fields)
  if (prompt === undefined || draft.metadata.prompt !== undefined) return
  const { template, variables, ...names } = prompt
  draft.metadata.prompt = hidesContent ? names : prompt
  draft.isMetadataPlain = false
}

/** @param {Record<string, any>} fields @param {boolean} hidesContent */
function agentOf(fields, hidesContent) {
  const instructions = messagesOf(fields['input.system']).flatMap(({ content }) => content || [])
  const agent = {
    name: text(fields['agent.name'], QUIET),
    instructions: hidesContent || instructions.length === 0 ? undefined : instructions.join('\n'),
    model: text(fields.modelName, QUIET)
  }
  return orNothing(saidIn(agent))
}

/**
 * @param {OtelSpan} span
 * @param {Record<string, any>} fields
 * @param {Record<string, any>} metadata
 * @returns {Said['error']}
 */
function errorOf(span, fields, metadata) {
  const status = isObject(span.status) ? span.status : NO_STATUS
  const type = text(fields['error.type'], QUIET)
  const isFailed =
    status.code === ERROR || (type !== undefined && status.code !== 1) || ownOf(metadata, 'level') === 'ERROR'
  if (!isFailed) return null
  const exception = objectsOf(span.events)
    .filter(({ name }) => name === 'exception')
    .at(-1)?.attributes
  const of = (/** @type {string} */ name) => text(isObject(exception) ? exception[name] : undefined, QUIET)
  return {
    type: of('exception.type') ?? type ?? 'Error',
    message:
      text(status.message, QUIET) ?? of('exception.message') ?? text(fields['error.message'], QUIET) ?? '',
    stack: of('exception.stacktrace') ?? ''
  }
}

/**
 * The SDK keeps so many of each and no more; with messages as attributes it is the answer that is missing.
 *
 * @param {OtelSpan} span
 * @param {string[]} errors
 */
function noteDropped(span, errors) {
  noteCount(span.droppedAttributesCount, 'attributes', errors)
  noteCount(span.droppedEventsCount, 'events', errors)
  noteCount(span.droppedLinksCount, 'links', errors)
}

/**
 * @param {any} given
 * @param {string} what
 * @param {string[]} errors
 */
function noteCount(given, what, errors) {
  const count = countOf(given)
  if (count > 0) noteError(errors, `otel_dropped_${what}`, `${count}`)
}

module.exports = { identityOf, saidOf }
