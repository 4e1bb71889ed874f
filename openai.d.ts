/**
 * The client of OpenAI on the lanes of its tenants.
 *
 * ```js
 * const OpenAI = require('openai')
 * const { observe } = require('spanlane/openai')
 *
 * const client = observe(new OpenAI())
 * await llmobs.withRoutingContext(customer, () => client.chat.completions.create({ model, messages }))
 * ```
 *
 * For `openai` 4.x to 7.x; no package of it is needed by this one.
 */

import type { LLMObs } from './index.js'

export interface ObserveOptions {
  /** Where spans go to. Default: the process's own. It need not be initialised yet. */
  llmobs?: LLMObs
}

/**
 * Makes a span of each request for an answer: chat completions, completions, responses, embeddings, and what the client's
 * helpers ask for (`parse`, `stream`, `runTools`). A span goes where the routing context is for in which the call is made, and
 * ends with the answer, or with its stream. Nothing that goes wrong with it reaches the call.
 *
 * @param client of `openai`, or of what extends it; copies by `withOptions` are observed as well
 * @returns the same client. What it returns is what it returned before. Observing it twice changes nothing
 * @throws {TypeError} `SPANLANE_INVALID_OPTION` for what is no such client
 */
export function observe<T extends object>(client: T, options?: ObserveOptions): T
