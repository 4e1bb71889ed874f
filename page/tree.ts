import type { Arrived, Wire } from './told'

export interface Row {
  span: Wire
  id: string
  depth: number
  children: number
  isError: boolean
  /** A span below it failed. */
  leadsToError: boolean
  /** Its parent is named and not here. */
  isOrphan: boolean
  arrived: Arrived
  evaluations: Wire[]
}

export interface Tree {
  rows: Row[]
  startMs: number
  spanMs: number
}

const NS_IN_MS = 1e6
const NO_PARENT = 'undefined'

export function startOf(span: Wire): number {
  return Number(span.start_ns) / NS_IN_MS
}

export function lengthOf(span: Wire): number {
  return Number(span.duration) / NS_IN_MS
}

export function kindOf(span: Wire): string {
  return String(span.meta?.['span.kind'] ?? 'span')
}

/** Spans as a tree in order of start, whatever the order of their arrival; without recursion, however deep it is. */
export function treeOf(arrived: Arrived[]): Tree {
  const byId = new Map<string, Arrived>()
  for (const one of arrived) if (one.stream === 'spans') byId.set(one.event.span_id, one)
  const spans = [...byId.values()].sort((left, right) => left.event.start_ns - right.event.start_ns)
  const children = new Map<string, Arrived[]>()
  const roots: Arrived[] = []
  for (const one of spans) {
    const { parent_id: parent, span_id: id } = one.event
    const siblings = children.get(parent)
    if (!byId.has(parent) || parent === id) roots.push(one)
    else if (siblings === undefined) children.set(parent, [one])
    else siblings.push(one)
  }
  const failing = leadingToErrors(spans, byId)
  const evaluations = evaluationsOf(arrived)
  const rows: Row[] = []
  const done = new Set<string>()
  const walk = (from: Arrived[]) => {
    const open = from.map(one => ({ one, depth: 0 })).reverse()
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { one, depth } = next
      const { span_id: id, parent_id: parent } = one.event
      if (done.has(id)) continue
      done.add(id)
      const below = children.get(id) ?? []
      rows.push({
        span: one.event,
        id,
        depth,
        children: below.length,
        isError: one.event.status === 'error',
        leadsToError: failing.has(id),
        isOrphan: parent !== NO_PARENT && !byId.has(parent),
        arrived: one,
        evaluations: evaluations.get(id) ?? []
      })
      for (let at = below.length - 1; at >= 0; at -= 1) open.push({ one: below[at], depth: depth + 1 })
    }
  }
  walk(roots)
  // Parents in a circle have no root: they are shown all the same.
  walk(spans)
  const startMs = spans.length === 0 ? 0 : startOf(spans[0].event)
  const endMs = spans.reduce((end, { event }) => Math.max(end, startOf(event) + lengthOf(event)), startMs)
  return { rows, startMs, spanMs: Math.max(endMs - startMs, 0.001) }
}

function leadingToErrors(spans: Arrived[], byId: Map<string, Arrived>): Set<string> {
  const failing = new Set<string>()
  for (const { event } of spans) {
    if (event.status !== 'error') continue
    for (let at = byId.get(event.parent_id); at !== undefined; at = byId.get(at.event.parent_id)) {
      if (failing.has(at.event.span_id)) break
      failing.add(at.event.span_id)
    }
  }
  return failing
}

function evaluationsOf(arrived: Arrived[]): Map<string, Wire[]> {
  const bySpan = new Map<string, Wire[]>()
  for (const { stream, event } of arrived) {
    if (stream !== 'evaluations') continue
    const id = String(event.join_on?.span?.span_id ?? event.span_id ?? '')
    bySpan.set(id, [...(bySpan.get(id) ?? []), event])
  }
  return bySpan
}

/** The rows without those below what is folded, and how many each hides. */
export function unfolded(rows: Row[], folded: ReadonlySet<string>): { row: Row; hidden: number }[] {
  const shown: { row: Row; hidden: number }[] = []
  let under = Number.POSITIVE_INFINITY
  for (const row of rows) {
    if (row.depth > under) {
      shown[shown.length - 1].hidden += 1
      continue
    }
    under = folded.has(row.id) ? row.depth : Number.POSITIVE_INFINITY
    shown.push({ row, hidden: 0 })
  }
  return shown
}

/** Where to begin to read: what failed deepest, else what a model was asked, else the root. */
export function firstToRead(rows: Row[]): string {
  const failed = rows.filter(({ isError, leadsToError }) => isError && !leadsToError)
  return (failed[0] ?? rows.find(({ span }) => kindOf(span) === 'llm') ?? rows[0])?.id ?? ''
}

export function tagOf(span: Wire, name: string): string | null {
  const tags = Array.isArray(span.tags) ? span.tags : []
  const tag = tags.find((one: unknown) => typeof one === 'string' && one.startsWith(`${name}:`))
  return tag === undefined ? null : String(tag).slice(name.length + 1)
}
