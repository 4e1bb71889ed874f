'use strict'

/** @typedef {import('../../testing').WireEvent} WireEvent */

/** Control characters, escape sequences included: a span's name must not drive the reader's terminal. */
const CONTROL = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu
const MAX_NAME_LENGTH = 80

/**
 * @param {unknown} value
 * @param {number} [maxLength]
 */
function printable(value, maxLength = MAX_NAME_LENGTH) {
  const text = String(value).replace(CONTROL, sign => `\\u{${sign.codePointAt(0)?.toString(16)}}`)
  return text.length > maxLength ? `${text.slice(0, maxLength - 3)}...` : text
}

/**
 * @param {readonly string[]} headings
 * @param {ReadonlyArray<ReadonlyArray<string | number>>} rows numbers are aligned to the right
 */
function drawTable(headings, rows) {
  const cells = rows.map(row => row.map(cell => (typeof cell === 'string' ? printable(cell) : String(cell))))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map(row => (row[column] ?? '').length))
  )
  const isNumber = headings.map(
    (_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number')
  )
  /** @param {readonly string[]} row */
  const line = row =>
    row
      .map((cell, column) => (isNumber[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join('  ')
      .trimEnd()
  return [line(headings), widths.map(width => '-'.repeat(width)).join('  '), ...cells.map(line)].join('\n')
}

/**
 * One tree per trace, in order of start. Parents that did not arrive make their children roots.
 *
 * @param {readonly WireEvent[]} spans
 */
function drawTraces(spans) {
  const ordered = [...spans].sort((left, right) => left.start_ns - right.start_ns)
  /** @type {Map<string, WireEvent[]>} */
  const traces = new Map()
  for (const span of ordered) {
    const trace = traces.get(span.trace_id)
    if (trace === undefined) traces.set(span.trace_id, [span])
    else trace.push(span)
  }
  return [...traces.values()].map(drawTrace).join('\n')
}

/** @param {WireEvent[]} spans of one trace */
function drawTrace(spans) {
  const ids = new Set(spans.map(span => span.span_id))
  /** @type {Map<string, WireEvent[]>} */
  const children = new Map()
  /** @type {WireEvent[]} */
  const roots = []
  for (const span of spans) {
    const parentId = span.parent_id
    if (!ids.has(parentId) || parentId === span.span_id) roots.push(span)
    else children.set(parentId, [...(children.get(parentId) ?? []), span])
  }
  const lines = [`trace ${spans[0].trace_id}`]
  // A stack, not recursion: how deep a trace is nested is the sender's choice.
  const open = branch(roots, '').reverse()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    lines.push(next.lead + spanLine(next.span))
    open.push(...branch(children.get(next.span.span_id) ?? [], next.indent).reverse())
  }
  return lines.join('\n')
}

/**
 * @param {WireEvent[]} siblings
 * @param {string} indent
 */
function branch(siblings, indent) {
  return siblings.map((span, index) => {
    const isLast = index === siblings.length - 1
    return {
      span,
      lead: `${indent}${isLast ? '`-- ' : '|-- '}`,
      indent: `${indent}${isLast ? '    ' : '|   '}`
    }
  })
}

/** @param {WireEvent} span */
function spanLine(span) {
  return [`${span.meta?.['span.kind']}  ${printable(span.name)}`, ...measuresOf(span)].join('  ')
}

/**
 * Duration, model, tokens and error type of a span: what may be shown without showing what was said.
 *
 * @param {WireEvent} span
 */
function measuresOf(span) {
  const parts = [`${(span.duration / 1e6).toFixed(1)} ms`]
  const model = span.meta?.model_name
  if (model !== undefined) parts.push(printable(model))
  const { input_tokens: input, output_tokens: output } = span.metrics ?? {}
  if (input !== undefined || output !== undefined) parts.push(`${input ?? 0} -> ${output ?? 0} tokens`)
  if (span.status === 'error') parts.push(`ERROR ${printable(span.meta?.['error.type'] ?? '')}`.trimEnd())
  return parts
}

/**
 * @param {number} count
 * @param {string} what one of it
 */
function counted(count, what) {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`
}

module.exports = { counted, drawTable, drawTraces, measuresOf, printable }
