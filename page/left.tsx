import { useEffect, useState } from 'preact/hooks'
import { count, counted, duration, oneLine } from './format'
import { linkTo, route } from './route'
import { errorCount, overall, type Tenant, tenants, traceCount } from './state'
import { Monogram } from './tags'
import type { ClientCounts, Lane, LaneClient } from './told'

const STEP_MS = 5000
/** A process that says nothing for so long has ended, or is stopped in a debugger. */
const SILENT_MS = 15_000
const FROM = { declared: 'declared', owner: 'by owner tag', label: 'by label', fingerprint: 'unnamed' }
const NAME_FROM = {
  declared: 'declared',
  owner: 'named by the owner of its data',
  label: "the application's label",
  fingerprint: 'nobody named it'
}

export function TenantList() {
  const now = useNow()
  const all = tenants.value
  const { tenant } = route.value
  const laneCount = all.reduce((sum, { lanes }) => sum + lanes.length, 0)
  const spans = all.reduce((sum, one) => sum + one.spans, 0)
  return (
    <nav class="left" aria-label="Tenants">
      <h2>
        Tenants{' '}
        <span class="dim">
          {all.length} on {counted(laneCount, 'lane')}
        </span>
      </h2>
      <div class="scroll">
        <a class="who" href={linkTo({ tenant: '' })} aria-current={tenant === '' ? 'true' : undefined}>
          <span class="monogram all" aria-hidden="true">
            ∗
          </span>
          <span class="line">
            <b>All</b>
            {errorCount.value > 0 && <span class="chip bad">{errorCount.value} err</span>}
            <span class="grow" />
            <span class="number">{count(spans)}</span>
          </span>
          <span class="dim">{counted(traceCount.value, 'trace')}</span>
          <Unrouted />
        </a>
        {all.map(one => (
          <TenantBlock key={one.name} tenant={one} isOpen={tenant === one.name} now={now} />
        ))}
      </div>
    </nav>
  )
}

function TenantBlock({ tenant, isOpen, now }: { tenant: Tenant; isOpen: boolean; now: number }) {
  const { name, lanes, spans, errors, tokens } = tenant
  const { nameFrom } = lanes[0]
  const from = NAME_FROM[nameFrom]
  return (
    <a class="who" href={linkTo({ tenant: isOpen ? '' : name })} aria-current={isOpen ? 'true' : undefined}>
      <Monogram name={name} />
      <span class="line" title={from}>
        <b class={nameFrom === 'fingerprint' ? 'mono' : ''}>{oneLine(name)}</b>
        {errors > 0 && <span class="chip bad">{count(errors)} err</span>}
        <span class="grow" />
        <span class="number">{count(spans)}</span>
      </span>
      <span class="line dim small">
        <span>{FROM[nameFrom]}</span>
        <span class="grow" />
        {tokens > 0 && <span>{count(tokens)} tok</span>}
      </span>
      {lanes.map(lane => (
        <LaneLine key={lane.id} lane={lane} now={now} />
      ))}
      <Spark lanes={lanes} now={now} />
    </a>
  )
}

function LaneLine({ lane, now }: { lane: Lane; now: number }) {
  const { failingSinceMs: since, state } = lane
  const answer = lane.lastStatus ?? 'no answer'
  return (
    <>
      <span class="line mono dim">
        <span>{oneLine(lane.site)}</span>
        <span class="grow" />
        <span>{lane.keyFingerprint.slice(0, 6)}</span>
      </span>
      {since !== null && (
        <span class={`mono ${state === 'refused' ? 'red' : 'amber'}`}>
          {state}, {answer} for {seconds(now - since)}
        </span>
      )}
      {lane.client !== null && <OwnWords client={lane.client} now={now} />}
    </>
  )
}

/** What the processes that send on this lane say of themselves. */
function OwnWords({ client, now }: { client: LaneClient; now: number }) {
  const { saidAtMs, parkedSinceMs, clients } = client
  const silent = now - saidAtMs
  const isPaused = parkedSinceMs !== null
  const text = [isPaused ? `sender pauses for ${seconds(now - parkedSinceMs)}` : '', lossesOf(client)]
  const said = text.filter(Boolean).join(' · ')
  if (said === '') return null
  const isOld = silent > SILENT_MS
  const whose = `${counted(clients, 'process')} of the application`.replace('processs', 'processes')
  return (
    <span
      class={`mono own-words ${isOld ? 'dim' : isPaused || client.dropped > 0 ? 'red' : 'amber'}`}
      title={`As said by ${whose}: ${reasonsOf(client)}`}
    >
      {said}
      {isOld ? ` · silent for ${seconds(silent)}` : ''}
    </span>
  )
}

/** What has no tenant is on no lane. */
function Unrouted() {
  const unrouted = overall.value?.client?.unrouted
  if (unrouted === undefined || unrouted.dropped === 0) return null
  return (
    <span class="mono red own-words" title={reasonsOf(unrouted)}>
      without a route: {lossesOf(unrouted)}
    </span>
  )
}

function lossesOf({ held, dropped, droppedByReason }: ClientCounts): string {
  const reasons = Object.keys(droppedByReason)
  const why = reasons.length === 1 ? ` ${oneLine(reasons[0])}` : ''
  const parts = [held > 0 ? `holds ${count(held)}` : '', dropped > 0 ? `dropped ${count(dropped)}${why}` : '']
  return parts.filter(Boolean).join(' · ')
}

function reasonsOf({ held, droppedByReason }: ClientCounts): string {
  const reasons = Object.entries(droppedByReason).map(([reason, number]) => `${reason} ${count(number)}`)
  return [`holds ${count(held)}`, ...reasons].map(oneLine).join(', ')
}

function seconds(ms: number): string {
  return duration(Math.max(1000, ms)).replace(/\.\d+/, '')
}

/** Arrivals of the last two minutes, on all lanes together. */
function Spark({ lanes, now }: { lanes: Lane[]; now: number }) {
  const steps = lanes[0].arrivals.length
  const sums = new Array<number>(steps).fill(0)
  for (const { arrivals, arrivedAtMs } of lanes) {
    const passed = Math.floor(now / STEP_MS) - Math.floor(arrivedAtMs / STEP_MS)
    for (let at = 0; at < steps; at += 1) if (at - passed >= 0) sums[at - passed] += arrivals[at]
  }
  const most = Math.max(...sums, 1)
  return (
    <span
      class={`spark t${tenants.value.find(({ lanes: own }) => own === lanes)?.hue ?? 0}`}
      aria-hidden="true"
    >
      {sums.map((sum, at) => (
        <i key={at} style={{ height: `${sum === 0 ? 1 : 2 + (sum / most) * 12}px` }} />
      ))}
    </span>
  )
}

function useNow(): number {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
