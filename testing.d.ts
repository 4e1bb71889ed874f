/**
 * `spanlane/testing`: an in-memory intake for your own test suite, and the check that no customer's
 * data reached another customer. Loopback only, no dependencies, works with any test runner.
 *
 * @example
 * const { startIntake, expectNothingCrossed } = require('spanlane/testing')
 * const { createLLMObs } = require('spanlane')
 *
 * const intake = await startIntake()
 * const llmobs = createLLMObs({ mlApp: 'shop', intakeUrl: intake.url })
 * try {
 *   await runTheApplication(llmobs) // tags what it records for a customer with { owner: <the customer's name> }
 *   await llmobs.flush()
 *   expectNothingCrossed(intake, { acme: ACME_KEY, globex: GLOBEX_KEY })
 * } finally {
 *   await llmobs.shutdown({ timeoutMs: 0 })
 *   await intake.close()
 * }
 */

/** Which of Datadog's two endpoints a request spoke to. */
export type Stream = 'spans' | 'evaluations'

/** A span event or an evaluation metric, exactly as it was on the wire. */
// biome-ignore lint/suspicious/noExplicitAny: the wire format is open, and tests read deep into it
export type WireEvent = Record<string, any>

/** How a request ended. `pending` until it is answered, reset, given up by the client, or the intake closes. */
export type RequestOutcome = 'pending' | 'answered' | 'reset' | 'stalled' | 'hostile' | 'aborted'

/** One HTTP request, as the intake saw it. The API key is never kept, only its fingerprint. */
export interface RequestRecord {
  /** 1 for the first request after start or `reset()`. */
  readonly number: number
  /** Number of the TCP connection it came on: equal numbers mean a reused connection. */
  readonly connection: number
  readonly method: string
  readonly path: string
  /** The intake host the client meant: `x-spanlane-intake-host`, else `Host`. */
  readonly host: string
  /** The Datadog site of `host`, for example `datadoghq.eu`. The host itself when it is not an intake host. */
  readonly site: string
  /** `null` when the path is neither endpoint. */
  readonly stream: Stream | null
  /** First 12 hex digits of the SHA-256 of the key, or `null` without a key. */
  readonly keyFingerprint: string | null
  /** All request headers, lower-case names, without the key and without credentials. */
  readonly headers: Readonly<Record<string, string>>
  readonly receivedAtMs: number
  /** When the answer was handed to the socket. `null` when none was. */
  answeredAtMs: number | null
  /** The status sent. `null` while pending and when the connection was reset, stalled or given up. */
  status: number | null
  outcome: RequestOutcome
  /** Events found in the body (0 when it is invalid). */
  events: number
  /** Whether the events were taken: they are then in `spans()` or `evaluations()`. */
  accepted: boolean
  /** Bytes of the body after decompression. */
  bytes: number
  /** Bytes of the body as sent. */
  wireBytes: number
  /** SHA-256 of the body after decompression: a retry must repeat it. `null` when no body was read. */
  bodySha256: string | null
  /** What was wrong with the request, or `null`. */
  problem: string | null
  /** The decompressed body. Only with `keepBodies`. */
  body?: Buffer
}

/** One event that was accepted, and where it arrived. */
export interface Arrival {
  readonly stream: Stream
  readonly site: string
  readonly keyFingerprint: string
  /** Value of the tag `owner:<x>`, else `metadata.owner`, else `null`. */
  readonly owner: string | null
  readonly receivedAtMs: number
  /** `number` of the request that carried it. */
  readonly request: number
  readonly event: WireEvent
}

export interface Filter {
  site?: string
  key?: string
  keyFingerprint?: string
  owner?: string | null
  name?: string
  traceId?: string
}

/** One (site, key) pair that sent something. */
export interface TenantSummary {
  readonly site: string
  readonly keyFingerprint: string
  requests: number
  /** Accepted span events. */
  spans: number
  /** Accepted evaluation metrics. */
  evaluations: number
  /** Requests that were not accepted, for whatever reason. */
  refused: number
  /** Body bytes after decompression, accepted or not. */
  bytes: number
  firstAtMs: number
  lastAtMs: number
}

export interface Counts {
  requests: number
  spans: number
  evaluations: number
  /** Requests by the status they were answered with. */
  byStatus: Record<string, number>
  /** Accepted events that were counted but not kept, because a limit of what is recorded was reached. */
  unrecordedEvents: number
  /** Requests that were counted but not kept, for the same reason. */
  unrecordedRequests: number
  violations: number
}

export type ViolationKind = 'mixed_body' | 'owner_moved' | 'key_in_body' | 'key_in_header' | 'two_keys'

/** Something that must never happen, noticed by the intake itself. */
export interface Violation {
  readonly kind: ViolationKind
  readonly message: string
  readonly request: number
  readonly site: string
  readonly keyFingerprint: string | null
  readonly owners: readonly string[]
}

/** What an action applies to. Every member given must match. */
export interface Match {
  site?: string
  host?: string
  path?: string
  stream?: Stream
  /** The key itself: only its fingerprint is kept. */
  key?: string
  keyFingerprint?: string
  /** Decides after the body was read, for example "holds the poison event". */
  where?: (request: RequestRecord, events: readonly WireEvent[]) => boolean
}

export type Hostility =
  | 'endless-headers'
  | 'endless-body'
  | 'gzip-bomb'
  | 'informational-storm'
  | 'drip'
  | 'bad-chunking'
  | 'two-lengths'
  | 'not-http'

/** How a request is treated. Without any member: as usual. */
export interface Action {
  /** Answer with this status instead of what the body deserves. */
  status?: number
  /** Extra response headers, for example `{ 'retry-after': '2' }`. */
  headers?: Record<string, string | string[]>
  /** Response body. Empty by default, as Datadog's. */
  body?: string
  /** Wait this long after the body was read. */
  delayMs?: number
  /** Wait for this promise after the body was read. */
  gate?: Promise<unknown>
  /**
   * Reset the connection: without reading the body, after reading it, or inside the response.
   * `mid-response` sends the status first.
   */
  reset?: 'before-body' | 'after-body' | 'mid-response'
  /** Never answer: `true` reads the body first, `before-body` does not read it at all. */
  stall?: true | 'before-body'
  /** Answer with something no server should send. Some of it begins with a valid 202, which takes the events. */
  hostile?: Hostility
  /**
   * Whether the events count as taken. Default: a 2xx status was sent. `true` together with `reset` or `stall`
   * is the ambiguous case: the intake took the data and the client cannot know.
   */
  accept?: boolean
  /** How many requests it applies to. Default 1; `Infinity` for all. */
  times?: number
}

/** Actions are used in order, each `times` times. When all are used up, the next rule is asked. */
export interface Rule {
  match?: Match
  actions: Action[]
}

/** One rule, several (the first that matches decides), or a function asked after each body was read. */
export type Script =
  | Rule
  | Rule[]
  | ((request: RequestRecord, events: readonly WireEvent[]) => Action | null | undefined)

export interface IntakeOptions {
  /** Default 0: any free port. */
  port?: number
  /** A loopback address. Default `127.0.0.1`. */
  host?: string
  script?: Script
  /** PEM texts. With it the intake speaks HTTPS. */
  tls?: { key: string | Buffer; cert: string | Buffer }
  /** Called once for each request when it is settled, with the events found in it. */
  log?: (request: RequestRecord, events: readonly WireEvent[]) => void
  /** Events kept in memory, and requests. Beyond it they are counted only. Default 100,000. */
  maxRecordedEvents?: number
  /** Body bytes kept in memory. Beyond it events are counted only. Default 256 MiB. */
  maxRecordedBytes?: number
  /** Bodies larger than this, after decompression, are answered with 413. Default 5,242,880. */
  maxBodyBytes?: number
  /** Keep each decompressed body on its request record (within the limits above). Default false. */
  keepBodies?: boolean
  /**
   * Serves a page at `url` that shows what arrives, live: tenants and their lanes, traces, requests, what went where.
   * Another intake that has one: what arrives here is shown there, too. Default false. Its own requests are no
   * arrivals. It keeps the newest 10,000 events (64 MiB) beside what the test keeps.
   */
  page?: boolean | Intake
  /** Idle time after which the intake closes a connection. Default 65,000. */
  keepAliveTimeoutMs?: number
}

export interface WaitOptions {
  /** Default 5,000. */
  timeoutMs?: number
}

/** Holds matching requests unanswered, so that a test decides when each is answered. */
export interface Gate {
  /** The requests that wait now, oldest first. */
  readonly requests: readonly RequestRecord[]
  /** Resolves when at least `count` (default 1) requests wait here. */
  parked(count?: number, options?: WaitOptions): Promise<readonly RequestRecord[]>
  /** Lets the oldest `count` (default 1) go on, with `action` if given, and keeps holding. */
  step(count?: number, action?: Action): void
  /** Lets all go on, with `action` if given, and stops holding. */
  release(action?: Action): void
}

export interface Intake {
  /** Base URL, for `intakeUrl`. */
  readonly url: string
  readonly port: number
  /** Every request in order of arrival, up to the recording limit. */
  readonly requests: readonly RequestRecord[]
  readonly violations: readonly Violation[]
  readonly counts: Readonly<Counts>
  /** Accepted span events, as on the wire. */
  spans(filter?: Filter | ((arrival: Arrival) => boolean)): WireEvent[]
  /** Accepted evaluation and feedback metrics, as on the wire. */
  evaluations(filter?: Filter | ((arrival: Arrival) => boolean)): WireEvent[]
  /** Accepted events of both streams, with where and when each arrived. */
  arrivals(filter?: Filter | ((arrival: Arrival) => boolean)): Arrival[]
  tenants(): TenantSummary[]
  /**
   * Resolves when `count` events were accepted, or when the condition holds (asked after each arrival and answer).
   * Rejects at the timeout, saying what was seen.
   */
  waitFor(condition: number | ((intake: Intake) => boolean), options?: WaitOptions): Promise<void>
  /**
   * Declares where an owner's data may arrive; repeat it for dual shipping or key rotation. Without a declaration
   * the place where an owner is first seen is its only place.
   */
  expectOwner(owner: string, place: { key?: string; keyFingerprint?: string; site: string }): void
  hold(match?: Match): Gate
  setScript(script: Script | null): void
  /** Closes connections that have no request in progress. */
  closeIdleConnections(): void
  /** Forgets everything recorded, the script and the declared owners; lets held requests go. */
  reset(): void
  /** Cuts all connections. Waiting promises reject. Safe to call twice. */
  close(): Promise<void>
}

/** Starts an intake on loopback. Rejects when the port is taken. */
export function startIntake(options?: IntakeOptions): Promise<Intake>

/** First 12 hex digits of the key's SHA-256: the name under which the intake knows a key. */
export function keyFingerprint(key: string): string

/** A key or fingerprint, one on a given site, or several (a rotated key, dual shipping to own places). */
export type TenantPlace =
  | string
  | { key: string; site?: string }
  | Array<string | { key: string; site?: string }>

export interface CrossingOptions {
  /** Who an event belongs to. Default: the tag `owner:<x>`, else `metadata.owner`. `null`: nobody's in particular. */
  ownerOf?: (event: WireEvent) => string | null | undefined
  /** The same trace may be at several tenants (dual shipping). Default false. */
  allowSharedTraces?: boolean
  /** Keys that no tenant was named for may receive events. Default false when tenants are named. */
  allowOtherKeys?: boolean
  /** A named tenant may have received nothing. Default false: an empty intake proves nothing. */
  allowEmpty?: boolean
  /**
   * A named tenant may have received only events that say nothing of their owner. Default false: swapped keys would
   * pass then.
   */
  allowUnowned?: boolean
}

export type CrossingKind =
  | ViolationKind
  | 'wrong_tenant'
  | 'shared_trace'
  | 'foreign_parent'
  | 'foreign_evaluation'
  | 'unknown_key'
  | 'nothing_arrived'
  | 'no_owner'
  | 'not_recorded'

export interface Crossing {
  readonly kind: CrossingKind
  readonly message: string
}

/** Thrown by `expectNothingCrossed`. `actual` and `expected` let a test runner draw a difference. */
export class CrossingError extends Error {
  readonly code: 'SPANLANE_CROSSED'
  readonly crossings: readonly Crossing[]
  readonly actual: readonly string[]
  readonly expected: readonly string[]
}

/**
 * Throws a `CrossingError` when any tenant's data reached another: an event under another tenant's key or site, a
 * trace, parent or evaluated span that lies at another tenant, two owners in one body, or a key inside a body. And
 * when it could not tell: nothing arrived for a named tenant, or nothing that says whose it is.
 *
 * @param intake one intake, or all of them when there are several
 * @param tenants name of the owner -> its key, fingerprint or places; without it only what the intake can tell alone
 */
export function expectNothingCrossed(
  intake: Intake | Intake[],
  tenants?: Record<string, TenantPlace>,
  options?: CrossingOptions
): void

/** Draws span events as one text tree per trace, for messages and demos. Prompts are not shown. */
export function drawTraces(spans: readonly WireEvent[]): string

/** Draws a text table. */
export function drawTable(
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number>>
): string
