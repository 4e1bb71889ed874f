'use strict'

/** The Vercel AI SDK: what versions 5 and 6 say of everything, and 7 beside `genai`. */

const { beforeDot, any, json, jsons, list, milliseconds, number, operation, text } = require('../readers')

/** By the end of `ai.operationId`; others are workflows. */
const OPERATIONS = {
  doGenerate: 'llm',
  doStream: 'llm',
  doEmbed: 'embedding',
  toolCall: 'tool',
  rerank: 'retrieval',
  doRerank: 'retrieval'
}

module.exports = {
  name: 'vercel',
  marks: ['ai.operationId'],
  scopes: ['ai'],
  // biome-ignore format: a table
  rows: [
    { from: 'ai.operationId', to: 'kind', read: operation(OPERATIONS) },
    { from: 'ai.toolCall.name', to: 'name', read: text, kinds: ['tool'] },
    { from: 'operation.name', to: 'nothing', why: 'it is the operation and the function, which have fields of their own' },
    { from: 'resource.name', to: 'nothing', why: 'it is the function' },
    { from: 'ai.telemetry.functionId', to: 'function', read: text },
    { from: 'ai.model.provider', to: 'modelProvider', read: beforeDot },
    { from: 'ai.response.model', to: 'modelName', read: text },
    { from: 'ai.model.id', to: 'modelName', read: text },
    { from: 'ai.telemetry.metadata.sessionId', to: 'sessionId', read: text },
    { from: 'ai.telemetry.metadata.userId', to: 'tags.user_id', read: text },
    { from: 'ai.telemetry.metadata.', to: 'metadata', read: any },

    { from: 'ai.prompt.messages', to: 'input.messages', read: json },
    { from: 'ai.prompt', to: 'input.prompt', read: json },
    { from: 'ai.prompt.tools', to: 'tools', read: jsons },
    { from: 'ai.prompt.toolChoice', to: 'metadata.tool_choice', read: json },
    { from: 'ai.value', to: 'input.documents', read: jsons },
    { from: 'ai.values', to: 'input.documents', read: jsons },
    { from: 'ai.embedding', to: 'output.embeddings', read: jsons },
    { from: 'ai.embeddings', to: 'output.embeddings', read: jsons },
    { from: 'ai.response.text', to: 'output.text', read: text },
    { from: 'ai.response.object', to: 'output.text', read: text },
    { from: 'ai.response.reasoning', to: 'output.reasoning', read: text },
    { from: 'ai.response.toolCalls', to: 'output.calls', read: json },
    { from: 'ai.toolCall.args', to: 'input.value', read: text },
    { from: 'ai.toolCall.result', to: 'output.value', read: text },
    { from: 'ai.toolCall.id', to: 'metadata.tool_id', read: text },
    { from: 'ai.result.text', to: 'output.text', read: text },
    { from: 'ai.result.object', to: 'output.text', read: text },
    { from: 'ai.result.toolCalls', to: 'output.calls', read: json },

    { from: 'ai.usage.inputTokens', to: 'metrics.input_tokens', read: number },
    { from: 'ai.usage.promptTokens', to: 'metrics.input_tokens', read: number },
    { from: 'ai.usage.tokens', to: 'metrics.input_tokens', read: number },
    { from: 'ai.usage.outputTokens', to: 'metrics.output_tokens', read: number },
    { from: 'ai.usage.completionTokens', to: 'metrics.output_tokens', read: number },
    { from: 'ai.usage.totalTokens', to: 'metrics.total_tokens', read: number },
    { from: 'ai.usage.cachedInputTokens', to: 'metrics.cache_read_input_tokens', read: number },
    { from: 'ai.usage.inputTokenDetails.cacheReadTokens', to: 'metrics.cache_read_input_tokens', read: number },
    { from: 'ai.usage.inputTokenDetails.cacheWriteTokens', to: 'metrics.cache_write_input_tokens', read: number },
    { from: 'ai.usage.inputTokenDetails.noCacheTokens', to: 'metrics.non_cached_input_tokens', read: number },
    { from: 'ai.usage.outputTokenDetails.reasoningTokens', to: 'metrics.reasoning_output_tokens', read: number },
    { from: 'ai.usage.outputTokenDetails.textTokens', to: 'metadata.text_output_tokens', read: number },
    { from: 'ai.usage.reasoningTokens', to: 'metrics.reasoning_output_tokens', read: number },
    { from: 'ai.stream.msToFirstChunk', to: 'metrics.time_to_first_token', read: milliseconds },
    { from: 'ai.response.msToFirstChunk', to: 'metrics.time_to_first_token', read: milliseconds },
    { from: 'ai.response.msToFinish', to: 'metadata.ms_to_finish', read: number },
    { from: 'ai.response.avgOutputTokensPerSecond', to: 'metadata.avg_output_tokens_per_second', read: number },
    { from: 'ai.response.avgCompletionTokensPerSecond', to: 'metadata.avg_output_tokens_per_second', read: number },
    { from: 'ai.response.finishReason', to: 'metadata.finish_reasons', read: list },
    { from: 'ai.response.id', to: 'metadata.response_id', read: text },
    { from: 'ai.response.timestamp', to: 'metadata.response_timestamp', read: text },
    { from: 'ai.response.providerMetadata', to: 'metadata.provider_metadata', read: json, isContent: true },
    { from: 'ai.schema.name', to: 'metadata.schema_name', read: text },
    { from: 'ai.schema.description', to: 'metadata.schema_description', read: text },
    { from: 'ai.schema', to: 'metadata.schema', read: json },
    { from: 'ai.settings.output', to: 'metadata.output_type', read: text },
    { from: 'ai.settings.', to: 'metadata', read: any },
    { from: 'ai.request.headers.user-agent', to: 'metadata.user_agent', read: text },
    { from: 'ai.request.headers.', to: 'nothing', why: 'headers may hold keys' }
  ]
}
