'use strict'

/** What a span says whoever receives it: its `meta` (without agent attribution), metrics and collection errors. */

const { quote } = require('../lib/values/json-rules')
const { JsonWriter } = require('../lib/values/json-text')
const { metadataOf } = require('../lib/event/span-metadata')
const { text } = require('./encode-text')

/** @typedef {import('../lib/trace/span').Span} Span */

/**
 * @typedef {object} Content
 * @property {string} meta members of `meta` that come before `agent_attribution`
 * @property {string} error members of `meta` that come after it, with a leading comma
 * @property {string} metrics
 * @property {readonly string[]} errors
 */

const DEFAULT_MODEL = 'custom'
const MODEL_KINDS = ['llm', 'embedding']

/**
 * @param {Span} span
 * @param {boolean} capturesContent false: without inputs, outputs and prompt
 * @returns {Content}
 */
function encodeContent(span, capturesContent) {
  const errors = span.collectionErrors === null ? [] : [...span.collectionErrors]
  const writer = new JsonWriter(errors)
  let meta = `"span.kind":${quote(span.kind)}`
  meta += `,"input":${capturesContent ? encodeInput(span, writer) : '{}'}`
  meta += `,"output":${capturesContent ? encodeValue(span.output, 'output', writer) : '{}'}`
  if (MODEL_KINDS.includes(span.kind)) {
    meta += `,"model_name":${text(span.modelName || DEFAULT_MODEL)}`
    meta += `,"model_provider":${text(span.modelProvider || DEFAULT_MODEL).toLowerCase()}`
  }
  const metadata = metadataOf(span)
  if (metadata !== null) meta += `,"metadata":${writer.write(metadata, 'metadata') ?? '{}'}`
  if (span.toolDefinitions !== null) {
    meta += `,"tool_definitions":${writer.write(span.toolDefinitions, 'toolDefinitions') ?? '[]'}`
  }
  const metrics = span.metrics === null ? '{}' : (writer.write(span.metrics, 'metrics') ?? '{}')
  return { meta, error: encodeError(span), metrics, errors }
}

/**
 * @param {Span} span
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeInput(span, writer) {
  const input = encodeValue(span.input, 'input', writer)
  const isObject = input.charCodeAt(0) === 0x7b
  const prompt =
    span.kind === 'llm' && isObject && span.prompt !== null ? writer.write(span.prompt, 'prompt') : undefined
  if (prompt === undefined) return input
  return input === '{}' ? `{"prompt":${prompt}}` : `${input.slice(0, -1)},"prompt":${prompt}}`
}

/**
 * @param {unknown} value null: never annotated
 * @param {string} place
 * @param {JsonWriter} writer
 * @returns {string}
 */
function encodeValue(value, place, writer) {
  return value === null ? '{}' : (writer.write(value, place) ?? '{}')
}

/**
 * @param {Span} span
 * @returns {string}
 */
function encodeError(span) {
  const { error } = span
  if (error === null) return ''
  const stack = error.stack ? `,"error.stack":${text(error.stack)}` : ''
  return `,"error.message":${text(error.message)},"error.type":${text(error.type)}${stack}`
}

module.exports = { encodeContent }
