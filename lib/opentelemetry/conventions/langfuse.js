'use strict'

/** Langfuse's own spans. */

const { flag, json, kinds, list, text, usage } = require('../readers')

/** By `langfuse.observation.type`; others are workflows. */
const TYPES = kinds({
  generation: 'llm',
  embedding: 'embedding',
  tool: 'tool',
  agent: 'agent',
  retriever: 'retrieval',
  evaluator: 'task',
  guardrail: 'task',
  chain: 'workflow'
})

/** Members of `usage_details`, which are OpenAI's, Anthropic's or Langfuse's own. */
const USAGE = {
  input: 'input_tokens',
  input_tokens: 'input_tokens',
  prompt_tokens: 'input_tokens',
  output: 'output_tokens',
  output_tokens: 'output_tokens',
  completion_tokens: 'output_tokens',
  total: 'total_tokens',
  total_tokens: 'total_tokens',
  cache_read_input_tokens: 'cache_read_input_tokens',
  cached_tokens: 'cache_read_input_tokens',
  input_cached_tokens: 'cache_read_input_tokens',
  input_cache_read: 'cache_read_input_tokens',
  cache_creation_input_tokens: 'cache_write_input_tokens',
  input_cache_creation: 'cache_write_input_tokens',
  reasoning_tokens: 'reasoning_output_tokens',
  output_reasoning_tokens: 'reasoning_output_tokens'
}

const COSTS = { input: 'input_cost', output: 'output_cost', total: 'total_cost' }

module.exports = {
  name: 'langfuse',
  marks: ['langfuse.observation.type'],
  scopes: ['langfuse-sdk'],
  // biome-ignore format: a table
  rows: [
    { from: 'langfuse.observation.type', to: 'kind', read: TYPES },
    { from: 'langfuse.observation.model.name', to: 'modelName', read: text },
    { from: 'langfuse.observation.model.parameters', to: 'metadata', read: json },
    { from: 'langfuse.observation.input', to: 'input.any', read: json },
    { from: 'langfuse.observation.output', to: 'output.any', read: json },
    { from: 'langfuse.observation.usage_details', to: 'metrics', read: usage(USAGE) },
    { from: 'langfuse.observation.cost_details', to: 'metrics', read: usage(COSTS) },
    { from: 'langfuse.observation.prompt.name', to: 'prompt.id', read: text },
    { from: 'langfuse.observation.prompt.version', to: 'prompt.version', read: text },
    { from: 'langfuse.observation.status_message', to: 'error.message', read: text },
    { from: 'langfuse.observation.level', to: 'metadata.level', read: text },
    { from: 'langfuse.observation.completion_start_time', to: 'metadata.completion_start_time', read: text },
    { from: 'langfuse.observation.metadata', to: 'metadata', read: json },
    { from: 'langfuse.observation.metadata.', to: 'metadata' },
    { from: 'langfuse.session.id', to: 'sessionId', read: text },
    { from: 'langfuse.user.id', to: 'tags.user_id', read: text },
    { from: 'langfuse.environment', to: 'tags.langfuse_environment', read: text },
    { from: 'langfuse.release', to: 'tags.langfuse_release', read: text },
    { from: 'langfuse.version', to: 'tags.langfuse_version', read: text },
    { from: 'langfuse.trace.name', to: 'tags.trace_name', read: text },
    { from: 'langfuse.trace.tags', to: 'tags.tag', read: list },
    { from: 'langfuse.trace.input', to: 'metadata.trace_input', read: json, isContent: true },
    { from: 'langfuse.trace.output', to: 'metadata.trace_output', read: json, isContent: true },
    { from: 'langfuse.trace.metadata', to: 'metadata', read: json },
    { from: 'langfuse.trace.metadata.', to: 'metadata' },
    { from: 'langfuse.trace.public', to: 'nothing', why: 'a switch of Langfuse' },
    { from: 'langfuse.internal.', to: 'nothing', why: 'a switch of Langfuse', read: flag }
  ]
}
