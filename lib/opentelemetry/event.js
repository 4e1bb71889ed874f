'use strict'

/** What a finished OpenTelemetry span says, as fields of an event. */

const { noteError } = require('../values/collection-errors')
const { inputOf, outputOf } = require('./content')
const { rowOf } = require('./conventions')
const { draftOf } = require('./mapping')
const { isObject, messagesOf } = require('./messages')
const { attributesOf, countOf, objectsOf } = require('./reading')
const { text } = require('./readers')
const { toolsOf } = require('./tools')

/** @typedef {ReturnType<typeof draftOf>} Draft */

const ERROR = 2
/** Kinds whose tokens are their own; others repeat the sum of those below. */
const MODEL_KINDS = ['llm', 'embedding']
const DETAILS = 'gen_ai.client.inference.operation.details'
/** Fields that tell who a span is. */
const IDENTITY = ['kind', 'name', 'function', 'sessionId']
const QUIET = () => {}

/**
 * @typedef {object} Said
 * @property {string} kind
 * @property {string} name
 * @property {string | undefined} sessionId
 * @property {{ modelName?: string, modelProvider?: string }} texts
 * @property {Record<string, any>} annotation as `annotate` takes it
 * @property {{ type: string, message: string, stack: string } | null} error
 * @property {string[]} errors what could not be collected
 */

/**
 * @param {OtelSpan} span
 * @param {Record<string, any>} logged attributes that log records of the span add
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
  const modelProvider = fields.modelProvider ?? draft.metadata.ls_provider
  return {
    kind,
    name: nameOf(span, fields, kind),
    sessionId: text(fields.sessionId, QUIET),
    texts: { modelName: text(fields.modelName, QUIET), modelProvider: text(modelProvider, QUIET) },
    annotation: annotationOf(draft, kind, hidesContent),
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
  const { fields } = draftOf([attributes], true, attribute => IDENTITY.includes(`${rowOf(attribute)?.to}`))
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
    ['input.messages', 'output.messages', 'input.request'].some(place => place in fields)
  return isCall ? 'llm' : unknownKind
}

/**
 * @param {OtelSpan} span
 * @param {Record<string, any>} fields
 * @param {string} kind
 */
function nameOf(span, fields, kind) {
  const own = fields[`name of ${kind}`] ?? fields.name
  if (typeof own === 'string' && !/^\d+$/.test(own)) return own
  const name = typeof span.name === 'string' && span.name !== '' ? span.name : kind
  // The AI SDK: what was called, under the name the application gave it.
  return typeof fields.function === 'string'
    ? `${fields.function}.${name.slice(name.lastIndexOf('.') + 1)}`
    : name
}

/** @param {OtelSpan} span @returns {Record<string, any>} what the event says in place of attributes, since 1.37 */
function detailsOf(span) {
  const event = objectsOf(span.events).find(({ name }) => name === DETAILS)
  return event === undefined || !isObject(event.attributes) ? {} : event.attributes
}

/**
 * @param {Draft} draft
 * @param {string} kind
 * @param {boolean} hidesContent
 */
function annotationOf({ fields, metadata, metrics, tags, errors }, kind, hidesContent) {
  const isModel = MODEL_KINDS.includes(kind)
  const numbers = numbersOf(metrics, errors)
  if (!isModel && Object.keys(numbers).length > 0) metadata.usage = numbers
  /** @type {Record<string, any>} */
  const annotation = {
    inputData: inputOf(kind, fields),
    outputData: outputOf(kind, fields),
    metadata,
    metrics: isModel ? withTotal(numbers, kind) : undefined,
    tags,
    toolDefinitions: toolsOf(fields.tools),
    prompt: kind === 'llm' ? promptOf(fields) : undefined,
    agent: kind === 'agent' ? agentOf(fields, hidesContent) : undefined
  }
  if (kind !== 'agent' && fields['agent.name'] !== undefined) tags.agent_name ??= fields['agent.name']
  if (fields['agent.description'] !== undefined) metadata.agent_description ??= fields['agent.description']
  if (kind !== 'llm') keepPrompt(fields, metadata, hidesContent)
  return annotation
}

/**
 * @param {Record<string, unknown>} metrics
 * @param {string[]} errors
 * @returns {Record<string, number>}
 */
function numbersOf(metrics, errors) {
  /** @type {Record<string, number>} */
  const numbers = {}
  for (const name of Object.keys(metrics)) {
    const value = metrics[name]
    if (typeof value === 'number' && Number.isFinite(value)) numbers[name] = value
    else noteError(errors, 'invalid_number', `metrics.${name}`)
  }
  return numbers
}

/** @param {Record<string, number>} numbers @param {string} kind */
function withTotal(numbers, kind) {
  const { input_tokens: input, output_tokens: output, total_tokens: total } = numbers
  const known = total === undefined && input !== undefined && (output !== undefined || kind === 'embedding')
  return known ? { ...numbers, total_tokens: input + (output ?? 0) } : numbers
}

/** @param {Record<string, any>} fields */
function promptOf(fields) {
  const id = text(fields['prompt.id'], QUIET)
  const version = text(fields['prompt.version'], QUIET)
  const template = text(fields['prompt.template'], QUIET)
  const variables = fields['prompt.variables']
  if (id === undefined && template === undefined && !isObject(variables)) return undefined
  const prompt = { id, version, template, variables: isObject(variables) ? textsOf(variables) : undefined }
  return Object.fromEntries(Object.entries(prompt).filter(([, value]) => value !== undefined))
}

/** @param {Record<string, unknown>} variables */
function textsOf(variables) {
  return Object.fromEntries(Object.keys(variables).map(name => [name, text(variables[name], QUIET) ?? '']))
}

/**
 * Only a model's span has a prompt of its own.
 *
 * @param {Record<string, any>} fields
 * @param {Record<string, any>} metadata
 * @param {boolean} hidesContent
 */
function keepPrompt(fields, metadata, hidesContent) {
  const prompt = promptOf(fields)
  if (prompt === undefined) return
  const { template, variables, ...names } = prompt
  metadata.prompt ??= hidesContent ? names : prompt
}

/** @param {Record<string, any>} fields @param {boolean} hidesContent */
function agentOf(fields, hidesContent) {
  const instructions = messagesOf(fields['input.system']).flatMap(({ content }) => content || [])
  const agent = {
    name: text(fields['agent.name'], QUIET),
    instructions: hidesContent || instructions.length === 0 ? undefined : instructions.join('\n'),
    model: text(fields.modelName, QUIET)
  }
  return Object.fromEntries(Object.entries(agent).filter(([, value]) => value !== undefined))
}

/**
 * @param {OtelSpan} span
 * @param {Record<string, any>} fields
 * @param {Record<string, any>} metadata
 * @returns {Said['error']}
 */
function errorOf(span, fields, metadata) {
  const status = isObject(span.status) ? span.status : {}
  const type = text(fields['error.type'], QUIET)
  const isFailed =
    status.code === ERROR || (type !== undefined && status.code !== 1) || metadata.level === 'ERROR'
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
  for (const what of ['Attributes', 'Events', 'Links']) {
    const dropped = countOf(span[`dropped${what}Count`])
    if (dropped > 0) noteError(errors, `otel_dropped_${what.toLowerCase()}`, `${dropped}`)
  }
}

module.exports = { identityOf, saidOf }
