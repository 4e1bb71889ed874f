/**
 * OpenAI's Agents SDK on the lanes of its tenants.
 *
 * ```js
 * const { addTraceProcessor, run } = require('@openai/agents')
 * const { SpanlaneTracingProcessor } = require('spanlane/openai-agents')
 *
 * addTraceProcessor(new SpanlaneTracingProcessor())
 * await llmobs.withRoutingContext(customer, () => run(agent, question))
 * ```
 *
 * For `@openai/agents` since 0.7; no package of it is needed by this one.
 */

import type { LLMObs } from './index.js'

export interface TracingProcessorOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
}

/** What is read of a trace. */
export interface AgentsTrace {
  traceId: string
  name: string
  groupId: string | null
  metadata?: { [name: string]: any }
}

/** What is read of a span. */
export interface AgentsSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | null
  readonly spanData: any
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly error: { message: string; data?: { [name: string]: any } } | null
}

/**
 * Makes a span of each trace, agent, call of a model, tool, handoff, guardrail, and of spans of your own. A span goes where
 * the routing context is for in which it starts, and where that was lost, where the span above it went. One serves all
 * runs. No promise rejects.
 */
export class SpanlaneTracingProcessor {
  /** @throws {TypeError} `SPANLANE_INVALID_OPTION` */
  constructor(options?: TracingProcessorOptions)
  onTraceStart(trace: AgentsTrace): Promise<void>
  onTraceEnd(trace: AgentsTrace): Promise<void>
  onSpanStart(span: AgentsSpan): Promise<void>
  onSpanEnd(span: AgentsSpan): Promise<void>
  /** Waits until what was taken is delivered or cannot be, 5 seconds at most. */
  forceFlush(): Promise<void>
  /** The same; what goes on is taken to be over. The LLMObs goes on. */
  shutdown(timeout?: number): Promise<void>
}
