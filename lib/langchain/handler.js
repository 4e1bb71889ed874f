'use strict'

const { performance } = require('node:perf_hooks')
const { toolsOf } = require('../opentelemetry/tools')
const { Following, typeOf } = require('../sdk/following')
const { startByHand } = require('../trace/by-hand')
const { presentStore } = require('../trace/present')
const { Span } = require('../trace/span')
const { isObject } = require('../values/own')
const { answer, messages, plainDocuments, plainValue } = require('./shapes')

/** @typedef {Record<string, any>} Given */

/** Runs that have not ended. An abandoned stream never does: beyond this, the oldest run is taken to be over. */
const RUNS_MAX = 10_000
/** Settings of a call that are told. Others may be keys. */
const SETTINGS = [
  'frequency_penalty',
  'max_completion_tokens',
  'max_tokens',
  'n',
  'parallel_tool_calls',
  'presence_penalty',
  'reasoning_effort',
  'response_format',
  'seed',
  'stop',
  'stream',
  'temperature',
  'tool_choice',
  'top_k',
  'top_p'
]
const SESSIONS = ['session_id', 'sessionId', 'thread_id', 'conversation_id']
/** By the type of a run, where it is no workflow. @type {Record<string, string>} */
const KINDS = {
  agent: 'agent',
  tool: 'tool',
  retriever: 'retrieval',
  llm: 'llm',
  prompt: 'task',
  parser: 'task'
}

/** What a run is as it starts. @typedef {{ kind: string, name: string, inputData: any, tags: any, metadata: any, more?: Given }} Start */

/** @typedef {{ span: Span, startMs: number, hasToken: boolean }} Run */

/**
 * A callback handler for LangChain and LangGraph. LangChain awaits it, whatever its settings: it is called in the context
 * of the run, and so knows the route. Nothing it does reaches the run.
 */
class SpanlaneCallbackHandler {
  name = 'spanlane_callback_handler'
  /** Never in the queue that all runs of the process share. */
  awaitHandlers = true
  raiseError = false
  ignoreLLM = false
  ignoreChain = false
  ignoreAgent = false
  ignoreRetriever = false
  ignoreCustomEvent = true
  lc_serializable = false
  #following
  /** @type {Map<string, Run>} */
  #runs = new Map()

  /** @param {{ llmobs?: unknown }} [options] */
  constructor(options = {}) {
    this.#following = new Following(options, {
      library: 'LangChain',
      topic: 'langchain',
      silence: 'the callback handler records nothing',
      isTaken: () => true
    })
  }

  /** LangChain copies handlers; runs are kept by one. */
  copy() {
    return this
  }

  toJSON() {
    return { lc: 1, type: 'not_implemented', id: ['spanlane', this.name] }
  }

  /** @param {any} chain @param {any} inputs @param {any} runId @param {any} parentRunId @param {any} tags @param {any} metadata @param {any} runType @param {any} runName */
  handleChainStart(chain, inputs, runId, parentRunId, tags, metadata, runType, runName) {
    this.#start(runId, parentRunId, () => ({
      kind: kindOfChain(chain, runType, runName),
      name: nameOf(chain, runName, 'chain'),
      inputData: plainValue(inputs),
      tags,
      metadata
    }))
  }

  /** @param {any} outputs @param {any} runId */
  handleChainEnd(outputs, runId) {
    this.#end(runId, () => ({ outputData: plainValue(outputs) }))
  }

  /** @param {any} error @param {any} runId */
  handleChainError(error, runId) {
    this.#fail(runId, error)
  }

  /** @param {any} llm @param {any} given @param {any} runId @param {any} parentRunId @param {any} extra @param {any} tags @param {any} metadata @param {any} runName */
  handleChatModelStart(llm, given, runId, parentRunId, extra, tags, metadata, runName) {
    this.#start(runId, parentRunId, () => modelStart(llm, messages(given), extra, tags, metadata, runName))
  }

  /** @param {any} llm @param {any} prompts @param {any} runId @param {any} parentRunId @param {any} extra @param {any} tags @param {any} metadata @param {any} runName */
  handleLLMStart(llm, prompts, runId, parentRunId, extra, tags, metadata, runName) {
    this.#start(runId, parentRunId, () => modelStart(llm, messages(prompts), extra, tags, metadata, runName))
  }

  /** @param {any} _token @param {any} _indices @param {any} runId */
  handleLLMNewToken(_token, _indices, runId) {
    const run = this.#runs.get(runId)
    if (run === undefined || run.hasToken) return
    run.hasToken = true
    this.#annotate(run.span, () => ({
      metrics: { time_to_first_token: (performance.now() - run.startMs) / 1000 }
    }))
  }

  /** @param {any} result @param {any} runId */
  handleLLMEnd(result, runId) {
    this.#end(runId, span => {
      const { modelName, ...annotation } = answer(result)
      if (modelName !== undefined) span.texts = { ...span.texts, modelName }
      return annotation
    })
  }

  /** @param {any} error @param {any} runId */
  handleLLMError(error, runId) {
    this.#fail(runId, error)
  }

  /** @param {any} tool @param {any} input @param {any} runId @param {any} parentRunId @param {any} tags @param {any} metadata @param {any} runName @param {any} toolCallId */
  handleToolStart(tool, input, runId, parentRunId, tags, metadata, runName, toolCallId) {
    this.#start(runId, parentRunId, () => ({
      kind: 'tool',
      name: nameOf(tool, runName, 'tool'),
      inputData: input,
      tags,
      metadata,
      more: typeof toolCallId === 'string' ? { metadata: { tool_id: toolCallId } } : {}
    }))
  }

  /** @param {any} output @param {any} runId */
  handleToolEnd(output, runId) {
    this.#end(runId, () => ({ outputData: plainValue(output) }))
  }

  /** @param {any} error @param {any} runId */
  handleToolError(error, runId) {
    this.#fail(runId, error)
  }

  /** @param {any} retriever @param {any} query @param {any} runId @param {any} parentRunId @param {any} tags @param {any} metadata @param {any} runName */
  handleRetrieverStart(retriever, query, runId, parentRunId, tags, metadata, runName) {
    const name = nameOf(retriever, runName, 'retriever')
    this.#start(runId, parentRunId, () => ({ kind: 'retrieval', name, inputData: query, tags, metadata }))
  }

  /** @param {any} documents @param {any} runId */
  handleRetrieverEnd(documents, runId) {
    this.#end(runId, () => ({ outputData: plainDocuments(documents) }))
  }

  /** @param {any} error @param {any} runId */
  handleRetrieverError(error, runId) {
    this.#fail(runId, error)
  }

  /**
   * @param {any} runId
   * @param {any} parentRunId
   * @param {() => Start} describe may throw
   */
  #start(runId, parentRunId, describe) {
    try {
      const instance = this.#runs.has(runId) ? null : this.#following.recording
      if (instance === null) return
      const { kind, name, inputData, tags, metadata, more = {} } = describe()
      const parent = this.#runs.get(parentRunId)?.span ?? null
      const { route } = presentStore(instance)
      // The context decides; where it was lost, the run that it is part of does.
      const span = startByHand(instance, {
        kind,
        name,
        parent,
        route,
        sessionId: sessionOf(metadata),
        ...more.texts
      })
      if (!Span.is(span)) return
      this.#keep(runId, span)
      this.#annotate(span, () => ({
        inputData,
        metadata: { ...metadata, ...more.metadata },
        tags: Array.isArray(tags) && tags.length > 0 ? { tag: tags } : undefined,
        toolDefinitions: more.toolDefinitions
      }))
    } catch (error) {
      this.#following.failed(error, 'a run could not be followed')
    }
  }

  /**
   * @param {string} runId
   * @param {Span} span
   */
  #keep(runId, span) {
    this.#runs.set(runId, { span, startMs: performance.now(), hasToken: false })
    if (this.#runs.size <= RUNS_MAX) return
    const [oldest] = this.#runs.keys()
    this.#following.tell(
      `more than ${RUNS_MAX} runs have not ended: the oldest is taken to be over`,
      'read streams to their end, or cancel them'
    )
    this.#end(oldest, () => ({}))
  }

  /**
   * @param {any} runId
   * @param {(span: Span) => Given} describe may throw
   */
  #end(runId, describe) {
    const run = this.#runs.get(runId)
    if (run === undefined) return
    this.#runs.delete(runId)
    this.#annotate(run.span, () => describe(run.span))
    run.span.finish()
  }

  /**
   * @param {any} runId
   * @param {any} error
   */
  #fail(runId, error) {
    this.#end(runId, span => {
      // LangGraph throws to interrupt a graph, or to go on elsewhere: the run did not fail.
      if (isObject(error) && error.is_bubble_up === true) return { metadata: { interrupted: typeOf(error) } }
      span.setError(error)
      return {}
    })
  }

  /**
   * @param {Span} span
   * @param {() => Given} describe
   */
  #annotate(span, describe) {
    this.#following.annotate(span, describe, 'a run')
  }
}

/**
 * @param {any} llm
 * @param {any} inputData
 * @param {any} extra
 * @param {any} tags
 * @param {any} metadata
 * @param {any} runName
 * @returns {Start}
 */
function modelStart(llm, inputData, extra, tags, metadata, runName) {
  const params = isObject(extra?.invocation_params) ? extra.invocation_params : {}
  const { ls_provider: provider, ls_model_name: model, ...rest } = isObject(metadata) ? metadata : {}
  const name = params.model ?? params.model_name ?? model
  const settings = SETTINGS.filter(setting => params[setting] !== undefined)
  return {
    kind: 'llm',
    name: nameOf(llm, runName, 'llm'),
    inputData,
    tags,
    metadata: rest,
    more: {
      texts: { modelName: textOf(name), modelProvider: textOf(provider) },
      metadata: Object.fromEntries(settings.map(setting => [setting, params[setting]])),
      toolDefinitions: toolsOf(params.tools)
    }
  }
}

/** @param {any} serialized @param {any} runName @param {string} otherwise */
function nameOf(serialized, runName, otherwise) {
  const id = serialized?.id
  const candidates = [runName, serialized?.name, Array.isArray(id) ? id.at(-1) : undefined, otherwise]
  return candidates.find(name => typeof name === 'string' && name !== '')
}

/** @param {any} chain @param {any} runType @param {any} runName */
function kindOfChain(chain, runType, runName) {
  if (typeof runType === 'string' && Object.hasOwn(KINDS, runType)) return KINDS[runType]
  return nameOf(chain, runName, '') === 'AgentExecutor' ? 'agent' : 'workflow'
}

/** @param {any} metadata */
function sessionOf(metadata) {
  return SESSIONS.map(name => textOf(metadata?.[name])).find(session => session !== undefined)
}

/** @param {any} value */
function textOf(value) {
  return typeof value === 'string' && value !== '' ? value : undefined
}

module.exports = { SpanlaneCallbackHandler }
