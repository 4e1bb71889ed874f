/**
 * Spans of OpenTelemetry on the lanes of their tenants: of the Vercel AI SDK, OpenInference, Traceloop, Langfuse, Google's
 * ADK, and whatever follows the semantic conventions for generative AI.
 *
 * ```js
 * const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
 * const { SpanlaneSpanProcessor } = require('spanlane/opentelemetry')
 *
 * new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] }).register()
 * ```
 *
 * A span goes where the routing context is for in which it starts. For the SDK of OpenTelemetry 1.30, 2.x and 3.x; no
 * package of it is needed by this one.
 */

import type { LLMObs, RouteInput } from './index.js'

/** What is read of a span; every version's span is one. */
export interface OtelSpan {
  readonly name: string
  readonly attributes: { readonly [name: string]: any }
  spanContext(): { readonly traceId: string; readonly spanId: string; readonly traceFlags?: number }
}

/** What is read of OpenTelemetry's context. */
export interface OtelContext {
  getValue(key: symbol): unknown
}

export interface SpanProcessorOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
  /**
   * Names the route of a span that ended, from what it says: what `withRoutingContext` takes, or a kept route. It wins over
   * the context; undefined and null leave it to that. A throw, or a route that is wrong, counts the span as
   * `invalid_route`. Also asked of spans that still go on, when one below them ends.
   */
  routeOf?: (span: OtelSpan) => RouteInput | null | undefined
  /**
   * Which spans are sent. `isKnown` says whether a convention for generative AI describes it: the default. Also asked of
   * spans that still go on, when one below them ends. A throw counts the span as `processor`.
   */
  filter?: (span: OtelSpan, isKnown: boolean) => boolean
}

/** Registered with a provider, it takes finished spans. None of its methods throws. */
export class SpanlaneSpanProcessor {
  /**
   * Also sets the environment variable `LANGCHAIN_CALLBACKS_BACKGROUND` to `false`, unless it is set: LangChain then runs
   * its handlers in the context of their run. So make it before LangChain's first run.
   *
   * @throws {TypeError} `SPANLANE_INVALID_OPTION`
   */
  constructor(options?: SpanProcessorOptions)
  onStart(span: OtelSpan, parentContext: OtelContext): void
  onEnd(span: OtelSpan): void
  /** Waits until what was taken is delivered or cannot be, 5 seconds at most. Never rejects. */
  forceFlush(): Promise<void>
  /** The same, and takes nothing afterwards (`shutdown`). The LLMObs goes on. */
  shutdown(): Promise<void>
}

/** What is read of a log record. */
export interface OtelLogRecord {
  readonly attributes?: { readonly [name: string]: any }
  readonly body?: any
  readonly eventName?: string
}

/**
 * Registered with a logger provider, it gives spans the content that their instrumentation writes to log records, as
 * `@opentelemetry/instrumentation-openai` does with `captureMessageContent`. It exports nothing.
 */
export class SpanlaneLogRecordProcessor {
  onEmit(record: OtelLogRecord, context?: OtelContext): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}
