/**
 * The Vercel AI SDK on the lanes of its tenants, without OpenTelemetry.
 *
 * ```js
 * const { observe, tracer } = require('spanlane/ai')
 *
 * observe() // version 7: once; calls need nothing
 * // versions 5 and 6: at each call
 * generateText({ model, prompt, experimental_telemetry: { isEnabled: true, tracer } })
 * ```
 *
 * A span goes where the routing context is for in which the call starts, wherever its stream is read. No package of the
 * AI SDK or of OpenTelemetry is needed by this one.
 */

import type { LLMObs } from './index.js'

export interface AiOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
}

/**
 * Makes spans of what version 7 of the AI SDK does, in all copies of it that the process loads, before or afterwards: of
 * operations, steps, calls of models and tools. `telemetry: { isEnabled: false }` of a call leaves it out, `recordInputs` and
 * `recordOutputs` its content. A second call for the same `llmobs` changes nothing. Nothing it does reaches the AI SDK.
 *
 * @returns ends it; what goes on then is taken to be over
 * @throws {TypeError} `SPANLANE_INVALID_OPTION`
 */
export function observe(options?: AiOptions): () => void

export interface AiSpanContext {
  traceId: string
  /** 16 hexadecimal digits; the same number as the decimal one of the span that arrives. */
  spanId: string
  traceFlags: number
}

/** A span as OpenTelemetry has them. None of its methods throws; links are not kept. */
export interface AiSpan {
  spanContext(): AiSpanContext
  setAttribute(name: string, value: any): this
  setAttributes(attributes: { [name: string]: any }): this
  addEvent(name: string, attributesOrTime?: any, time?: any): this
  addLink(link: any): this
  addLinks(links: any[]): this
  setStatus(status: { code: number; message?: string }): this
  updateName(name: string): this
  end(endTime?: any): void
  isRecording(): boolean
  recordException(exception: any, time?: any): void
}

/** A tracer as OpenTelemetry has them. */
export interface AiTracer {
  startSpan(name: string, options?: any, context?: any): AiSpan
  startActiveSpan<F extends (span: any) => unknown>(name: string, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: any) => unknown>(name: string, options: any, fn: F): ReturnType<F>
  startActiveSpan<F extends (span: any) => unknown>(
    name: string,
    options: any,
    context: any,
    fn: F
  ): ReturnType<F>
}

/** For versions 5 and 6: `experimental_telemetry: { isEnabled: true, tracer }`. Its spans are of the process's own `llmobs`. */
export const tracer: AiTracer

/**
 * The same for another `llmobs`. One serves all calls.
 *
 * @throws {TypeError} `SPANLANE_INVALID_OPTION`
 */
export function createTracer(options?: AiOptions): AiTracer
