import { batch, computed, effect, signal } from '@preact/signals'
import { ask, follow, isLocked } from './access'
import { go, route } from './route'
import type { Arrived, Changes, IntakeFacts, Lane, Overall, PageRequest, Trace } from './told'

/** What the page knows. The maps are changed in place; `version` tells that they were. */
const lanesById = new Map<string, Lane>()
const tracesById = new Map<string, Trace>()
const requestsByNumber = new Map<number, PageRequest>()
const hues = new Map<string, number>()
const HUES = 5
const MAX_REQUESTS = 2000
const REOPEN_MS = 1000
const REREAD_MS = 700

const version = signal(0)
export const facts = signal<IntakeFacts | null>(null)
export const overall = signal<Overall | null>(null)
export const isConnected = signal(false)
export const isPaused = signal(false)
/** The order of arrival up to which the list shows traces, while the reader reads. */
export const shownUpTo = signal(Number.POSITIVE_INFINITY)
/** Trace -> spans that match the search; null: no search. */
export const matches = signal<Record<string, string[]> | null>(null)
export const opened = signal<{ id: string; arrived: Arrived[] } | null>(null)
export const isGone = signal(false)

const orderOf = new Map<string, number>()
/** Traces that came, those that have gone again too. */
let arrived = 0
let lastId = ''
let reading: AbortController | null = null
let reopening = 0

export const lanes = computed(() => {
  version.value
  return [...lanesById.values()].sort((left, right) => left.number - right.number)
})

export interface Tenant {
  name: string
  hue: number
  lanes: Lane[]
  spans: number
  errors: number
  tokens: number
}

export const tenants = computed<Tenant[]>(() => {
  const byName = new Map<string, Tenant>()
  for (const lane of lanes.value) {
    const known = byName.get(lane.name)
    const tenant = known ?? {
      name: lane.name,
      hue: hueOf(lane.name),
      lanes: [],
      spans: 0,
      errors: 0,
      tokens: 0
    }
    tenant.lanes.push(lane)
    tenant.spans += lane.spans
    tenant.errors += lane.errors
    byName.set(lane.name, tenant)
  }
  for (const trace of tracesById.values()) {
    const tenant = byName.get(lanesById.get(trace.lane)?.name ?? '')
    if (tenant !== undefined) tenant.tokens += trace.inputTokens + trace.outputTokens
  }
  return [...byName.values()]
})

const sorted = computed(() => {
  version.value
  return [...tracesById.values()].sort((left, right) => right.startMs - left.startMs)
})

const selected = computed(() => {
  const { tenant, errors } = route.value
  const found = matches.value
  return sorted.value.filter(
    trace =>
      (tenant === '' || laneOf(trace.lane)?.name === tenant) &&
      (!errors || trace.errors > 0) &&
      (found === null || found[trace.id] !== undefined)
  )
})

export const traces = computed(() => {
  const bound = shownUpTo.value
  return bound === Number.POSITIVE_INFINITY
    ? selected.value
    : selected.value.filter(({ id }) => (orderOf.get(id) ?? 0) <= bound)
})

export const newer = computed(() => selected.value.length - traces.value.length)

export const requests = computed(() => {
  version.value
  const { tenant, body } = route.value
  return [...requestsByNumber.values()]
    .reverse()
    .filter(
      request =>
        (tenant === '' || laneOf(request.lane)?.name === tenant) && (body === '' || request.body === body)
    )
})

export const errorCount = computed(() => sorted.value.filter(({ errors }) => errors > 0).length)
export const traceCount = computed(() => sorted.value.length)

export function laneOf(id: string): Lane | undefined {
  return lanesById.get(id)
}

export function traceOf(id: string): Trace | undefined {
  version.value
  return tracesById.get(id)
}

/** Colour means tenant, everywhere and only that. */
export function hueOf(name: string): number {
  const known = hues.get(name)
  if (known !== undefined) return known
  hues.set(name, hues.size % HUES)
  return hues.get(name) ?? 0
}

/** The tries of one body at one lane, oldest first. */
export function triesOf({ lane, body }: PageRequest): PageRequest[] {
  if (body === null) return []
  return [...requestsByNumber.values()].filter(request => request.body === body && request.lane === lane)
}

/** The reader reads: what comes does not move what is there. */
export function holdList(): void {
  if (shownUpTo.value === Number.POSITIVE_INFINITY) shownUpTo.value = arrived
}

export function showNewer(): void {
  shownUpTo.value = Number.POSITIVE_INFINITY
}

export function connect(): void {
  clearTimeout(reopening)
  reading?.abort()
  const own = new AbortController()
  reading = own
  const since = lastId === '' ? '' : `?since=${lastId}`
  void follow(`/spanlane/events${since}`, own.signal, take)
    // Nobody answers, or nobody goes on: the connection's dot says it.
    .catch(() => {})
    .then(() => {
      if (reading !== own) return
      isConnected.value = false
      if (!isLocked.value) reopening = setTimeout(connect, REOPEN_MS)
    })
}

function take(name: string, data: string, id: string): void {
  lastId = id || lastId
  if (name === 'intake') {
    isConnected.value = true
    facts.value = JSON.parse(data)
  } else if (name === 'reset' || name === 'batch') {
    if (name === 'reset') forgetAll()
    applyChanges(JSON.parse(data))
  }
}

export function pause(): void {
  isPaused.value = !isPaused.value
  clearTimeout(reopening)
  if (isPaused.value) {
    reading?.abort()
    reading = null
  } else connect()
}

export async function clear(): Promise<void> {
  await ask('/spanlane/clear', { method: 'POST' })
  go({ trace: '', span: '', compare: false, body: '' })
  if (isPaused.value) pause()
}

export async function declare(owner: string, ofLanes: string[]): Promise<void> {
  await ask('/spanlane/declare', { method: 'POST', body: JSON.stringify({ owner, lanes: ofLanes }) })
}

function forgetAll(): void {
  lanesById.clear()
  tracesById.clear()
  requestsByNumber.clear()
  orderOf.clear()
  arrived = 0
  shownUpTo.value = Number.POSITIVE_INFINITY
}

function applyChanges(changes: Changes): void {
  for (const lane of changes.lanes) lanesById.set(lane.id, lane)
  for (const trace of changes.traces) {
    if (!orderOf.has(trace.id)) orderOf.set(trace.id, ++arrived)
    tracesById.set(trace.id, trace)
  }
  for (const request of changes.requests) requestsByNumber.set(request.number, request)
  for (const what of changes.gone) {
    const [kind, id] = [what.slice(0, what.indexOf(' ')), what.slice(what.indexOf(' ') + 1)]
    if (kind === 'trace') {
      tracesById.delete(id)
      orderOf.delete(id)
    } else requestsByNumber.delete(Number(id))
  }
  for (const number of requestsByNumber.keys()) {
    if (requestsByNumber.size <= MAX_REQUESTS) break
    requestsByNumber.delete(number)
  }
  // In order of arrival, so that a tenant has the same colour whenever the page is opened.
  for (const { name } of [...lanesById.values()].sort((left, right) => left.number - right.number))
    hueOf(name)
  // Much comes in several messages: it is drawn once.
  if (!changes.isWhole) return
  batch(() => {
    overall.value = changes
    version.value += 1
  })
}

/** Reads again what the reader looks at when it changed, and not more often than can be read. */
export function followRoute(): void {
  let asked = ''
  let timer = 0
  effect(() => {
    const { trace: id } = route.value
    const trace = traceOf(id)
    const state = `${id} ${trace?.spans} ${trace?.evaluations}`
    if (state === asked) return
    const isNew = !asked.startsWith(`${id} `)
    asked = state
    clearTimeout(timer)
    if (id === '') opened.value = null
    else if (isNew) void readTrace(id)
    else timer = setTimeout(() => void readTrace(id), REREAD_MS)
  })
  let query = ''
  let searching = 0
  effect(() => {
    const { q } = route.value
    version.value
    clearTimeout(searching)
    if (q.trim() === '') matches.value = null
    else searching = setTimeout(() => void search(q), q === query ? REREAD_MS : 120)
    query = q
  })
}

async function readTrace(id: string): Promise<void> {
  const at = id.indexOf(' ')
  const [traceId, lane] = [id.slice(0, at), id.slice(at + 1)]
  try {
    const answer = await ask(
      `/spanlane/trace/${encodeURIComponent(traceId)}?lane=${encodeURIComponent(lane)}`
    )
    if (route.value.trace !== id) return
    isGone.value = !answer.ok
    opened.value = answer.ok ? { id, arrived: (await answer.json()).events } : null
  } catch {
    // The connection's dot says it.
  }
}

/** The same trace at another lane, to be compared. */
export async function readAt(traceId: string, lane: string): Promise<Arrived[]> {
  const answer = await ask(`/spanlane/trace/${encodeURIComponent(traceId)}?lane=${encodeURIComponent(lane)}`)
  return answer.ok ? (await answer.json()).events : []
}

async function search(q: string): Promise<void> {
  try {
    const answer = await ask(`/spanlane/search?q=${encodeURIComponent(q)}`)
    if (route.value.q === q) matches.value = (await answer.json()).found
  } catch {
    // The connection's dot says it.
  }
}
