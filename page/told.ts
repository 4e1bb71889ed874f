/** What the intake tells the page: `lib/intake/page/` writes it. Times are in milliseconds since 1970. */

/** What the processes that send here say of themselves: no intake can see it. */
export interface ClientCounts {
  held: number
  dropped: number
  droppedByReason: Record<string, number>
}

export interface LaneClient extends ClientCounts {
  saidAtMs: number
  clients: number
  lastError: string | null
  /** Since when the key is refused. */
  parkedSinceMs: number | null
}

export interface Client extends ClientCounts {
  saidAtMs: number
  clients: number
  openSpans: number
  /** What has no tenant. */
  unrouted: ClientCounts
}

export interface Lane {
  /** In order of the first arrival. */
  number: number
  id: string
  site: string
  keyFingerprint: string
  name: string
  nameFrom: 'declared' | 'owner' | 'label' | 'fingerprint'
  label: string | null
  spans: number
  evaluations: number
  errors: number
  requests: number
  refused: number
  retried: number
  bytes: number
  byStatus: Record<string, number>
  lastStatus: number | null
  lastProblem: string | null
  lastAtMs: number
  failingSinceMs: number | null
  state: 'ok' | 'retrying' | 'refused' | 'quiet'
  /** Spans in steps of 5 s; the last step begins at `arrivedAtMs`. */
  arrivals: number[]
  arrivedAtMs: number
  /** Null: no process spoke of it. */
  client: LaneClient | null
}

export interface Trace {
  /** `<traceId> <lane>` */
  id: string
  lane: string
  traceId: string
  owner: string | null
  title: string
  root: string | null
  kind: string | null
  startMs: number
  durationMs: number
  spans: number
  errors: number
  evaluations: number
  inputTokens: number
  outputTokens: number
  cost: number
  models: string[]
  session: string | null
  isWhole: boolean
  tries: number
  /** All lanes that have spans of it, when it is more than one. */
  lanes: string[] | null
}

export interface PageRequest {
  number: number
  lane: string
  stream: string
  path: string
  status: number | null
  outcome: string
  accepted: boolean
  events: number
  bytes: number
  receivedAtMs: number
  durationMs: number | null
  body: string | null
  attempt: number
  isDuplicate: boolean
  retryAfter: string | null
  problem: string | null
  /** Of a request that was refused: the first spans in it. */
  spans: { name: string; traceId: string | null; spanId: string | null }[]
}

export interface Finding {
  kind: string
  level: 'red' | 'amber' | 'grey'
  message: string
  owners: string[]
  lanes: string[]
  count: number
  request: number | null
  traceId: string | null
  spanId: string | null
}

export interface Cell {
  owner: string
  lane: string
  spans: number
  evaluations: number
  refused: number
}

export interface Seal {
  state: 'green' | 'amber' | 'red' | 'grey'
  title: string
  detail: string
}

export interface Overall {
  seal: Seal
  findings: Finding[]
  matrix: Cell[]
  declared: string[]
  client: Client | null
  kept: { events: number; bytes: number }
  dropped: { events: number; uncounted: number }
}

export interface Changes extends Overall {
  seq: number
  /** False: more of it follows at once. */
  isWhole: boolean
  lanes: Lane[]
  traces: Trace[]
  requests: PageRequest[]
  gone: string[]
}

export interface IntakeFacts {
  intake: { url: string; intakes: string[]; version: string }
  limits: { events: number; bytes: number }
}

// biome-ignore lint/suspicious/noExplicitAny: what is on the wire is the sender's choice, and is read with care
export type Wire = Record<string, any>

export interface Arrived {
  stream: 'spans' | 'evaluations'
  request: number
  receivedAtMs: number
  owner: string | null
  event: Wire
}
