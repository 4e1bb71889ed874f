'use strict'

/** Arize's OpenInference. Messages are flattened: one attribute for each text in them. */

const { any, json, kinds, list, number, text } = require('../readers')

/** By `openinference.span.kind`; others are workflows. */
const KINDS = kinds({
  LLM: 'llm',
  EMBEDDING: 'embedding',
  TOOL: 'tool',
  AGENT: 'agent',
  RETRIEVER: 'retrieval',
  RERANKER: 'retrieval',
  PROMPT: 'task',
  GUARDRAIL: 'task',
  EVALUATOR: 'task',
  CHAIN: 'workflow'
})

module.exports = {
  name: 'openinference',
  marks: ['openinference.span.kind'],
  scopes: ['@arizeai/openinference-'],
  // biome-ignore format: a table
  rows: [
    { from: 'openinference.span.kind', to: 'kind', read: KINDS },
    { from: 'tool.name', to: 'name', read: text, kinds: ['tool'] },
    { from: 'llm.provider', to: 'modelProvider', read: text },
    { from: 'llm.system', to: 'modelProvider', read: text },
    { from: 'llm.response.model_name', to: 'modelName', read: text },
    { from: 'llm.model_name', to: 'modelName', read: text },
    { from: 'embedding.model_name', to: 'modelName', read: text },
    { from: 'llm.request.model_name', to: 'modelName', read: text },
    { from: 'reranker.model_name', to: 'metadata.model_name', read: text },
    { from: 'session.id', to: 'sessionId', read: text },
    { from: 'user.id', to: 'tags.user_id', read: text },
    { from: 'tag.tags', to: 'tags.tag', read: list },

    { from: 'llm.input_messages.', to: 'input.messages', tree: 'messages' },
    { from: 'llm.prompts.', to: 'input.messages', tree: 'prompts' },
    { from: 'llm.output_messages.', to: 'output.messages', tree: 'messages' },
    { from: 'llm.choices.', to: 'output.messages', tree: 'prompts' },
    { from: 'input.value', to: 'input.value', read: text },
    { from: 'input.mime_type', to: 'nothing', why: 'the value tells' },
    { from: 'output.value', to: 'output.value', read: text },
    { from: 'output.mime_type', to: 'nothing', why: 'the value tells' },
    { from: 'input.images.', to: 'metadata.input_images', tree: 'plain', isContent: true },
    { from: 'embedding.text', to: 'input.documents', read: json },
    { from: 'embedding.embeddings.', to: 'input.documents', tree: 'embeddings' },
    { from: 'embedding.invocation_parameters', to: 'metadata', read: json },
    { from: 'retrieval.documents.', to: 'output.documents', tree: 'documents' },
    { from: 'reranker.output_documents.', to: 'output.documents', tree: 'documents' },
    { from: 'reranker.input_documents.', to: 'metadata.input_documents', tree: 'documents', isContent: true },
    { from: 'reranker.query', to: 'input.value', read: text },
    { from: 'reranker.top_k', to: 'metadata.top_k', read: number },
    { from: 'llm.tools.', to: 'tools', tree: 'tools' },
    { from: 'llm.function_call', to: 'metadata.function_call', read: json, isContent: true },
    { from: 'llm.invocation_parameters', to: 'metadata', read: json, isContent: true },
    { from: 'metadata', to: 'metadata', read: json },
    { from: 'llm.finish_reason', to: 'metadata.finish_reasons', read: list },
    { from: 'llm.prompt_template.template', to: 'prompt.template', read: text },
    { from: 'llm.prompt_template.variables', to: 'prompt.variables', read: json },
    { from: 'llm.prompt_template.version', to: 'prompt.version', read: text },
    { from: 'prompt.id', to: 'prompt.id', read: text },
    { from: 'tool.id', to: 'metadata.tool_id', read: text },
    { from: 'tool.description', to: 'metadata.tool_description', read: text },
    { from: 'tool.parameters', to: 'metadata.tool_parameters', read: json },
    { from: 'tool_call.id', to: 'metadata.tool_id', read: text },
    { from: 'agent.name', to: 'agent.name', read: text },
    { from: 'graph.node.', to: 'metadata', read: any },

    { from: 'llm.token_count.prompt', to: 'metrics.input_tokens', read: number },
    { from: 'llm.token_count.completion', to: 'metrics.output_tokens', read: number },
    { from: 'llm.token_count.total', to: 'metrics.total_tokens', read: number },
    { from: 'llm.token_count.prompt_details.cache_read', to: 'metrics.cache_read_input_tokens', read: number },
    { from: 'llm.token_count.prompt_details.cache_write', to: 'metrics.cache_write_input_tokens', read: number },
    { from: 'llm.token_count.completion_details.reasoning', to: 'metrics.reasoning_output_tokens', read: number },
    { from: 'llm.token_count.', to: 'metadata', read: any },
    { from: 'llm.cost.prompt', to: 'metrics.input_cost', read: number },
    { from: 'llm.cost.completion', to: 'metrics.output_cost', read: number },
    { from: 'llm.cost.total', to: 'metrics.total_cost', read: number },
    { from: 'llm.cost.', to: 'metadata', read: any }
  ]
}
