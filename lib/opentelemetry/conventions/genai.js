'use strict'

/**
 * OpenTelemetry's semantic conventions for generative AI, the present names and those of before: 1.27 to 1.41, and what
 * the repository of their own has renamed since. And what Google's ADK puts beside them.
 */

const { any, flag, json, kinds, list, number, text } = require('../readers')

/** By `gen_ai.operation.name`; others are workflows. */
const OPERATIONS = kinds({
  chat: 'llm',
  generate_content: 'llm',
  text_completion: 'llm',
  completion: 'llm',
  embeddings: 'embedding',
  embedding: 'embedding',
  execute_tool: 'tool',
  invoke_agent: 'agent',
  create_agent: 'agent',
  retrieval: 'retrieval',
  rerank: 'retrieval',
  plan: 'task',
  agent_step: 'task',
  invoke_workflow: 'workflow'
})

/** Before 1.37 without an operation, and Traceloop's older instrumentations. */
const REQUEST_TYPES = kinds({ chat: 'llm', completion: 'llm', embedding: 'embedding', rerank: 'retrieval' })

module.exports = {
  name: 'genai',
  marks: ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.system', 'llm.request.type'],
  scopes: ['@opentelemetry/instrumentation-openai', '@traceloop/instrumentation-', 'gcp.vertex.agent'],
  // biome-ignore format: a table
  rows: [
    { from: 'gen_ai.operation.name', to: 'kind', read: OPERATIONS },
    { from: 'llm.request.type', to: 'kind', read: REQUEST_TYPES },
    { from: 'gen_ai.tool.name', to: 'name', read: text, kinds: ['tool'] },
    { from: 'gen_ai.provider.name', to: 'modelProvider', read: text },
    { from: 'gen_ai.system', to: 'modelProvider', read: text },
    { from: 'gen_ai.response.model', to: 'modelName', read: text },
    { from: 'gen_ai.request.model', to: 'modelName', read: text },
    { from: 'gen_ai.conversation.id', to: 'sessionId', read: text },

    { from: 'gen_ai.system_instructions', to: 'input.system', read: json },
    { from: 'gen_ai.input.messages', to: 'input.messages', read: json },
    { from: 'gen_ai.prompt.', to: 'input.messages', tree: 'messages' },
    { from: 'gen_ai.prompt', to: 'input.messages', read: json },
    { from: 'gen_ai.output.messages', to: 'output.messages', read: json },
    { from: 'gen_ai.completion.', to: 'output.messages', tree: 'messages' },
    { from: 'gen_ai.completion', to: 'output.messages', read: json },
    { from: 'gen_ai.tool.call.arguments', to: 'input.value', read: text },
    { from: 'gen_ai.tool.call.result', to: 'output.value', read: text },
    { from: 'gen_ai.retrieval.query.text', to: 'input.value', read: text },
    { from: 'gen_ai.retrieval.documents', to: 'output.documents', read: json },
    { from: 'gen_ai.tool.definitions', to: 'tools', read: json },
    { from: 'gcp.vertex.agent.llm_request', to: 'input.request', read: json },
    { from: 'gcp.vertex.agent.llm_response', to: 'output.response', read: json },
    { from: 'gcp.vertex.agent.tool_call_args', to: 'input.value', read: text },
    { from: 'gcp.vertex.agent.tool_response', to: 'output.value', read: text },
    { from: 'gcp.vertex.agent.session_id', to: 'sessionId', read: text },

    { from: 'gen_ai.usage.input_tokens', to: 'metrics.input_tokens', read: number },
    { from: 'gen_ai.usage.prompt_tokens', to: 'metrics.input_tokens', read: number },
    { from: 'gen_ai.usage.output_tokens', to: 'metrics.output_tokens', read: number },
    { from: 'gen_ai.usage.completion_tokens', to: 'metrics.output_tokens', read: number },
    { from: 'gen_ai.usage.total_tokens', to: 'metrics.total_tokens', read: number },
    { from: 'llm.usage.total_tokens', to: 'metrics.total_tokens', read: number },
    { from: 'gen_ai.usage.cache_read.input_tokens', to: 'metrics.cache_read_input_tokens', read: number },
    { from: 'gen_ai.usage.cache_read_input_tokens', to: 'metrics.cache_read_input_tokens', read: number },
    { from: 'gen_ai.usage.cache_write.input_tokens', to: 'metrics.cache_write_input_tokens', read: number },
    { from: 'gen_ai.usage.cache_creation.input_tokens', to: 'metrics.cache_write_input_tokens', read: number },
    { from: 'gen_ai.usage.cache_creation_input_tokens', to: 'metrics.cache_write_input_tokens', read: number },
    { from: 'gen_ai.usage.reasoning.output_tokens', to: 'metrics.reasoning_output_tokens', read: number },
    { from: 'gen_ai.response.time_to_first_chunk', to: 'metrics.time_to_first_token', read: number },
    { from: 'gen_ai.client.operation.time_to_first_chunk', to: 'metrics.time_to_first_token', read: number },
    { from: 'gen_ai.server.time_to_first_token', to: 'metrics.time_to_first_token', read: number },
    { from: 'gen_ai.client.operation.time_per_output_chunk', to: 'metrics.time_per_output_token', read: number },
    { from: 'gen_ai.server.time_per_output_token', to: 'metrics.time_per_output_token', read: number },
    { from: 'gen_ai.cost.estimated_total', to: 'metrics.total_cost', read: number },
    { from: 'gen_ai.client.operation.duration', to: 'metadata.client_duration_s', read: number },
    { from: 'gen_ai.execute_tool.duration', to: 'metadata.client_duration_s', read: number },

    { from: 'gen_ai.request.', to: 'metadata', read: any },
    { from: 'gen_ai.openai.request.', to: 'metadata', read: any },
    { from: 'openai.request.', to: 'metadata', read: any },
    { from: 'gen_ai.output.type', to: 'metadata.output_type', read: text },
    { from: 'gen_ai.response.finish_reasons', to: 'metadata.finish_reasons', read: list },
    { from: 'gen_ai.response.id', to: 'metadata.response_id', read: text },
    { from: 'gen_ai.response.', to: 'metadata', read: any },
    { from: 'openai.response.', to: 'metadata', read: any },
    { from: 'gen_ai.openai.response.', to: 'metadata', read: any },
    { from: 'gen_ai.tool.call.id', to: 'metadata.tool_id', read: text },
    { from: 'gen_ai.tool.description', to: 'metadata.tool_description', read: text },
    { from: 'gen_ai.tool.type', to: 'metadata.tool_type', read: text },
    { from: 'gen_ai.data_source.id', to: 'metadata.data_source_id', read: text },
    { from: 'gen_ai.retrieval.top_k', to: 'metadata.top_k', read: number },
    { from: 'gen_ai.embeddings.dimension.count', to: 'metadata.dimensions', read: number },
    { from: 'gen_ai.is_streaming', to: 'metadata.stream', read: flag },
    { from: 'llm.is_streaming', to: 'metadata.stream', read: flag },
    { from: '_dd.ml_obs.metadata', to: 'metadata', read: json },

    { from: 'gen_ai.agent.name', to: 'agent.name', read: text },
    { from: 'gen_ai.agent.description', to: 'agent.description', read: text },
    { from: 'gen_ai.agent.id', to: 'metadata.agent_id', read: text },
    { from: 'gen_ai.agent.version', to: 'metadata.agent_version', read: text },
    { from: 'gen_ai.workflow.name', to: 'name', read: text, kinds: ['workflow'] },
    { from: 'gen_ai.prompt.name', to: 'prompt.id', read: text },
    { from: 'gen_ai.prompt.version', to: 'prompt.version', read: text },
    { from: 'error.type', to: 'error.type', read: text }
  ]
}
