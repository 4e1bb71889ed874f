'use strict'

/**
 * Lays two outcomes of the program side by side. What must differ between any two runs - ids, times, the frames of a
 * stack - is first given a name that says what it stands for, so that everything else is compared as it is.
 */

/** @typedef {import('./both-bodies').Outcome} Outcome */
/** @typedef {{ in: string, path: string, ddTrace: any, spanlane: any }} Difference `in`: the case */

/**
 * @param {Outcome} ddTrace
 * @param {Outcome} spanlane
 * @returns {Difference[]}
 */
function compare(ddTrace, spanlane) {
  const [theirs, ours] = [named(ddTrace), named(spanlane)]
  /** @type {Difference[]} */
  const found = []
  for (const part of /** @type {const} */ (['spans', 'metrics', 'thrown'])) {
    for (const name of new Set([...theirs[part].keys(), ...ours[part].keys()])) {
      collect(
        found,
        name,
        part === 'thrown' ? 'thrown' : part.slice(0, -1),
        theirs[part].get(name),
        ours[part].get(name)
      )
    }
  }
  return found
}

/**
 * @param {Difference[]} found
 * @param {string} name of the case
 * @param {string} path
 * @param {any} ddTrace
 * @param {any} spanlane
 */
function collect(found, name, path, ddTrace, spanlane) {
  if (Object.is(ddTrace, spanlane)) return
  if (!isContainer(ddTrace) || !isContainer(spanlane) || Array.isArray(ddTrace) !== Array.isArray(spanlane)) {
    found.push({ in: name, path, ddTrace, spanlane })
    return
  }
  // Order is part of an event: of its fields, and of its tags.
  const [theirKeys, ourKeys] = [Object.keys(ddTrace), Object.keys(spanlane)]
  const common = theirKeys.filter(key => ourKeys.includes(key))
  if (!Array.isArray(ddTrace) && common.join() !== ourKeys.filter(key => theirKeys.includes(key)).join()) {
    found.push({ in: name, path: `${path}: order`, ddTrace: theirKeys, spanlane: ourKeys })
  }
  for (const key of new Set([...theirKeys, ...ourKeys])) {
    collect(found, name, `${path}.${key}`, ddTrace[key], spanlane[key])
  }
}

/**
 * @param {Outcome} outcome
 * @returns {{ spans: Map<string, any>, metrics: Map<string, any>, thrown: Map<string, string> }}
 */
function named({ spans, metrics, thrown }) {
  /** @type {Map<string, string>} */
  const names = new Map()
  for (const {
    spans: [event]
  } of spans.values())
    names.set(event.span_id, `the span "${event.name}"`)
  for (const {
    spans: [event]
  } of spans.values()) {
    if (event.parent_id === 'undefined') names.set(event.trace_id, `the trace of "${event.name}"`)
  }
  const id = (/** @type {string} */ value) =>
    names.get(value) ?? (/^[0-9a-f]{32}$/.test(value) ? 'another trace' : value)
  return {
    spans: new Map(
      [...spans].map(([name, envelope]) => [
        name,
        { ...envelope, spans: [namedEvent(envelope.spans[0], id)] }
      ])
    ),
    metrics: new Map([...metrics].map(([label, metric]) => [label, namedMetric(metric, id)])),
    thrown: new Map(Object.entries(thrown))
  }
}

/**
 * @param {any} event
 * @param {(value: string) => string} id
 */
function namedEvent(event, id) {
  const { _dd: dd, meta } = event
  const stack = meta['error.stack']
  return {
    ...event,
    trace_id: id(event.trace_id),
    span_id: id(event.span_id),
    parent_id: id(event.parent_id),
    tags: tagFields(event.tags),
    start_ns: isTime(event.start_ns) ? 'a time' : event.start_ns,
    duration: Number.isInteger(event.duration) && event.duration >= 0 ? 'a duration' : event.duration,
    meta: {
      ...meta,
      ...(meta.agent_attribution && {
        agent_attribution: {
          ...meta.agent_attribution,
          pagent_span_id: id(meta.agent_attribution.pagent_span_id)
        }
      }),
      ...(stack && { 'error.stack': namedStack(stack) })
    },
    _dd: { ...dd, span_id: id(dd.span_id), trace_id: id(dd.trace_id), apm_trace_id: id(dd.apm_trace_id) }
  }
}

/**
 * @param {any} metric
 * @param {(value: string) => string} id
 */
function namedMetric(metric, id) {
  return {
    ...metric,
    ...(metric.join_on && {
      join_on: {
        span: { span_id: id(metric.join_on.span.span_id), trace_id: id(metric.join_on.span.trace_id) }
      }
    }),
    ...(metric.span_id && { span_id: id(metric.span_id) }),
    tags: tagFields(metric.tags)
  }
}

/**
 * @param {string[]} tags
 * @returns {Record<string, string[]>} values by key, in order
 */
function tagFields(tags) {
  /** @type {Record<string, string[]>} */
  const fields = {}
  for (const tag of tags) {
    const colon = tag.indexOf(':')
    fields[tag.slice(0, colon)] = [...(fields[tag.slice(0, colon)] ?? []), tag.slice(colon + 1)]
  }
  return fields
}

/** @param {string} stack */
function namedStack(stack) {
  const [message, ...frames] = stack.split('\n')
  return frames.some(frame => frame.includes('program.js')) ? `${message} at the program` : stack
}

/** @param {unknown} value */
function isTime(value) {
  return typeof value === 'number' && Math.abs(value / 1e6 - Date.now()) < 600_000
}

/** @param {unknown} value */
function isContainer(value) {
  return typeof value === 'object' && value !== null
}

module.exports = { compare }
