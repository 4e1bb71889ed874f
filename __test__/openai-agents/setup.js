'use strict'

const { AsyncLocalStorage } = require('node:async_hooks')
const { randomBytes } = require('node:crypto')

/**
 * How the Agents SDK tells of traces and spans: processors one after the other, each awaited, nobody waiting for all of
 * them; times in whole milliseconds; a run that throws does not end its trace. `npm run instrumentations` has the published
 * packages.
 */
class Agents {
  /** @type {any[]} */
  #processors = []
  #context = new AsyncLocalStorage()

  /** @param {any[]} processors */
  constructor(...processors) {
    this.#processors = processors
  }

  /** What the Agents SDK puts on the global object under `openai.agents.core.traceProvider`. */
  getCurrentSpan() {
    return this.#context.getStore()?.span ?? null
  }

  /** @param {string} what @param {any} told */
  async #tell(what, told) {
    for (const processor of this.#processors) await processor[what](told)
  }

  /**
   * @param {string} name
   * @param {() => Promise<any>} fn
   * @param {any} [options]
   */
  async withTrace(name, fn, options = {}) {
    const trace = {
      type: 'trace',
      traceId: `trace_${randomBytes(16).toString('hex')}`,
      name,
      groupId: options.groupId ?? null,
      metadata: options.metadata ?? {}
    }
    return this.#context.run({ trace, span: null }, async () => {
      await this.#tell('onTraceStart', trace)
      const result = await fn()
      await this.#tell('onTraceEnd', trace)
      return result
    })
  }

  /**
   * @param {any} spanData
   * @param {(span: any) => Promise<any>} [fn]
   */
  async withSpan(spanData, fn = async () => {}) {
    const { trace, span: above } = this.#context.getStore()
    const span = {
      type: 'trace.span',
      traceId: trace.traceId,
      spanId: `span_${randomBytes(12).toString('hex')}`,
      parentId: above?.spanId ?? null,
      spanData: { ...spanData },
      startedAt: new Date().toISOString(),
      endedAt: null,
      error: null
    }
    return this.#context.run({ trace, span }, async () => {
      this.#tell('onSpanStart', span)
      try {
        // Work takes its time: what follows it starts in another millisecond.
        await new Promise(resolve => setTimeout(resolve, 4))
        return await fn(span)
      } catch (error) {
        span.error = { message: 'Error in agent run', data: { error: `${error.name}: ${error.message}` } }
        throw error
      } finally {
        span.endedAt = new Date().toISOString()
        this.#tell('onSpanEnd', span)
      }
    })
  }
}

/** As a run of one agent is told since 0.14. @param {Agents} agents @param {any} agent @param {(span: any) => Promise<any>} turn */
function runOf(agents, agent, turn) {
  return agents.withSpan({ type: 'task', name: 'Agent workflow' }, () =>
    agents.withSpan({ type: 'agent', ...agent }, () =>
      agents.withSpan({ type: 'turn', turn: 1, agent_name: agent.name }, turn)
    )
  )
}

const USAGE = {
  input_tokens: 21,
  output_tokens: 9,
  total_tokens: 30,
  input_tokens_details: { cached_tokens: 4 },
  output_tokens_details: { reasoning_tokens: 2 }
}

/** What a call of responses is told of. @param {string} question @param {any[]} output */
function responseData(question, output) {
  return {
    type: 'response',
    response_id: 'resp_1',
    _input: question,
    _response: {
      id: 'resp_1',
      model: 'gpt-4o-2024',
      instructions: 'Be nice.',
      temperature: 0.5,
      tools: [{ type: 'function', name: 'weather', parameters: { type: 'object' } }],
      output,
      usage: USAGE
    }
  }
}

/** @param {string} text */
const message = text => ({ type: 'message', role: 'assistant', content: [{ type: 'output_text', text }] })

module.exports = { Agents, message, responseData, runOf }
