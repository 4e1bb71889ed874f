/**
 * The bridge: an application that runs dd-trace keeps it, with everything it instruments, and Spanlane delivers
 * the LLM Observability spans and evaluations of each tenant.
 *
 * ```js
 * const tracer = require('dd-trace').init({ llmobs: { mlApp: 'assistant', agentlessEnabled: true } })
 * const { attach } = require('spanlane/dd-trace')
 * attach(tracer)
 *
 * tracer.llmobs.withRoutingContext({ ddApiKey, ddSite: 'datadoghq.eu', tenant: 'acme' }, () => answer(request))
 * ```
 *
 * Supported: dd-trace >=5.83.0 <7. Errors carry a stable `code`, as everywhere in Spanlane.
 */

import type { AnnotationContextOptions, FlushReport, InitOptions, RouteInput } from './index.js'

/** Options of `init`, and two of the bridge's own. */
export interface AttachOptions extends InitOptions {
  /**
   * What a routing context does when dd-trace's insides are not what the bridge knows: `throw`
   * `SPANLANE_UNSUPPORTED_DD_TRACE`, or `pass`: one error in the log, and dd-trace delivers by itself. Default
   * `throw`.
   */
  onUnsupported?: 'throw' | 'pass'
  /**
   * dd-trace writes model, provider, application, session and token counts of each call on its APM span, which is
   * the operator's. `remove` takes them off the spans of tenants again. Default `keep`.
   */
  apmGenAiTags?: 'keep' | 'remove'
}

/** What `attach` returns. */
export interface Attachment {
  /** False where there was nothing to join: Spanlane or tracing is disabled. dd-trace then works as without it. */
  readonly active: boolean
  /** The version of dd-trace; null when not active. */
  readonly version: string | null
  /** Undoes `attach`. Spans that are routed already are still delivered by Spanlane. A second call does nothing. */
  detach(): void
}

/** What the bridge needs of a tracer: that of `require('dd-trace')`, or the namespace object of an import. */
export type Tracer = { init(...options: any[]): any; llmobs: object } | { default: Tracer }

/** What `tracer.llmobs` has more, or gives back differently, while attached. */
export interface BridgedLLMObs {
  /** As `llmobs.withRoutingContext` of Spanlane. */
  withRoutingContext<T>(options: RouteInput, fn: () => T): T
  /** As `withRoutingContext`. */
  routingContext<T>(options: RouteInput, fn: () => T): T
  /** Flushes Spanlane, and dd-trace's own writers without waiting for them. */
  flush(options?: { timeoutMs?: number; route?: RouteInput }): Promise<FlushReport>
  annotationContext<T>(options: AnnotationContextOptions, fn: () => T): T
}

/**
 * Joins Spanlane to a tracer, before or after its `init`. The same call again does nothing.
 *
 * After it, `tracer.llmobs` has `withRoutingContext` (and takes the same with `routingContext`), `exportSpan`
 * returns a `route` with the ids, `flush` returns a report, and `require('spanlane').llmobs` speaks for this
 * tracer.
 *
 * @throws {TypeError} `SPANLANE_INVALID_OPTION` for something that is no tracer, and as `init`
 * @throws {SpanlaneError} `SPANLANE_UNSUPPORTED_DD_TRACE` for a version outside the range, or a tracer inside a
 *   bundle; `SPANLANE_ALREADY_INITIALIZED` for another tracer or other options than before, or where another copy
 *   of Spanlane is attached; `SPANLANE_SHUT_DOWN` after `llmobs.shutdown`
 */
export function attach(tracer: Tracer, options?: AttachOptions): Attachment

/** Undoes the present `attach`, if there is one. */
export function detach(): void
