import { expectAssignable, expectError, expectNotAssignable, expectType } from 'tsd'
import {
  createLLMObs,
  type DeliveryOutcome,
  type DropReason,
  type ErrorCode,
  type ExportedSpan,
  type FlushReport,
  type InitOptions,
  type LLMObs,
  llmobs,
  type Route,
  type RouteReference,
  type RouteVerification,
  type Span,
  SpanlaneError,
  type StartedSpan,
  type Stats
} from '../..'

declare const customer: { ddApiKey: string; ddSite: string }
declare function ask(question: string): Promise<string>

// Opening
expectType<LLMObs>(llmobs)
expectType<LLMObs>(createLLMObs())
expectType<boolean>(llmobs.enabled)
expectError(() => {
  llmobs.enabled = false
})
expectType<LLMObs>(llmobs.init())
createLLMObs({
  enabled: true,
  mlApp: 'shop',
  apiKey: 'key',
  site: 'datadoghq.eu',
  service: 'svc',
  env: 'prod',
  version: '1',
  tags: { region: 'eu', shard: 3, canary: false },
  tenantTags: ['region'],
  sampleRate: 0.5,
  outsideContexts: 'auto',
  onInvalidRoute: 'drop',
  allowedSites: ['gateway.example'],
  intakeUrl: 'http://127.0.0.1:8126',
  ca: ['pem', new Uint8Array()],
  proxy: false,
  compression: 'gzip',
  flushIntervalMs: 1000,
  flushLingerMs: 200,
  requestTimeoutMs: 5000,
  maxEventBytes: 5_000_000,
  maxPayloadBytes: 5_000_000,
  maxBufferedBytes: 1,
  maxBufferedBytesPerTenant: 1,
  maxBufferedBytesFailing: 1,
  maxRequestsInFlight: 256,
  maxRequestsInFlightPerTenant: 2,
  deliveryThreads: 2,
  maxRetryAgeMs: 0,
  exitTimeoutMs: 3000,
  drainOnSignals: ['SIGTERM'],
  logger: { warn: message => expectType<string>(message) },
  agentlessEnabled: true,
  projectName: 'ignored'
})
expectError(createLLMObs({ flushIntervalMS: 5 }))
expectNotAssignable<InitOptions>({ compression: 'zstd' })
expectNotAssignable<InitOptions>({ onInvalidRoute: 'ignore' })
expectNotAssignable<InitOptions>({ drainOnSignals: ['TERM'] })
expectType<void>(llmobs.enable({ mlApp: 'shop' }))
expectType<void>(llmobs.disable())
expectType<never>(llmobs.experiments)
expectType<never>(llmobs.prompts)

// Routing
expectType<Promise<string>>(llmobs.withRoutingContext(customer, () => ask('?')))
expectType<number>(llmobs.routingContext({ ...customer, tenant: 'acme' }, () => 5))
llmobs.withRoutingContext(
  {
    ...customer,
    mlApp: 'app',
    service: 'svc',
    env: 'prod',
    sampleRate: 1,
    captureContent: false,
    processor: async span => span
  },
  () => {}
)
llmobs.withRoutingContext({ targets: [customer, 'default', llmobs.route(customer)], mlApp: 'app' }, () => {})
expectError(llmobs.withRoutingContext({}, () => {}))
expectError(llmobs.withRoutingContext({ ddApiKey: 5 }, () => {}))
expectError(llmobs.withRoutingContext({ ddApiKey: 'key', ddsite: 'datadoghq.eu' }, () => {}))
expectError(llmobs.withRoutingContext({ targets: ['other'] }, () => {}))
expectError(llmobs.withRoutingContext(customer))

const route = llmobs.route(customer)
expectType<Route>(route)
expectType<string | null>(route.tenant)
expectType<string | null>(route.site)
expectType<RouteReference>(route.toJSON())
expectType<Route>(llmobs.route(route.toJSON(), { processor: span => span }))
expectType<Route>(llmobs.route('0'.repeat(32)))
expectType<Route | null>(llmobs.currentRoute())
expectType<number>(llmobs.rotate('acme', { ddApiKey: 'new' }))
expectType<Promise<RouteVerification>>(llmobs.verifyRoute(customer))

// Context that survives
expectType<(a: string, b?: number) => boolean>(
  llmobs.bindRoutingContext((a: string, b?: number) => a === String(b))
)
declare const stream: AsyncGenerator<string>
expectType<AsyncGenerator<string>>(llmobs.bindStream(stream))
expectError(llmobs.bindRoutingContext('fn'))
expectError(llmobs.bindStream('text'))

// Spans
expectType<string>(
  llmobs.trace(
    { kind: 'llm', modelName: 'm', modelProvider: 'p', sessionId: 's', mlApp: 'a', name: 'n' },
    span => {
      expectType<Span>(span)
      expectType<string>(span.traceId)
      expectType<string>(span.context().toSpanId())
      expectType<Span>(span.setTag('error', new Error('x')))
      expectType<Span>(
        span
          .addTags({ error: new Error('x') })
          .setOperationName('n')
          .setBaggageItem('k', 'v')
          .log({})
      )
      expectType<Span>(span.addLinks([{ context: span.context() }]))
      expectType<void>(span.recordException(new Error('x'), { attempt: 1 }))
      expectType<string | undefined>(span.getBaggageItem('k'))
      expectType<string>(span.context().toTraceparent())
      expectType<void>(span.finish())
      return 'text'
    }
  )
)
llmobs.trace({ kind: 'task' }, (_span, done) => {
  done()
  done(new Error('x'))
})
declare const parent: Span
declare const exported: ExportedSpan
llmobs.trace({ kind: 'tool', parent }, () => {})
llmobs.trace({ kind: 'tool', parent: exported }, () => {})
expectError(llmobs.trace({}, () => {}))
expectError(llmobs.trace({ kind: 'chat' }, () => {}))
expectError(llmobs.trace({ kind: 'llm', parent: 'span' }, () => {}))
expectError(llmobs.trace({ kind: 'llm' }))
// A typo is no APM option.
expectError(llmobs.trace({ kind: 'llm', modelname: 'gpt' }, () => {}))
expectError(llmobs.wrap({ kind: 'llm', session: 's' }, () => {}))
llmobs.trace(
  { kind: 'llm', childOf: null, resource: 'r', service: 's', tags: { a: 1 }, startTime: 1 },
  () => {}
)
llmobs.trace(
  { kind: 'llm', sessionId: 5, name: 7n, mlApp: null, modelName: undefined, parent: null },
  () => {}
)
expectType<(query: string) => Promise<number>>(
  llmobs.wrap({ kind: 'tool' }, async (query: string) => query.length)
)
expectError(llmobs.wrap({ kind: 'tool' }, 'fn'))

class Assistant {
  @llmobs.decorate({ kind: 'tool', name: 'search' })
  search(query: string) {
    return query
  }
}
expectType<string>(new Assistant().search('x'))

// Annotations
expectType<void>(llmobs.annotate({ inputData: 'text' }))
expectType<void>(llmobs.annotate(undefined, { outputData: [{ role: 'assistant', content: 'x' }] }))
llmobs.annotate(parent, {
  inputData: [{ text: 'document', name: 'a', id: '1', score: 0.5 }],
  outputData: {
    role: 'assistant',
    toolCalls: [{ name: 'search', arguments: { query: 'x' }, toolId: '1', type: 'function' }],
    toolResults: [{ result: 'x', toolId: '1', name: 'search', type: 'tool_result' }]
  },
  metadata: { temperature: 0 },
  metrics: { inputTokens: 1 },
  tags: { team: 'x', list: ['a', 'b'] },
  costTags: ['team'],
  prompt: {
    id: 'p',
    version: '1',
    template: [{ type: 'placeholder', name: 'history' }],
    variables: { a: 'b' }
  },
  toolDefinitions: [{ name: 'search', description: 'd', schema: {}, version: '1' }],
  agent: { name: 'planner', modelSettings: { temperature: 0 }, tools: [{ name: 'search' }] }
})
expectError(llmobs.annotate({ metrics: { inputTokens: '1' } }))
expectError(llmobs.annotate(parent, { metrics: { own: 'text' } }))
expectError(llmobs.annotate({ metrics: 5 }))
expectError(llmobs.annotate({ metadata: 'text' }))
expectError(llmobs.annotate({ tags: 'team:core' }))
expectError(llmobs.annotate({ input: 'x' }))
expectError(llmobs.annotate({ costTags: 'team' }))
expectError(llmobs.annotate({ prompt: { id: 5 } }))
expectType<number>(llmobs.annotationContext({ tags: { a: 1 }, name: 'n', agent: { name: 'x' } }, () => 5))

// Export, evaluations, feedback
expectType<ExportedSpan>(llmobs.exportSpan())
expectType<ExportedSpan>(llmobs.exportSpan(parent))
expectType<string | undefined>(exported.route)
expectType<void>(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'score', value: 1 }))
llmobs.submitEvaluation(parent, {
  label: 'q',
  metricType: 'json',
  value: { a: 1 },
  tags: { a: 'b' },
  mlApp: 'x',
  timestampMs: 1,
  reasoning: 'because',
  assessment: 'pass',
  metadata: {}
})
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'text', value: 'x' }))
// The value's type goes with the metric's.
llmobs.submitEvaluation(exported, { label: 'q', metricType: 'categorical', value: 'good' })
llmobs.submitEvaluation(exported, { label: 'q', metricType: 'boolean', value: false })
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'score', value: '1' }))
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'categorical', value: 1 }))
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'boolean', value: 'true' }))
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'json', value: 'x' }))
expectError(llmobs.submitEvaluation(exported, { label: 'q', metricType: 'score', value: 1, reason: 'x' }))
expectError(llmobs.submitEvaluation({ traceId: '1' }, { label: 'q', metricType: 'score', value: 1 }))
expectType<void>(
  llmobs.submitFeedback({
    label: 'thumb',
    metricType: 'text',
    value: 'nice',
    submitter: { id: 'u1', type: 'user' },
    span: exported
  })
)
expectError(llmobs.submitFeedback({ label: 'thumb', metricType: 'text', value: 'nice', sessionId: 's' }))
const submitter = { id: 'u1' }
llmobs.submitFeedback({ label: 'stars', metricType: 'score', value: 5, sessionId: 's', submitter })
expectError(
  llmobs.submitFeedback({ label: 'stars', metricType: 'score', value: '5', sessionId: 's', submitter })
)
expectError(llmobs.submitFeedback({ label: 'stars', metricType: 'score', value: 5, submitter }))
expectError(
  llmobs.submitFeedback({
    label: 'stars',
    metricType: 'score',
    value: 5,
    spanId: '1',
    traceId: '2',
    submitter
  })
)

// Processors
llmobs.registerProcessor(span => {
  expectType<string | null>(span.tenant)
  expectType<string | undefined>(span.getTag('team'))
  for (const message of span.input) message.content = '[hidden]'
  return span.kind === 'llm' ? span : null
})
// A typo would leave the content as it is.
llmobs.registerProcessor(span => {
  expectError(span.input[0].contnet)
  return span
})
llmobs.registerProcessor(async span => span)
expectError(llmobs.registerProcessor(() => true))
expectType<void>(llmobs.deregisterProcessor())

// Between services
expectType<void>(llmobs.inject({}))
llmobs.inject(new Headers())
llmobs.inject(new Map<string, string>())
expectType<number>(llmobs.extract({ 'x-datadog-tags': 'x' }, () => 5))
expectError(llmobs.extract('headers', () => 5))

// Delivery
expectType<Promise<FlushReport>>(llmobs.flush())
expectType<Promise<FlushReport>>(llmobs.flush({ timeoutMs: 5, route: customer }))
expectType<Promise<FlushReport>>(llmobs.shutdown({ timeoutMs: 5 }))
expectError(llmobs.flush({ timeoutMs: '5' }))
declare const report: FlushReport
expectType<number>(report.pending)
expectType<string | undefined>(report.tenants[0].lastError)
expectType<Stats>(llmobs.stats())
expectType<number>(llmobs.stats().total.held)
expectType<number | undefined>(llmobs.stats().unrouted.droppedByReason.no_route)
expectError(llmobs.stats().total.droppedByReason.no_rout)
expectType<number | null>(llmobs.stats().tenants[0].parkedSinceMs)
expectAssignable<DeliveryOutcome>({ tenant: 'acme', outcome: 'parked', reason: 'key_refused', count: 1 })
expectAssignable<DeliveryOutcome>({ tenant: '', outcome: 'dropped', reason: 'no_route', count: 1 })
expectNotAssignable<DeliveryOutcome>({ tenant: '', outcome: 'dropped', reason: 'key_refused', count: 1 })
declare const dropped: DropReason
expectAssignable<number | undefined>(llmobs.stats().total.droppedByReason[dropped])

// Errors
const error = new SpanlaneError('SPANLANE_SHUT_DOWN', 'text')
expectType<ErrorCode>(error.code)
expectAssignable<Error>(error)
expectError(new SpanlaneError('OTHER', 'text'))

// Spans by hand
const byHand = llmobs.startSpan({
  kind: 'llm',
  name: 'n',
  startMs: 1.5,
  parent: null,
  route: { ddApiKey: 'key' }
})
expectType<StartedSpan>(byHand)
expectAssignable<Span>(byHand)
expectType<number>(byHand.run(() => 1))
expectType<void>(byHand.annotate({ metrics: { inputTokens: 1 } }))
byHand.end()
byHand.end(2.5)
llmobs.startSpan({ kind: 'task', parent: byHand, route: llmobs.route({ ddApiKey: 'key' }) })
expectError(llmobs.startSpan({ name: 'no kind' }))
expectError(llmobs.startSpan({ kind: 'task', startMs: new Date() }))
expectError(byHand.run())
