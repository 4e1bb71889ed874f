'use strict'

const { NO_PARENT } = require('../wire')

/**
 * @typedef {import('../../../testing').WireEvent} WireEvent
 * @typedef {import('./wire-text').Kept} Kept
 * @typedef {{ input: number, output: number, cost: number }} Spent
 */

const MAX_TITLE_LENGTH = 120
const NS_IN_MS = 1e6

/**
 * What a list says of one trace at one lane.
 *
 * @param {readonly Kept[]} kept spans and evaluations, in order of arrival
 */
function summaryOf(kept) {
  const spans = kept.filter(({ stream }) => stream === 'spans').map(({ event }) => event)
  const evaluations = kept.filter(({ stream }) => stream === 'evaluations')
  spans.sort((left, right) => left.start_ns - right.start_ns)
  const root = rootOf(spans)
  const { input, output, cost } = spentIn(spans)
  const startMs = (spans[0]?.start_ns ?? 0) / NS_IN_MS || evaluations[0]?.receivedAtMs || 0
  const endMs = spans.reduce(
    (end, span) => Math.max(end, (span.start_ns + span.duration) / NS_IN_MS),
    startMs
  )
  return {
    owner: kept.find(({ owner }) => owner !== null)?.owner ?? null,
    title: titleOf(spans, root) || titleOfEvaluation(evaluations[0]?.event),
    root: root === undefined ? null : cut(root.name),
    kind: root?.meta['span.kind'] ?? null,
    startMs,
    durationMs: endMs - startMs,
    spans: spans.length,
    errors: spans.filter(({ status }) => status === 'error').length,
    evaluations: evaluations.length,
    inputTokens: input,
    outputTokens: output,
    cost,
    models: [...new Set(spans.map(span => span.meta.model_name).filter(isText))].slice(0, 4).map(cut),
    session: spans.map(span => span.session_id).find(isText) ?? null,
    isWhole: root !== undefined && root.parent_id === NO_PARENT
  }
}

/**
 * Tokens and costs, each once: a span whose descendants have numbers of their own says their sum again.
 *
 * @param {readonly WireEvent[]} spans
 * @returns {Spent}
 */
function spentIn(spans) {
  const byId = new Map(spans.map(span => [span.span_id, span]))
  const repeating = new Set()
  for (const span of spans) {
    if (!hasSpent(span)) continue
    for (let at = byId.get(span.parent_id); at !== undefined; at = byId.get(at.parent_id)) {
      if (at === span || repeating.has(at)) break
      repeating.add(at)
    }
  }
  const sum = { input: 0, output: 0, cost: 0 }
  for (const span of spans) {
    if (repeating.has(span)) continue
    const { input, output, cost } = spentBy(span)
    sum.input += input
    sum.output += output
    sum.cost += cost
  }
  return sum
}

/** @param {WireEvent} span @returns {Spent} */
function spentBy({ metrics = {} }) {
  const cost = metrics.total_cost ?? (metrics.input_cost ?? 0) + (metrics.output_cost ?? 0)
  return { input: metrics.input_tokens ?? 0, output: metrics.output_tokens ?? 0, cost }
}

/** @param {WireEvent} span */
function hasSpent(span) {
  const { input, output, cost } = spentBy(span)
  return input > 0 || output > 0 || cost > 0
}

/**
 * @param {readonly WireEvent[]} spans in order of start
 * @returns {WireEvent | undefined} the first without a parent, else the first whose parent is not here
 */
function rootOf(spans) {
  const ids = new Set(spans.map(span => span.span_id))
  return (
    spans.find(span => span.parent_id === NO_PARENT) ??
    spans.find(span => !ids.has(span.parent_id)) ??
    spans[0]
  )
}

/**
 * The question: a list of names says nothing when all of them are the same.
 *
 * @param {readonly WireEvent[]} spans in order of start
 * @param {WireEvent | undefined} root
 */
function titleOf(spans, root) {
  const asked = spans.find(span => span.meta['span.kind'] === 'llm')
  const messages = asked?.meta.input?.messages
  const question = Array.isArray(messages) ? messages.filter(isQuestion).pop()?.content : undefined
  const value = root?.meta.input?.value
  return cut(question ?? (isText(value) ? value : undefined) ?? root?.name ?? '')
}

/** @param {WireEvent | undefined} evaluation whose span is not here */
function titleOfEvaluation(evaluation) {
  return evaluation === undefined ? '' : cut(`${evaluation.event_kind} ${evaluation.label}`)
}

/** @param {{ role?: unknown, content?: unknown } | null} message */
function isQuestion(message) {
  return message?.role === 'user' && isText(message.content)
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string' && value !== ''
}

/** @param {unknown} value one line of it */
function cut(value) {
  const line = String(value)
    .slice(0, MAX_TITLE_LENGTH * 2)
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > MAX_TITLE_LENGTH ? `${line.slice(0, MAX_TITLE_LENGTH - 1)}…` : line
}

module.exports = { summaryOf }
