import { useEffect, useState } from 'preact/hooks'
import { count, counted, duration, oneLine } from './format'
import { linkTo, route } from './route'
import { errorCount, type Tenant, tenants, traceCount } from './state'
import { Monogram } from './tags'
import type { Lane } from './told'

const STEP_MS = 5000
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
          {state}, {answer} for {duration(Math.max(1000, now - since)).replace(/\.\d+/, '')}
        </span>
      )}
    </>
  )
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
