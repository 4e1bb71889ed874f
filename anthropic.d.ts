/**
 * The client of Anthropic on the lanes of its tenants.
 *
 * ```js
 * const Anthropic = require('@anthropic-ai/sdk')
 * const { observe } = require('spanlane/anthropic')
 *
 * const client = observe(new Anthropic())
 * await llmobs.withRoutingContext(customer, () => client.messages.create({ model, max_tokens: 1000, messages }))
 * ```
 *
 * For `@anthropic-ai/sdk` 0.14 to 1.x; no package of it is needed by this one.
 */

import type { LLMObs } from './index.js'

export interface ObserveOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
}

/**
 * Makes a span of each message that is asked for: `messages` and `beta.messages`, and what the client's helpers ask for
 * (`stream`, `parse`, `toolRunner`). A span goes where the routing context is for in which the call is made, and ends with the
 * answer, or with its stream. Nothing that goes wrong with it reaches the call.
 *
 * @param client of `@anthropic-ai/sdk`, or of what extends it; copies by `withOptions` are observed as well
 * @returns the same client. What it returns is what it returned before. Observing it twice changes nothing
 * @throws {TypeError} `SPANLANE_INVALID_OPTION` for what is no such client
 */
export function observe<T extends object>(client: T, options?: ObserveOptions): T
