/**
 * Spanlane: LLM Observability for many customers in one process. Spans and evaluations go to the Datadog
 * organisation of the customer whose work they describe.
 *
 * ```js
 * const { llmobs } = require('spanlane')
 *
 * await llmobs.withRoutingContext({ ddApiKey: customer.ddApiKey, ddSite: 'datadoghq.eu' }, () =>
 *   llmobs.trace({ kind: 'llm', modelName: 'gpt-5', modelProvider: 'openai' }, async () => {
 *     llmobs.annotate({ inputData: question })
 *     const answer = await ask(question)
 *     llmobs.annotate({ outputData: answer })
 *     return answer
 *   })
 * )
 * ```
 *
 * Sizes are bytes, times milliseconds; the unit ends each name. Errors carry a stable `code`; their texts may
 * change. `TypeError` and `RangeError` say that an argument was wrong, `SpanlaneError` that the moment was.
 */

/** The process's own instance. Opened by `init`, or by its first use from the environment alone. */
export const llmobs: LLMObs

/**
 * Makes an isolated instance: its own options, buffers, limits, connections and contexts. For tests and for
 * several configurations in one process. Call `shutdown` when it is no longer needed.
 *
 * @throws {TypeError|RangeError} `SPANLANE_INVALID_OPTION`, `SPANLANE_INVALID_API_KEY`, `SPANLANE_INVALID_SITE`
 */
export function createLLMObs(options?: InitOptions): LLMObs

/** The call was right, its moment was not: a finished span, a second `init`, a call after `shutdown`. */
export class SpanlaneError extends Error {
  constructor(code: ErrorCode, message: string)
  readonly code: ErrorCode
}

/** What `error.code` can be. Codes are API; docs/troubleshooting.md has what to do about each. */
export type ErrorCode =
  | 'SPANLANE_INVALID_OPTION'
  | 'SPANLANE_INVALID_API_KEY'
  | 'SPANLANE_INVALID_SITE'
  | 'SPANLANE_INVALID_TENANT'
  | 'SPANLANE_INVALID_ROUTE'
  | 'SPANLANE_INVALID_CALLBACK'
  | 'SPANLANE_INVALID_KIND'
  | 'SPANLANE_INVALID_CARRIER'
  | 'SPANLANE_NO_ACTIVE_SPAN'
  | 'SPANLANE_INVALID_SPAN'
  | 'SPANLANE_SPAN_FINISHED'
  | 'SPANLANE_INVALID_ANNOTATION'
  | 'SPANLANE_INVALID_EVALUATION'
  | 'SPANLANE_INVALID_FEEDBACK'
  | 'SPANLANE_PROCESSOR_REGISTERED'
  | 'SPANLANE_SHUT_DOWN'
  | 'SPANLANE_ALREADY_INITIALIZED'
  | 'SPANLANE_NOT_SUPPORTED'
  | 'SPANLANE_UNSUPPORTED_DD_TRACE'
  | 'SPANLANE_TOO_MANY_ROUTES'
  | 'SPANLANE_NO_THREADS'
  | 'SPANLANE_INTERNAL'
  | 'SPANLANE_CROSSED'

/** What kind of operation a span is. */
export type SpanKind =
  | 'llm'
  | 'agent'
  | 'workflow'
  | 'task'
  | 'tool'
  | 'embedding'
  | 'retrieval'
  | 'experiment'

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** An object with any fields, also one of a type that names them (an interface). */
export type Fields = { [name: string]: any }

/** A name. What is no text becomes text; null and undefined are not given. */
export type Label = string | number | bigint | boolean | null | undefined

/**
 * Options of `init` and `createLLMObs`. All are optional, and only own properties are read. An option wins over
 * its environment variable (in brackets). What is wrong in an option throws; what is wrong in the environment
 * warns and is not used.
 */
export interface InitOptions {
  /** False: nothing is recorded, every call passes through. Default true unless [`DD_LLMOBS_ENABLED`] is false. */
  enabled?: boolean
  /**
   * The application's name on every span. [`DD_LLMOBS_ML_APP`, then the service] Default: the name in the nearest
   * package.json that has one, else `unknown`, with a warning.
   */
  mlApp?: string
  /** Key of the default route: where spans outside all routing contexts go. [`DD_API_KEY`] */
  apiKey?: string
  /** Site of the default route, and of routing contexts that name none. Default `datadoghq.com`. [`DD_SITE`] */
  site?: string
  /** Tag `service`. [`DD_SERVICE`, then `tags`] */
  service?: string
  /** Tag `env`. [`DD_ENV`, then `tags`] */
  env?: string
  /** Tag `version`. [`DD_VERSION`, then `tags`] */
  version?: string | number
  /**
   * Tags of this host, on spans of the default route only; see `tenantTags`. `service`, `env` and `version` among
   * them are used on all spans where nothing of their own is set. [`DD_TAGS`, `OTEL_RESOURCE_ATTRIBUTES`]
   */
  tags?: Fields
  /** Keys of `tags` and `DD_TAGS` that tenants may see on their spans. Default none. */
  tenantTags?: string[]
  /** Share of traces that count as sampled, 0 to 1. Spans are always sent. Default 1. [`DD_LLMOBS_SAMPLE_RATE`] */
  sampleRate?: number
  /**
   * What happens to spans and evaluations outside all routing contexts. `auto`: the default route until a routing
   * context is entered or a route opened, then dropped and counted as `no_route`, with one warning, because what has
   * lost its context may be a customer's. `default`: always the default route. `refuse`: always `no_route`. Default
   * `auto`; `default` in `spanlane/dd-trace`.
   */
  outsideContexts?: 'auto' | 'default' | 'refuse'
  /** `drop`: an invalid route does not throw; its spans are counted as `invalid_route`. Default `throw`. */
  onInvalidRoute?: 'throw' | 'drop'
  /**
   * What becomes of wrong data in `annotate`, `annotationContext`, `submitEvaluation`, `submitFeedback`, `exportSpan`,
   * `inject`, `extract` and in the options of spans. `warn`: it is left out, field by field, warned about once a minute
   * and counted in `stats().misuse`; your functions run in any case. `throw`: as in dd-trace, for tests. A missing
   * function and an unknown kind always throw. Default `warn`. [`SPANLANE_ON_MISUSE`]
   */
  onMisuse?: 'warn' | 'throw'
  /** Sites beyond Datadog's own, as exact host names. Default none. */
  allowedSites?: string[]
  /**
   * Sends everything to this base URL instead of the sites' hosts; the host that would have been used is in the
   * header `x-spanlane-intake-host`. `http:` only for loopback addresses. [`SPANLANE_INTAKE_URL`]
   */
  intakeUrl?: string
  /** Certificates (PEM) trusted beside Node's own roots and `NODE_EXTRA_CA_CERTS`. */
  ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array>
  /** URL of an http: or https: proxy, not SOCKS; false: none. [`HTTPS_PROXY`, `ALL_PROXY`; exceptions in `NO_PROXY`] */
  proxy?: string | false
  /** Compression of bodies over 4 KB. Default `none`. */
  compression?: 'none' | 'gzip'
  /** Longest time an event waits for company, 10 to 86,400,000 ms. Default 1000. [`_DD_LLMOBS_FLUSH_INTERVAL`] */
  flushIntervalMs?: number
  /**
   * How long an event waits for company while a request could be sent. Default 200 ms. Where none is likely (the lane's
   * first event was alone, or the last four that waited) it waits a fortieth of that.
   */
  flushLingerMs?: number
  /** Time for one request, connecting included, 1 to 600,000 ms. Default 5000. [`_DD_LLMOBS_TIMEOUT`] */
  requestTimeoutMs?: number
  /** Largest event, 1,000 to 5,000,000 bytes. Larger ones are trimmed. Default 5,000,000. */
  maxEventBytes?: number
  /** Largest request body before compression, 1,000 to 5,000,000 bytes. Default 5,000,000. */
  maxPayloadBytes?: number
  /** Bytes held for all tenants; beyond it events are dropped as `buffer_full`. Default 64 MiB. */
  maxBufferedBytes?: number
  /** Bytes held for one tenant; beyond it its events are dropped as `tenant_share`. Default 16 MiB. */
  maxBufferedBytesPerTenant?: number
  /**
   * Bytes held for all tenants whose last request failed; beyond it their oldest events are dropped as `evicted`. Default:
   * half of `maxBufferedBytes`.
   */
  maxBufferedBytesFailing?: number
  /** Requests in flight, 1 to 65,536. Default 256. */
  maxRequestsInFlight?: number
  /** Requests in flight for one tenant, 1 to 1,024. Default 2. */
  maxRequestsInFlightPerTenant?: number
  /** Threads that deliver, 1 to 64, shared by all instances: the first one that is opened decides. Default 2. */
  deliveryThreads?: number
  /** How long a failing request is repeated, 0 to 86,400,000 ms. Default 300,000. */
  maxRetryAgeMs?: number
  /** How long the end of the process may wait for delivery, 0 to 600,000 ms. Default 3000. */
  exitTimeoutMs?: number
  /** Signals on which what is held is delivered first, as `['SIGTERM']`. They keep their meaning. Default none. */
  drainOnSignals?: NodeJS.Signals[]
  /** Where warnings go. Default: warnings and errors to standard error, each line with the prefix `spanlane:`. */
  logger?: Partial<Logger>
  /** Accepted and ignored: Spanlane sends without an agent. */
  agentlessEnabled?: boolean
  /** Accepted and ignored. */
  projectName?: string
}

/** Receives messages, never keys or payloads. What it throws is ignored. */
export interface Logger {
  debug(message: string): void
  info(message: string): void
  warn(message: string): void
  error(message: string): void
}

/** What a route may set for its own spans. Where it is silent, the instance's options hold. */
export interface RouteSettings {
  /** The application's name. */
  mlApp?: Label
  /** Tag `service`. */
  service?: Label
  /** Tag `env`. */
  env?: Label
  /** Share of traces that count as sampled, 0 to 1. */
  sampleRate?: number
  /** False: inputs, outputs and prompts never leave the process for this route. Default true. */
  captureContent?: boolean
  /** Runs on each span of this route after the one of `registerProcessor`; may be asynchronous (10 s). */
  processor?: SpanProcessor | AsyncSpanProcessor
}

/** One Datadog organisation. */
export interface RoutingContextOptions extends RouteSettings {
  /** The organisation's API key: visible ASCII; white space around it is removed. */
  ddApiKey: string
  /** Its site, as `datadoghq.eu`. Default: the option `site`. An empty string is refused. */
  ddSite?: string
  /**
   * Whose data it is: 1 to 128 characters. A trust boundary: who has the same label is the same tenant, with one trace
   * and one share of memory, whatever the keys. So it is a name that the platform chooses, as an id of the customer's
   * account, and never a customer's own text. Default: the key and the site together. It is shown in statistics and
   * warnings.
   */
  tenant?: string
}

/**
 * Several organisations: each span is sent to each of them (1 to 16). Settings beside `targets` are theirs all, but for
 * what a target says itself.
 */
export interface MultiRoutingContextOptions extends RouteSettings {
  /** Routes, or `'default'` for the default route. */
  targets: ReadonlyArray<RoutingContextOptions | Route | 'default'>
}

/** The JSON form of a route, for `postMessage` between threads of one process. Holds no key. */
export interface RouteReference extends Omit<RouteSettings, 'processor'> {
  /** 128 random bits in hex; null when the route cannot be referred to. */
  reference?: string | null
  /** True: the route has a processor, which must be given again. */
  processor?: boolean
  /** The routes of a route with several targets. */
  targets?: RouteReference[]
}

/** Where spans go, checked once and reusable. It holds its lane open, by a number, and never the key. */
export interface Route {
  /** The tenant's label: yours, or one that Spanlane made. Null for a route that was refused. */
  readonly tenant: string | null
  /** The site. Null for a route that was refused. */
  readonly site: string | null
  /** What `llmobs.route(reference)` opens again in this process, also in a worker thread, for a day. */
  toJSON(): RouteReference
}

/** Anything that names a route. */
export type RouteInput = RoutingContextOptions | MultiRoutingContextOptions | Route

/** A span. Users pass it on to `annotate`, `exportSpan` and `trace({ parent })`. */
export interface Span {
  readonly kind: SpanKind
  readonly name: string
  /** 32 hex digits. */
  readonly traceId: string
  /** A 64-bit number in decimal. */
  readonly spanId: string
  readonly finished: boolean
  /** Ends the span before its function does: now, or at `endMs` since the epoch. Later calls do nothing. */
  finish(endMs?: number): void
  /** `error`, `error.message`, `error.type` and `error.stack` mark the span as failed; other tags are not sent. */
  setTag(key: string, value: unknown): this
  /** The same for many. `error: false` takes the mark away. */
  addTags(tags: object): this
  /** Marks the span as failed. */
  recordException(exception: unknown, attributes?: object): void
  context(): SpanContext

  // dd-trace's other methods. They do nothing that is sent, and return what dd-trace's return.

  setOperationName(name: string): this
  /** Kept on this span alone, up to 64 items. */
  setBaggageItem(key: string, value: string): this
  getBaggageItem(key: string): string | undefined
  /** As JSON. */
  getAllBaggageItems(): string
  removeBaggageItem(key: string): void
  removeAllBaggageItems(): void
  log(fields: object, timestampMs?: number): this
  logEvent(name: string, payload?: unknown): void
  addLink(link: object, attributes?: object): void
  addLinks(links: ReadonlyArray<object>): this
  addSpanPointer(kind: string, direction: string, hash: string): void
  addEvent(name: string, attributesOrStartMs?: object | number, startMs?: number): void
  /** A tracer that runs what it is given and records nothing. */
  tracer(): any
}

/** Options of `startSpan`. */
export interface StartSpanOptions extends SpanOptions {
  /** When it started, in milliseconds since the epoch, fractions allowed. Default: now. */
  startMs?: number | null
  /** Where it goes: what `withRoutingContext` takes, or a kept route. Default: the parent's, then the context's. */
  route?: RouteInput | null
}

/** A span that the application ends. What is wrong about telemetry is misuse: see `onMisuse`. */
export interface StartedSpan extends Span {
  /** Ends the span: now, or at `endMs` since the epoch. Later calls do nothing. */
  end(endMs?: number): void
  /**
   * Runs `fn` in the span's context, as often as you like: spans that start inside are below it. What `fn` throws, or
   * its promise rejects with, marks the span as failed and is passed on; only `end` ends the span.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
   */
  run<T>(fn: () => T): T
  /** As `llmobs.annotate` for this span. */
  annotate<M extends object>(options: AnnotationOptions<M>): void
  /** `using` ends the span at the end of its block. */
  [Symbol.dispose](): void
}

/** Who a span is, in dd-trace's shape. All are empty while nothing is recorded. */
export interface SpanContext {
  /** The trace id of LLM Observability: 32 hex digits. */
  toTraceId(asHex?: boolean): string
  /** A decimal number, or 16 hex digits. */
  toSpanId(asHex?: boolean): string
  /** W3C's `traceparent`. */
  toTraceparent(): string
}

/** What `exportSpan` returns. It survives JSON and may leave the process: `route` is an unguessable reference. */
export interface ExportedSpan {
  /** 32 hex digits. */
  traceId: string
  /** A 64-bit number in decimal. */
  spanId: string
  /** The way to the span's organisation, for a day. Absent when the span went nowhere. */
  route?: string
}

/** dd-trace's options of APM spans, which are accepted and ignored (`startTime` with a warning): there is no APM span. */
export interface ApmSpanOptions {
  childOf?: unknown
  references?: unknown
  tags?: unknown
  startTime?: unknown
  links?: unknown
  integrationName?: unknown
  service?: unknown
  resource?: unknown
  type?: unknown
  measured?: unknown
}

/** Options of `wrap` and `decorate`. */
export interface SpanOptions extends ApmSpanOptions {
  kind: SpanKind
  /** The user session's id. Default: the parent's, or the first one set in the trace. */
  sessionId?: Label
  /** The application's name. Default: the parent's, the route's, then the instance's. */
  mlApp?: Label
  /** The model; `llm` and `embedding` only. Default `custom`. */
  modelName?: Label
  /** Who runs the model; `llm` and `embedding` only. Default `custom`. */
  modelProvider?: Label
  /** The span's name. Default: the function's or method's name, then the kind. */
  name?: Label
  /**
   * The parent, instead of the active span. Below a span of this process the child goes to its parent's tenant, also
   * inside a routing context of another one. What `exportSpan` returned may come from a browser: outside contexts it
   * decides as well, inside one the context does, and the child is the root of its own trace if the parent is another
   * tenant's or not known here. `tenantMismatch` counts where context and parent disagreed.
   */
  parent?: Span | ExportedSpan | null
}

/** Options of `trace`. The default name is the kind. */
export type NamedSpanOptions = SpanOptions

/** A message of a conversation with a model. */
export interface Message {
  content?: string
  /** Default `''`. */
  role?: string
  toolCalls?: ToolCall[]
  toolResults?: ToolResult[]
  /** Kept with role `tool` only. */
  toolId?: string
  audioParts?: MediaPart[]
  imageParts?: MediaPart[]
}

/** A model's wish to call a tool. */
export interface ToolCall {
  name?: string
  arguments?: Fields
  toolId?: string
  type?: string
}

/** What a tool answered. */
export interface ToolResult {
  result?: string
  toolId?: string
  /** Default `''`. */
  name?: string
  type?: string
}

/** A sound or an image: its content, or the key of one uploaded before. */
export type MediaPart =
  | { mimeType: string /** Base64. */; content: string; attachmentKey?: never }
  | { mimeType: string; attachmentKey: string; content?: never }

/** A text that was embedded or retrieved. */
export interface Document {
  text: string
  name?: string
  id?: string
  score?: number
}

/** The template behind an `llm` span's input. */
export interface Prompt {
  /** Default `<mlApp>_unnamed-prompt`. */
  id?: string
  version?: string
  /** Texts by name. */
  variables?: Fields
  template?: string | Array<{ role: string; content: string } | { type: 'placeholder'; name: string }>
  tags?: Record<string, string>
  /** Variables that hold ground truth. Default `['context']`. */
  contextVariables?: string[]
  /** Variables that hold the question. Default `['question']`. */
  queryVariables?: string[]
  promptUuid?: string
  promptVersionUuid?: string
}

/** A tool that the model may call. */
export interface ToolDefinition {
  name: string
  description?: string
  schema?: Fields
  version?: string
}

/** What an `agent` span's agent is. Fields that cannot be reported are left out with a warning. */
export interface Agent {
  /** Default: the span's name. */
  name?: string
  instructions?: string
  model?: string
  /** The usual inference parameters in snake_case or camelCase; others may hold secrets and are left out. */
  modelSettings?: Fields
  tools?: Array<{ name: string; description?: string; parameters?: Fields }>
}

/**
 * What `annotate` can say; `M` is the type of its metrics. Values that cannot be serialised (cycles, BigInt, throwing getters) become
 * `Unserializable value` and are named in the span's `collection_errors`; what becomes of values of a wrong type is said
 * by `onMisuse`. Messages, tools and token counts may also have the shapes of other SDKs (docs/api.md).
 */
export interface AnnotationOptions<M extends object = any> {
  /** `llm`: messages. `embedding`: documents. `experiment`: any JSON. Others: text, or a value shown as JSON. */
  inputData?: unknown
  /** `llm`: messages. `retrieval`: documents. `experiment`: any JSON. Others: text, or a value shown as JSON. */
  outputData?: unknown
  /** Merged with earlier metadata. */
  metadata?: Fields
  /** Numbers; `inputTokens`, `outputTokens` and their like get their wire names. Merged. */
  metrics?: M & { readonly [name in keyof M]: number | null | undefined }
  /** Merged with earlier tags. A list becomes one tag for each element. */
  tags?: Fields
  /** Tags of this span by which its cost is split. */
  costTags?: string[]
  /** `llm` only. */
  prompt?: Prompt
  toolDefinitions?: ToolDefinition[]
  /** `agent` only. Merged field by field. */
  agent?: Agent
}

/** What `annotationContext` adds to each span that starts inside it. Given again inside, a field replaces the outer one. */
export interface AnnotationContextOptions {
  tags?: Fields
  costTags?: string[]
  /** The name of every span that starts inside. */
  name?: Label
  prompt?: Prompt
  /** Declarations of nested contexts add up. */
  agent?: Agent
}

/** A message as it will be sent, or the text of a document, or any other content. */
export interface SpanContent {
  content?: any
  role?: string
  tool_calls?: any[]
  tool_results?: any[]
  tool_id?: string
  audio_parts?: any[]
  image_parts?: any[]
}

/** What a span processor sees, and may change: the content and nothing else. */
export interface LLMObservabilitySpan {
  readonly kind: SpanKind
  /** The label of the tenant this copy of the span is for. */
  readonly tenant: string | null
  input: SpanContent[]
  output: SpanContent[]
  /** A tag as it will be sent. */
  getTag(key: string): string | undefined
}

/** Returns the span it was given, changed or not; null drops it. A throw or another value drops it too. */
export type SpanProcessor = (span: LLMObservabilitySpan) => LLMObservabilitySpan | null

/** As SpanProcessor, with a promise. After 10 seconds without an answer the span is dropped. */
export type AsyncSpanProcessor = (span: LLMObservabilitySpan) => Promise<LLMObservabilitySpan | null>

/** Fields that evaluations and feedback share. */
export interface MetricOptions {
  /** Not empty. */
  label: string
  /** Default: the route's, then the instance's. */
  mlApp?: Label
  tags?: Fields
  /** When it was judged, in milliseconds since the epoch. Default: now. */
  timestampMs?: number
  reasoning?: string
  assessment?: 'pass' | 'fail'
}

/** What was judged: the value's type goes with `metricType`. */
export type MetricValue =
  | { metricType: 'categorical'; value: string }
  | { metricType: 'score'; value: number }
  | { metricType: 'boolean'; value: boolean }
  | { metricType: 'json'; value: Fields }

/** An evaluation of a span. */
export type EvaluationOptions = MetricOptions & MetricValue & { metadata?: Fields }

/** What a feedback is about: exactly one of these. */
export type FeedbackTarget =
  | { span: ExportedSpan | Span; spanId?: never; traceId?: never; sessionId?: never; feedbackJoinKey?: never }
  | { spanId: string; span?: never; traceId?: never; sessionId?: never; feedbackJoinKey?: never }
  | { traceId: string; span?: never; spanId?: never; sessionId?: never; feedbackJoinKey?: never }
  | { sessionId: string | number; span?: never; spanId?: never; traceId?: never; feedbackJoinKey?: never }
  | { feedbackJoinKey: string; span?: never; spanId?: never; traceId?: never; sessionId?: never }

/** An end user's feedback. */
export type FeedbackOptions = MetricOptions &
  FeedbackTarget &
  (MetricValue | { metricType: 'text'; value: string }) & { submitter: { id: string; type?: string } }

/** What became of events, in numbers of events. */
export interface DeliveryCounts {
  /** Accepted by the intake. */
  delivered: number
  /** Refused by the intake. */
  rejected: number
  /** Dropped here, each with a reason in `stats()`. */
  dropped: number
  /** Not settled when the time was up. */
  pending: number
}

/** What `flush` resolves with. */
export interface FlushReport extends DeliveryCounts {
  /** The tenants that had any of it; none with `tenants: false`. */
  tenants: Array<DeliveryCounts & { tenant: string; site: string; lastError?: string }>
}

/** Counters; `submitted = delivered + rejected + dropped + held` at every moment. */
export interface Counts {
  /** Finished spans and submitted evaluations, once for each target. */
  submitted: number
  delivered: number
  rejected: number
  dropped: number
  /** In a buffer or in flight. */
  held: number
  /** May have arrived twice: an answer was lost. */
  maybeDuplicate: number
  /** Spans and evaluations whose routing context disagreed with the parent, or the span named, about the tenant. */
  tenantMismatch: number
  rejectedByStatus: { [status: string]: number }
  /** A reason for which nothing was dropped is absent. */
  droppedByReason: { [reason in DropReason]?: number }
}

/** Why an event was dropped. docs/troubleshooting.md says of each what to do. */
export type DropReason =
  | 'buffer_full'
  | 'tenant_share'
  | 'evicted'
  | 'no_route'
  | 'invalid_route'
  | 'unsafe_context'
  | 'too_large'
  | 'processor'
  | 'expired'
  | 'too_old'
  | 'disabled'
  | 'internal_error'
  | 'shutdown'

/** One tenant's counters and health. */
export interface TenantStats extends Counts {
  tenant: string
  site: string
  /** Milliseconds since the epoch. */
  lastSuccessMs: number | null
  /** Why the last request failed, in a word: see docs/delivery.md. */
  lastError: string | null
  /** Since when the key is refused, in milliseconds since the epoch. */
  parkedSinceMs: number | null
}

/** What `stats` returns. Keys never appear. */
export interface Stats {
  total: Counts
  /** One for each key and site that is open, in the order in which they were opened. */
  tenants: TenantStats[]
  /** Tenants that are no longer open. */
  closed: Counts
  /** Events that never had a tenant. */
  unrouted: Counts
  /** Spans of this instance, in this thread, that have started and not finished. */
  openSpans: number
  /**
   * Wrong calls of this instance, in this thread, and wrong fields of calls, by code. What was wrong was left out, or
   * thrown: these are no events, and are in none of the counters above.
   */
  misuse: { [code in ErrorCode]?: number }
}

/** Whether a key and a site work. */
export interface RouteVerification {
  ok: boolean
  /** The intake's answer; null when there was none. */
  status: number | null
  /** Why not, in a word: see docs/delivery.md. */
  reason: string | null
}

/** A message on the diagnostics channel `spanlane:delivery`: what became of some events of one tenant. */
export type DeliveryOutcome = {
  /** Empty for events that had no route. */
  tenant: string
  site?: string | null
  status?: number | null
  /** Events; of `retrying` and `parked` those of the attempts, so that one event may be in several. */
  count: number
} & (
  | { outcome: 'dropped'; reason: DropReason }
  | { outcome: 'delivered' | 'rejected' | 'retrying' | 'parked' | 'recovered'; reason: string }
)

/** Headers: a plain object, a `Headers`, a `Map`. */
export type Carrier =
  | { [name: string]: any }
  | { get(name: string): string | null | undefined; set(name: string, value: string): unknown }

type AnyFunction = (...args: any[]) => any

/** The API, with the names and meanings of `tracer.llmobs` in dd-trace. */
export interface LLMObs {
  /** False when disabled, or where the native part does not exist; every call then passes through. */
  readonly enabled: boolean

  /** Not part of Spanlane. @throws {SpanlaneError} `SPANLANE_NOT_SUPPORTED`, naming dd-trace */
  readonly experiments: never

  /** Not part of Spanlane. @throws {SpanlaneError} `SPANLANE_NOT_SUPPORTED`, naming dd-trace */
  readonly prompts: never

  /**
   * Sets the options. Not needed where the environment says it all. The same options again do nothing.
   *
   * @throws {TypeError|RangeError} `SPANLANE_INVALID_OPTION`, `SPANLANE_INVALID_API_KEY`, `SPANLANE_INVALID_SITE`
   * @throws {SpanlaneError} `SPANLANE_ALREADY_INITIALIZED` for other options than before (or than the environment's,
   *   when it was used before), `SPANLANE_SHUT_DOWN` after `shutdown`
   */
  init(options?: InitOptions): this

  /**
   * Switches recording on. Does nothing when it is on, or when `DD_LLMOBS_ENABLED` is false. An `apiKey` that
   * `init` got while it was off must be given again: it was not kept.
   */
  enable(options?: InitOptions): void

  /** Switches recording off. What was recorded is still sent; spans that finish later are counted as `disabled`. */
  disable(): void

  /**
   * Runs `fn` in a span and returns what it returns, the very object. The span ends when `fn` returns; for a
   * promise or another thenable when it settles (a thenable is never started by Spanlane); for an async iterator,
   * a generator or a stream when it ends, is given up or breaks; with a second parameter when `done` is called.
   * A throw or rejection is recorded and passed on; a rejection that nobody handles is raised by Node as ever.
   * Returns what `fn` returns; for a promise one that follows it, the same for the same promise. What the result
   * does later stays in the span's context. A frozen thenable cannot be watched: its span ends at once.
   *
   * ```js
   * const answer = await llmobs.trace({ kind: 'workflow', name: 'answer' }, async span => {
   *   llmobs.annotate(span, { inputData: 'How do I return an item?' })
   *   return 'Within 30 days.'
   * })
   * ```
   *
   * @throws {TypeError} `SPANLANE_INVALID_KIND`, `SPANLANE_INVALID_CALLBACK`, before `fn` runs. With `onMisuse: 'throw'`
   *   also `SPANLANE_INVALID_OPTION`, `SPANLANE_INVALID_SPAN` (the parent); else these are left out
   */
  trace<T>(options: NamedSpanOptions, fn: (span: Span, done: (error?: unknown) => void) => T): T

  /**
   * Starts a span that ends when you say so: for work that is no function of yours, or whose times are known only
   * afterwards. It does not become the active span; `run` makes it one. Options that make no span (an unknown kind) are
   * a warning, and the span that is returned records nothing; a wrong route counts as `invalid_route`.
   *
   * ```js
   * const span = llmobs.startSpan({ kind: 'llm', name: 'answer', modelName: 'gpt-5', modelProvider: 'openai' })
   * span.annotate({ inputData: question })
   * const answer = await span.run(() => ask(question))
   * span.annotate({ outputData: answer })
   * span.end()
   * ```
   */
  startSpan(options: StartSpanOptions): StartedSpan

  /**
   * Returns a function that does what `fn` does, each call in a span. Its input is the argument, or an object of
   * arguments by parameter name; its output the result, or a callback's. `llm` spans get neither: only the
   * application knows their messages. A callback as last argument ends the span, unless `fn` returns a promise or a
   * stream; classes, tools and listeners are passed on as they are.
   *
   * @throws {TypeError} `SPANLANE_INVALID_KIND`, `SPANLANE_INVALID_CALLBACK`; with `onMisuse: 'throw'` also
   *   `SPANLANE_INVALID_OPTION`
   */
  wrap<F extends AnyFunction>(options: SpanOptions, fn: F): F

  /**
   * A decorator for methods that does what `wrap` does: for TypeScript's legacy decorators and for standard ones.
   * Classes, accessors and fields are left as they are.
   *
   * @throws {TypeError} `SPANLANE_INVALID_KIND`, when the method is decorated; with `onMisuse: 'throw'` also
   *   `SPANLANE_INVALID_OPTION`
   */
  decorate(options: SpanOptions): any

  /**
   * Says more about a span: by default the active one. What is wrong is left out, field by field, warned about and
   * counted; with `onMisuse: 'throw'` it throws, and nothing is changed.
   *
   * ```js
   * llmobs.trace({ kind: 'llm', modelName: 'gpt-5', modelProvider: 'openai' }, () => {
   *   llmobs.annotate({
   *     inputData: [{ role: 'user', content: 'Hello' }],
   *     outputData: [{ role: 'assistant', content: 'Hello! How can I help?' }],
   *     metadata: { temperature: 0.2 },
   *     metrics: { inputTokens: 1, outputTokens: 7 },
   *     tags: { channel: 'web' }
   *   })
   * })
   * ```
   *
   * @throws {SpanlaneError} `SPANLANE_NO_ACTIVE_SPAN`, `SPANLANE_SPAN_FINISHED`, with `onMisuse: 'throw'` only
   * @throws {TypeError} `SPANLANE_INVALID_SPAN`, `SPANLANE_INVALID_ANNOTATION`, with `onMisuse: 'throw'` only
   */
  annotate<M extends object>(options: AnnotationOptions<M>): void
  annotate<M extends object>(span: Span | null | undefined, options: AnnotationOptions<M>): void

  /**
   * Runs `fn`; each span that starts inside gets the annotation, whoever starts it. It is the application's own
   * context, not a tenant's: a routing context inside does not end it.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
   */
  annotationContext<T>(options: AnnotationContextOptions, fn: () => T): T

  /**
   * Names a span, by default the active one, for an evaluation that comes later or from elsewhere. Where there is none
   * the result is empty, and a warning says so.
   *
   * @throws {SpanlaneError} `SPANLANE_NO_ACTIVE_SPAN`, with `onMisuse: 'throw'` only
   * @throws {TypeError} `SPANLANE_INVALID_SPAN`, with `onMisuse: 'throw'` only
   */
  exportSpan(span?: Span): ExportedSpan

  /**
   * Sets the one processor of this instance. It runs when a span finishes, once for each target, and sees for
   * which tenant.
   *
   * ```js
   * llmobs.registerProcessor(span => {
   *   for (const message of span.input) message.content = '[hidden]'
   *   return span
   * })
   * ```
   *
   * @throws {SpanlaneError} `SPANLANE_PROCESSOR_REGISTERED`
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
   */
  registerProcessor(processor: SpanProcessor | AsyncSpanProcessor): void

  /** Removes it. */
  deregisterProcessor(): void

  /**
   * Submits an evaluation of a span. It goes where the span went. A name without `route` follows the active
   * routing context, and outside all contexts `outsideContexts`. Counted as `no_route`: a `route` that is no longer
   * known, and inside a routing context one of another tenant, because the text may come from a browser
   * (`tenantMismatch` counts that, too).
   *
   * @throws {TypeError} `SPANLANE_INVALID_EVALUATION`, with `onMisuse: 'throw'` only
   */
  submitEvaluation(span: ExportedSpan | Span, options: EvaluationOptions): void

  /**
   * Submits an end user's feedback. Routed as an evaluation.
   *
   * @throws {TypeError} `SPANLANE_INVALID_FEEDBACK`, with `onMisuse: 'throw'` only
   */
  submitFeedback(options: FeedbackOptions): void

  /**
   * Runs `fn`; spans that start inside, however deep, go to this organisation, and returns what `fn` returns.
   * Contexts nest, the inner one wins. A span whose parent belongs to another tenant is the root of its own
   * trace: no id, session, application or agent name crosses.
   *
   * ```js
   * await llmobs.withRoutingContext({ ddApiKey, ddSite: 'us5.datadoghq.com', tenant: 'acme' }, async () => {
   *   await llmobs.trace({ kind: 'workflow', name: 'nightly report' }, makeReport)
   * })
   * ```
   *
   * @throws {TypeError} `SPANLANE_INVALID_API_KEY`, `SPANLANE_INVALID_SITE`, `SPANLANE_INVALID_TENANT`,
   *   `SPANLANE_INVALID_ROUTE`, `SPANLANE_INVALID_CALLBACK`, before `fn` runs
   */
  withRoutingContext<T>(options: RouteInput, fn: () => T): T

  /** dd-trace's name for `withRoutingContext`. */
  routingContext<T>(options: RouteInput, fn: () => T): T

  /**
   * Opens a route to use it many times, or one that another thread of this process referred to.
   *
   * ```js
   * worker.postMessage({ job, route: llmobs.currentRoute()?.toJSON() })
   * // in the worker
   * llmobs.withRoutingContext(llmobs.route(message.route), () => run(message.job))
   * ```
   *
   * @param settings a processor instead of the route's own; one that a reference cannot carry is given here
   * @throws {TypeError} as `withRoutingContext`; `SPANLANE_INVALID_ROUTE` also for an unknown or expired reference,
   *   and for one whose processor was not given again
   */
  route(options: RouteInput | RouteReference | string, settings?: Pick<RouteSettings, 'processor'>): Route

  /** The route that a span started now would take; null when it would go nowhere. */
  currentRoute(): Route | null

  /**
   * Returns a function that runs `fn` in the present context (route, span and annotations), wherever it is called
   * from: for listeners, pools and queues, which otherwise run in the context of whoever calls them.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
   */
  bindRoutingContext<F extends AnyFunction>(fn: F): F

  /**
   * Makes a generator's body, an iterator's steps, a stream's work and its listeners run in the present context,
   * however it is read, and returns the same object. Only an iterable that cannot be changed comes back as another.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`
   */
  bindStream<S extends object>(stream: S): S

  /**
   * Adds the active span to the headers of a request: dd-trace's own and W3C's trace context, so that a service that
   * runs dd-trace continues the trace. Another tracer's ids in them stay. No key, no site and no label; the tenant is
   * a digest of the trace id keyed with the route's API key. Does nothing without a span. Two services know a tenant
   * for the same by its key and site.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CARRIER`, with `onMisuse: 'throw'` only
   */
  inject(carrier: Carrier): void

  /**
   * Runs `fn`; spans that start inside continue the trace that the headers name, when they are of the same tenant.
   * Inside a routing context headers without a tenant, or with another one, start a new trace.
   *
   * @throws {TypeError} `SPANLANE_INVALID_CALLBACK`; with `onMisuse: 'throw'` also `SPANLANE_INVALID_CARRIER`
   */
  extract<T>(carrier: Carrier, fn: () => T): T

  /**
   * Gives a labelled tenant a new key, at once and without loss: what is held for it goes out with the new key,
   * at the same sites. Open its next contexts with the new key too.
   *
   * @returns the number of destinations that changed; 0 when nothing is held for this label
   * @throws {TypeError} `SPANLANE_INVALID_TENANT`, `SPANLANE_INVALID_API_KEY`
   */
  rotate(tenant: string, options: { ddApiKey: string }): number

  /**
   * Sends one empty request and tells whether the key and the site work. Rejects for what is no route.
   *
   * @throws {TypeError} (rejection) as `withRoutingContext`
   */
  verifyRoute(route: RouteInput): Promise<RouteVerification>

  /**
   * Sends what is held. Resolves when everything submitted before is settled, or after `timeoutMs` (default 5000),
   * what is left being `pending`. A pending flush keeps the process alive. Rejects only after `shutdown`
   * (`SPANLANE_SHUT_DOWN`). With `tenants: false` the report has totals only: among very many tenants its rows take
   * time.
   *
   * @throws {TypeError|RangeError} `SPANLANE_INVALID_OPTION`, or as `withRoutingContext` for `route`
   */
  flush(options?: { timeoutMs?: number; route?: RouteInput; tenants?: boolean }): Promise<FlushReport>

  /**
   * For functions that are frozen after their answer, such as AWS Lambda's: the returned handler answers only
   * after everything submitted before is settled. A failing flush never changes the answer. On Lambda and Vercel
   * (detected) nothing lingers and no connection is kept; on Vercel the platform's `waitUntil` is used for every
   * request, so a handler need not be wrapped there.
   *
   * @param handler async, sync, streaming `(event, responseStream, context)`, or Lambda's `(event, context, callback)`.
   *   What others keep on it, such as the mark of `awslambda.streamifyResponse`, is on what is returned, too
   * @param options.timeoutMs default 5,000; less when the context's remaining time, minus 100 ms, is less
   * @throws TypeError `SPANLANE_INVALID_CALLBACK` when `handler` is not a function
   * @example
   * ```ts
   * import { llmobs } from 'spanlane'
   * export const handler = llmobs.withFlush(async (event: { question: string }) => {
   *   return llmobs.trace({ kind: 'task' }, async () => event.question)
   * })
   * ```
   */
  withFlush<H extends (...args: any[]) => any>(handler: H, options?: { timeoutMs?: number }): H

  /**
   * Flushes, then ends this instance; what finishes later is counted as `shutdown`. In a worker thread the
   * process's core goes on for the others. A second call returns the same promise.
   *
   * @throws {TypeError|RangeError} `SPANLANE_INVALID_OPTION`
   */
  shutdown(options?: { timeoutMs?: number }): Promise<FlushReport>

  /** Counters in total and per tenant. */
  stats(): Stats

  /**
   * The counters of `stats` as text in the OpenMetrics format, for an endpoint that Prometheus, an OpenTelemetry
   * Collector or a Datadog Agent reads: `application/openmetrics-text; version=1.0.0; charset=utf-8`. Once for the
   * process (`spanlane_events_delivered_total`) and by tenant and site (`spanlane_tenant_events_delivered_total`). The
   * first `tenants` (default 200, at most 10,000; 0 for none) have series of their own and keep them while they are
   * open; all others are one sum, with `*` as tenant and site. Keys of one tenant and site are one series. Give the
   * same number each time. docs/operations.md names every series.
   *
   * @throws {TypeError|RangeError} `SPANLANE_INVALID_OPTION`
   */
  openMetrics(options?: { tenants?: number }): string
}
