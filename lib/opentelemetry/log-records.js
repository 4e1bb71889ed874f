'use strict'

/** Content that is told in log records, as the official instrumentation of OpenAI does, and never on the span. */

const { isObject } = require('./messages')
const { activeSpan } = require('./reading')

/** Of one span: a conversation may be long, and a span may never end. */
const RECORDS_MAX = 1000
const DETAILS = 'gen_ai.client.inference.operation.details'
/** Roles by the names of events, before 1.37. */
const ROLES = new Map([
  ['gen_ai.system.message', 'system'],
  ['gen_ai.user.message', 'user'],
  ['gen_ai.assistant.message', 'assistant'],
  ['gen_ai.tool.message', 'tool']
])
const CHOICE = 'gen_ai.choice'

/** @typedef {{ name: string, record: Record<string, any> }} Logged */

/** By span. @type {WeakMap<object, Logged[]>} */
const logged = new WeakMap()
/** Whether there ever was one. */
let hasRecords = false

/** Keeps the log records of a span until `SpanlaneSpanProcessor` takes it. It exports nothing itself. */
class SpanlaneLogRecordProcessor {
  /**
   * @param {any} record
   * @param {any} context
   */
  onEmit(record, context) {
    try {
      const name = nameOf(record)
      if (name !== DETAILS && name !== CHOICE && !ROLES.has(name)) return
      const span = activeSpan(context)
      if (span === null) return
      const records = logged.get(span)
      hasRecords = true
      if (records === undefined) logged.set(span, [{ name, record }])
      else if (records.length < RECORDS_MAX) records.push({ name, record })
    } catch {
      // A record that cannot be read says nothing.
    }
  }

  async forceFlush() {}

  async shutdown() {}
}

/** @param {any} record @returns {string} */
function nameOf(record) {
  return `${record.eventName ?? record.attributes?.['event.name'] ?? ''}`
}

/**
 * @param {object} span
 * @returns {Record<string, any> | null} attributes in which it would have been told; null: nothing was
 */
function takeLogged(span) {
  if (!hasRecords) return null
  const records = logged.get(span)
  if (records === undefined) return null
  logged.delete(span)
  /** @type {Record<string, any>} */
  const attributes = {}
  const inputs = records.flatMap(({ name, record }) =>
    ROLES.has(name) && isObject(record.body)
      ? { role: ROLES.get(name), ...idOf(record.body), ...record.body }
      : []
  )
  const outputs = records.flatMap(({ name, record }) => (name === CHOICE ? messageOf(record.body) : []))
  if (inputs.length > 0) attributes['gen_ai.input.messages'] = inputs
  if (outputs.length > 0) attributes['gen_ai.output.messages'] = outputs
  for (const { name, record } of records) {
    if (name === DETAILS && isObject(record.attributes)) Object.assign(attributes, record.attributes)
  }
  return attributes
}

/** @param {any} body */
function idOf(body) {
  return typeof body.id === 'string' ? { tool_call_id: body.id } : {}
}

/** @param {any} body of a choice */
function messageOf(body) {
  if (!isObject(body)) return []
  return { role: 'assistant', ...(isObject(body.message) ? body.message : { content: body.message ?? '' }) }
}

module.exports = { SpanlaneLogRecordProcessor, takeLogged }
