import { signal } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import { cost, count, counted, duration, oneLine, stepOf } from './format'
import { go, linkTo, route } from './route'
import { Rows } from './rows'
import { SpanView } from './span'
import { hueOf, isGone, laneOf, matches, opened, readAt, traceOf } from './state'
import { TenantTag } from './tags'
import { Copy } from './text'
import type { Arrived, Trace } from './told'
import { firstToRead, kindOf, lengthOf, type Row, startOf, type Tree, treeOf, unfolded } from './tree'

const ROW_HEIGHT = 25
const MAX_INDENT = 9
const INDENT_PX = 13

/** Spans whose children are hidden, of the trace that is open. */
const folded = signal<{ trace: string; spans: ReadonlySet<string> }>({ trace: '', spans: new Set() })
let shown: { arrived: Arrived[]; tree: Tree } | null = null

/** The open trace's tree, made once for what was read. */
export function openTree(): Tree | null {
  const read = opened.value
  if (read === null || read.id !== route.value.trace) return null
  if (shown?.arrived !== read.arrived) shown = { arrived: read.arrived, tree: treeOf(read.arrived) }
  return shown.tree
}

export function visibleRows(tree: Tree): { row: Row; hidden: number }[] {
  const { trace, spans } = folded.value
  return unfolded(tree.rows, trace === route.value.trace ? spans : new Set())
}

export function fold(id: string, isFolded: boolean): void {
  const { trace, spans } = folded.value
  const next = new Set(trace === route.value.trace ? spans : [])
  if (isFolded) next.add(id)
  else next.delete(id)
  folded.value = { trace: route.value.trace, spans: next }
}

export function openSpan(tree: Tree): string {
  const { span } = route.value
  return tree.rows.some(({ id }) => id === span) ? span : firstToRead(tree.rows)
}

export function TraceView() {
  const { trace: id, compare } = route.value
  const trace = traceOf(id)
  if (trace === undefined || isGone.value) {
    return <p class="hint">This trace is not in memory any more: the newest are kept.</p>
  }
  const tree = openTree()
  return (
    <section class="trace" aria-label="Trace">
      <Title trace={trace} />
      {compare && trace.lanes !== null ? (
        <Compare trace={trace} lanes={trace.lanes} />
      ) : (
        tree !== null && <Opened trace={trace} tree={tree} />
      )}
    </section>
  )
}

function Opened({ trace, tree }: { trace: Trace; tree: Tree }) {
  const span = openSpan(tree)
  const row = tree.rows.find(({ id }) => id === span)
  return (
    <>
      <Waterfall tree={tree} trace={trace} span={span} />
      {row !== undefined && (
        <SpanView key={`${trace.id} ${span}`} row={row} rows={tree.rows} lane={trace.lane} />
      )}
    </>
  )
}

function Title({ trace }: { trace: Trace }) {
  const lane = laneOf(trace.lane)
  const { compare } = route.value
  return (
    <header class="title">
      <div class="line">
        <h2>{oneLine(trace.title)}</h2>
        {trace.lanes !== null && (
          <button type="button" aria-pressed={compare} onClick={() => go({ compare: !compare })}>
            At {trace.lanes.length} lanes
          </button>
        )}
        <Copy label="Copy trace" text={() => JSON.stringify(opened.value?.arrived ?? [], null, 2)} />
      </div>
      <div class="line">
        {lane !== undefined && <TenantTag name={lane.name} />}
        <span>{lane?.site}</span>
        <b>{duration(trace.durationMs)}</b>
        <span>{counted(trace.spans, 'span')}</span>
        {trace.inputTokens + trace.outputTokens > 0 && (
          <span>
            <b>{count(trace.inputTokens)}</b> in, <b>{count(trace.outputTokens)}</b> out tokens
          </span>
        )}
        {trace.cost > 0 && <span>cost {cost(trace.cost)}</span>}
        {trace.errors > 0 && <span class="chip bad">{counted(trace.errors, 'error')}</span>}
        {trace.tries > 1 && <span class="chip warn">{trace.tries} tries</span>}
        {trace.session !== null && <span class="id">session {oneLine(trace.session)}</span>}
        {!trace.isWhole && <span class="chip warn">its root is not here (yet)</span>}
      </div>
    </header>
  )
}

function Waterfall({ tree, trace, span }: { tree: Tree; trace: Trace; span: string }) {
  const rows = visibleRows(tree)
  const at = rows.findIndex(({ row }) => row.id === span)
  const found = matches.value?.[trace.id]
  return (
    <div
      class={`waterfall t${hueOf(laneOf(trace.lane)?.name ?? '')}`}
      style={{ height: `${Math.min(rows.length, 14) * ROW_HEIGHT + 24}px` }}
    >
      <Axis spanMs={tree.spanMs} />
      <Rows count={rows.length} height={ROW_HEIGHT} label="Spans of the trace" at={at}>
        {index => (
          <SpanRow
            key={rows[index].row.id}
            {...rows[index]}
            tree={tree}
            isOpen={index === at}
            isFound={found?.includes(rows[index].row.id) ?? false}
          />
        )}
      </Rows>
    </div>
  )
}

function Axis({ spanMs }: { spanMs: number }) {
  const step = stepOf(spanMs)
  const marks = []
  for (let at = 0; at < spanMs * 0.999; at += step) marks.push(at)
  return (
    <div class="axis" aria-hidden="true">
      <div class="track">
        {marks.map(at => (
          <span key={at} style={{ left: `${(at / spanMs) * 100}%` }}>
            {at === 0 ? '0' : duration(at).replace(/\.?0+ /, ' ')}
          </span>
        ))}
      </div>
    </div>
  )
}

interface SpanRowProps {
  row: Row
  hidden: number
  tree: Tree
  isOpen: boolean
  isFound: boolean
}

function SpanRow({ row, hidden, tree, isOpen, isFound }: SpanRowProps) {
  const { span, depth } = row
  const kind = kindOf(span)
  const { input_tokens: input, output_tokens: output } = span.metrics ?? {}
  const state = [row.isError && 'error', row.leadsToError && 'leads', isFound && 'found']
    .filter(Boolean)
    .join(' ')
  const lead = { paddingLeft: `${Math.min(depth, MAX_INDENT) * INDENT_PX + 8}px` }
  return (
    <div class={`row ${state}`} aria-current={isOpen ? 'true' : undefined}>
      <div class="lead" style={lead}>
        <Caret row={row} hidden={hidden} />
        {depth > MAX_INDENT && <span class="depth">{depth}</span>}
        <a href={linkTo({ span: row.id })} aria-current={isOpen ? 'true' : undefined}>
          <span class={`kind ${kind}`}>{SHORT[kind] ?? kind}</span>
          <span class="what">
            {oneLine(span.name)} <span class="dim">{oneLine(span.meta?.model_name ?? '')}</span>
          </span>
          {row.isOrphan && <span class="chip warn">parent not here</span>}
          {row.evaluations.length > 0 && <span class="chip">{row.evaluations.length} eval</span>}
          {(input !== undefined || output !== undefined) && (
            <span class="spent">
              {count(input ?? 0)}→{count(output ?? 0)}
            </span>
          )}
        </a>
      </div>
      <Bar row={row} tree={tree} kind={kind} />
    </div>
  )
}

const SHORT: Record<string, string> = {
  workflow: 'flow',
  retrieval: 'retr',
  embedding: 'emb',
  experiment: 'exp'
}

function Caret({ row, hidden }: { row: Row; hidden: number }) {
  if (row.children === 0) return <span class="caret" />
  const label = hidden > 0 ? `Show ${hidden} spans below` : 'Hide the spans below'
  return (
    <button
      type="button"
      class="caret"
      aria-label={label}
      aria-expanded={hidden === 0}
      onClick={() => fold(row.id, hidden === 0)}
    >
      {hidden > 0 ? `▸` : '▾'}
    </button>
  )
}

function Bar({ row, tree, kind }: { row: Row; tree: Tree; kind: string }) {
  const { span } = row
  const left = ((startOf(span) - tree.startMs) / tree.spanMs) * 100
  const width = (lengthOf(span) / tree.spanMs) * 100
  return (
    <div class="track" aria-hidden="true">
      <span
        class={`bar ${kind === 'llm' ? 'solid' : ''} ${row.isError ? 'error' : ''}`}
        style={{ left: `${left}%`, width: `max(3px, ${width}%)` }}
      />
      <span
        class={`length ${row.isError ? 'error' : ''}`}
        style={{ left: `calc(${Math.min(left + width, 100)}% + 6px)` }}
      >
        {duration(lengthOf(span))}
        {row.isError ? ' ✗' : ''}
      </span>
    </div>
  )
}

/** The same trace as each lane has it: what is at one and not at another, and what differs. */
function Compare({ trace, lanes }: { trace: Trace; lanes: string[] }) {
  const [columns, setColumns] = useState<{ lane: string; arrived: Arrived[] }[]>([])
  useEffect(() => {
    let isOpen = true
    const read = lanes.map(async lane => ({ lane, arrived: await readAt(trace.traceId, lane) }))
    void Promise.all(read).then(all => {
      if (isOpen) setColumns(all)
    })
    return () => {
      isOpen = false
    }
  }, [trace.id, trace.spans, lanes.length])
  if (columns.length === 0) return null
  const { rows } = treeOf(columns.flatMap(({ arrived }) => arrived))
  const spansAt = columns.map(
    ({ arrived }) =>
      new Map(arrived.filter(({ stream }) => stream === 'spans').map(({ event }) => [event.span_id, event]))
  )
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="compare" aria-label="The trace at each lane" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">span</th>
            {columns.map(({ lane }) => (
              <th key={lane} scope="col">
                <TenantTag name={laneOf(lane)?.name ?? lane} />
                <div class="dim">{laneOf(lane)?.site}</div>
                <div class="id">{laneOf(lane)?.keyFingerprint}</div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, 500).map(row => (
            <tr key={row.id}>
              <th
                scope="row"
                style={{ paddingLeft: `${Math.min(row.depth, MAX_INDENT) * INDENT_PX + 12}px` }}
              >
                <span class="kind">{kindOf(row.span)}</span> {oneLine(row.span.name)}
              </th>
              {columns.map(({ lane }, index) => (
                <At key={lane} span={spansAt[index].get(row.id)} first={row.span} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function At({ span, first }: { span: Record<string, unknown> | undefined; first: Record<string, unknown> }) {
  if (span === undefined) return <td class="dim">not here</td>
  const isSame = JSON.stringify(span.meta) === JSON.stringify(first.meta)
  return (
    <td class={span.status === 'error' ? 'error' : ''}>
      {duration(lengthOf(span))} {isSame ? '' : <span class="chip warn">content differs</span>}
    </td>
  )
}
