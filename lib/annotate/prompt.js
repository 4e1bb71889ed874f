'use strict'

/** The prompt of an `llm` span: how it reads on the wire, and how a second annotation merges with the first. */

const { readPrompt } = require('./prompt-fields')

/** @typedef {Record<string, unknown>} WireObject */

const DEFAULT_PROMPT_NAME = 'unnamed-prompt'
const DEFAULT_CONTEXT_VARIABLES = Object.freeze(['context'])
const DEFAULT_QUERY_VARIABLES = Object.freeze(['question'])

/** Tells the intake where the prompt of a span comes from. */
const PROMPT_TAG = Object.freeze({ prompt_tracking_instrumentation_method: 'annotated' })

/**
 * @param {import('../values/capture').Capture} capture
 * @param {unknown} given
 * @param {{ mlApp: string, prompt: WireObject|null }} span
 * @returns {WireObject} the span's whole new prompt
 */
function capturePrompt(capture, given, span) {
  const prompt = readPrompt(capture, given)
  const replaces = prompt.id !== undefined || prompt.version !== undefined || prompt.template !== undefined
  const isNew = span.prompt === null || replaces

  /** @type {WireObject} */
  const wire = { __proto__: null, ...span.prompt }
  if (replaces) {
    // What identified the former prompt does not identify this one.
    delete wire.prompt_uuid
    delete wire.prompt_version_uuid
  }
  if (prompt.template !== undefined) {
    delete wire.template
    delete wire.chat_template
  }
  put(wire, 'id', prompt.id ?? (isNew ? `${span.mlApp}_${DEFAULT_PROMPT_NAME}` : undefined))
  put(wire, 'version', prompt.version)
  put(wire, 'prompt_uuid', prompt.promptUuid)
  put(wire, 'prompt_version_uuid', prompt.promptVersionUuid)
  put(wire, 'variables', prompt.variables)
  if (typeof prompt.template === 'string') put(wire, 'template', prompt.template)
  else if (prompt.template !== undefined && prompt.template.length > 0)
    put(wire, 'chat_template', prompt.template)
  put(wire, 'tags', prompt.tags)
  put(
    wire,
    '_dd_context_variable_keys',
    prompt.contextVariables ?? (isNew ? DEFAULT_CONTEXT_VARIABLES : undefined)
  )
  put(wire, '_dd_query_variable_keys', prompt.queryVariables ?? (isNew ? DEFAULT_QUERY_VARIABLES : undefined))
  return wire
}

/**
 * @param {WireObject} wire
 * @param {string} key
 * @param {unknown} value
 */
function put(wire, key, value) {
  if (value) wire[key] = value
}

module.exports = { PROMPT_TAG, capturePrompt }
