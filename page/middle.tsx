import { clock, count, counted, duration, oneLine } from './format'
import { go, linkTo, route } from './route'
import { Rows } from './rows'
import { holdList, hueOf, laneOf, newer, showNewer, traces } from './state'
import type { Trace } from './told'

const ROW_HEIGHT = 46

export function TraceList() {
  const list = traces.value
  const { trace: open } = route.value
  const at = list.findIndex(({ id }) => id === open)
  const scrolled = (top: number) => {
    if (top > 0) holdList()
    else if (route.value.trace === '') showNewer()
  }
  return (
    <div class="traces">
      {newer.value > 0 && (
        <button type="button" class="newer" onClick={showNewer}>
          {newer.value} new
        </button>
      )}
      {list.length === 0 && <Nothing />}
      <Rows count={list.length} height={ROW_HEIGHT} label="Traces" at={at} onScroll={scrolled}>
        {index => <TraceRow key={list[index].id} trace={list[index]} isOpen={index === at} />}
      </Rows>
    </div>
  )
}

function Nothing() {
  const { q, tenant, errors } = route.value
  const isFiltered = q !== '' || tenant !== '' || errors
  if (!isFiltered) return <p class="hint">No trace is in memory.</p>
  return (
    <p class="hint">
      No trace matches.{' '}
      <button type="button" onClick={() => go({ q: '', tenant: '', errors: false })}>
        Show all
      </button>
    </p>
  )
}

function TraceRow({ trace, isOpen }: { trace: Trace; isOpen: boolean }) {
  const lane = laneOf(trace.lane)
  const name = lane?.name ?? ''
  const tokens = trace.inputTokens + trace.outputTokens
  return (
    <a
      class={`trace-row t${hueOf(name)}`}
      href={linkTo({ trace: trace.id, span: '', compare: false })}
      aria-current={isOpen ? 'true' : undefined}
      onClick={holdList}
    >
      <span class="time">{clock(trace.startMs)}</span>
      <span class="about">
        <span class="line">
          <span class="what">{oneLine(trace.title)}</span>
          <span class="sum">{duration(trace.durationMs)}</span>
        </span>
        <span class="line small">
          <b class="tenant-name">{oneLine(name)}</b>
          <span class="dim ellipsis">
            {trace.root === null ? '' : `· ${oneLine(trace.root)} `}· {counted(trace.spans, 'span')}
          </span>
          {trace.errors > 0 && <span class="chip bad">{count(trace.errors)} err</span>}
          {trace.tries > 1 && <span class="chip warn">{trace.tries} tries</span>}
          {trace.lanes !== null && <span class="chip">{trace.lanes.length} lanes</span>}
          <span class="grow" />
          {tokens > 0 && <span class="sum dim">{count(tokens)} tok</span>}
        </span>
      </span>
    </a>
  )
}
