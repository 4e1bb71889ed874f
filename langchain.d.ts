/**
 * LangChain and LangGraph on the lanes of their tenants, without OpenTelemetry.
 *
 * ```js
 * const { SpanlaneCallbackHandler } = require('spanlane/langchain')
 *
 * const callbacks = [new SpanlaneCallbackHandler()]
 * await llmobs.withRoutingContext(customer, () => chain.invoke(question, { callbacks }))
 * ```
 *
 * For `@langchain/core` 0.3 and 1.x; no package of it is needed by this one.
 */

import type { LLMObs } from './index.js'

export interface CallbackHandlerOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
}

/**
 * Makes a span of each run: chains, graphs and their nodes, models, tools, retrievers. A run goes where the routing context
 * is for in which it starts, and where that was lost, where the run above it went. One handler serves all runs. LangChain
 * awaits it, also where `LANGCHAIN_CALLBACKS_BACKGROUND` is not `false`. Nothing it does reaches a run.
 */
export class SpanlaneCallbackHandler {
  /** @throws {TypeError} `SPANLANE_INVALID_OPTION` */
  constructor(options?: CallbackHandlerOptions)
  readonly name: string
  awaitHandlers: boolean
  raiseError: boolean
  ignoreLLM: boolean
  ignoreChain: boolean
  ignoreAgent: boolean
  ignoreRetriever: boolean
  ignoreCustomEvent: boolean
  lc_serializable: boolean
  copy(): this
  toJSON(): any
  handleChainStart(...args: any[]): void
  handleChainEnd(...args: any[]): void
  handleChainError(...args: any[]): void
  handleChatModelStart(...args: any[]): void
  handleLLMStart(...args: any[]): void
  handleLLMNewToken(...args: any[]): void
  handleLLMEnd(...args: any[]): void
  handleLLMError(...args: any[]): void
  handleToolStart(...args: any[]): void
  handleToolEnd(...args: any[]): void
  handleToolError(...args: any[]): void
  handleRetrieverStart(...args: any[]): void
  handleRetrieverEnd(...args: any[]): void
  handleRetrieverError(...args: any[]): void
}
