'use strict'

/** What dd-trace's plugin for a library says of the calls of `model-calls.js`, and what Spanlane says of the same. */

const path = require('node:path')
const { DD_TRACE_ONLY, arrivalsOf } = require('./both-bodies')

/** Differ by nature: ids, times, where an error was thrown, what the tracer says of itself. */
const FIELDS = ['name', 'status', 'session_id', 'meta', 'metrics']
const LEFT_OUT = /^meta\.(?:error\.stack|agent_attribution\.pagent_span_id$)/

/** @typedef {{ call: string, path: string, ddTrace: any, spanlane: any }} Row */

/**
 * @param {string} library
 * @param {Record<string, string>} [env]
 * @returns {Promise<Row[]>} all fields of all spans, those that are alike too
 */
async function rowsOf(library, env = {}) {
  const program = path.join(__dirname, 'model-calls.js')
  const [theirs, ours] = [
    spansByCall((await arrivalsOf([program, 'dd-trace', library], { ...DD_TRACE_ONLY, ...env })).events),
    spansByCall((await arrivalsOf([program, 'spanlane', library], env)).events)
  ]
  return [...new Set([...theirs.keys(), ...ours.keys()])].flatMap(call => {
    const [left, right] = [fieldsOf(theirs.get(call)), fieldsOf(ours.get(call))]
    const paths = new Set([...left.keys(), ...right.keys()])
    return [...paths].map(path => ({ call, path, ddTrace: left.get(path), spanlane: right.get(path) }))
  })
}

/**
 * @param {any[]} events
 * @returns {Map<string, any>} by the workflow above and, where there are several, how far below it and of what kind
 */
function spansByCall(events) {
  const byId = new Map(events.map(event => [event.span_id, event]))
  /** @type {Map<string, any>} */
  const spans = new Map()
  for (const event of [...events].sort((left, right) => left.start_ns - right.start_ns)) {
    const way = [event.meta['span.kind']]
    let top = byId.get(event.parent_id)
    while (top !== undefined && byId.has(top.parent_id)) {
      way.unshift(top.meta['span.kind'])
      top = byId.get(top.parent_id)
    }
    if (top === undefined) continue
    const call = `${top.name}: ${way.join(' > ')}`
    spans.set(spans.has(call) ? `${call} again` : call, event)
  }
  return spans
}

/** @param {any} event @returns {Map<string, any>} every leaf, by its path */
function fieldsOf(event) {
  /** @type {Map<string, any>} */
  const fields = new Map()
  const walk = (/** @type {any} */ value, /** @type {string} */ path) => {
    if (LEFT_OUT.test(path)) return
    if (typeof value !== 'object' || value === null) fields.set(path, value)
    // An empty object says as much as none.
    else for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`)
  }
  if (event !== undefined) for (const name of FIELDS) if (event[name] !== undefined) walk(event[name], name)
  return fields
}

/** @param {Row} row @returns {boolean} */
function isAlike({ ddTrace, spanlane }) {
  return JSON.stringify(ddTrace) === JSON.stringify(spanlane)
}

module.exports = { isAlike, rowsOf }
