'use strict'

/** What other SDKs call the options and fields that this one takes. Tables only. */

const { Names } = require('../values/near-names')

const SAY_TO_TRACE = 'it is an option of trace'
const SAY_TO_ANNOTATE = 'it is said by annotate'

/** Options of `annotate`. */
const ANNOTATION_NAMES = new Names(
  [
    ...['inputData', 'outputData', 'metadata', 'metrics', 'tags', 'costTags', 'prompt'],
    ...['toolDefinitions', 'agent']
  ],
  {
    meant: {
      input: 'inputData',
      inputs: 'inputData',
      output: 'outputData',
      outputs: 'outputData',
      meta: 'metadata',
      metric: 'metrics',
      usage: 'metrics',
      tag: 'tags',
      tools: 'toolDefinitions'
    },
    elsewhere: {
      kind: SAY_TO_TRACE,
      name: SAY_TO_TRACE,
      mlApp: SAY_TO_TRACE,
      sessionId: SAY_TO_TRACE,
      model: SAY_TO_TRACE,
      modelName: SAY_TO_TRACE,
      modelProvider: SAY_TO_TRACE,
      parent: SAY_TO_TRACE,
      error: "throw it, or mark the span with span.setTag('error', error)"
    }
  }
)

/** Options of `annotationContext`. */
const CONTEXT_NAMES = new Names(['tags', 'costTags', 'name', 'prompt', 'agent'], {
  elsewhere: {
    inputData: SAY_TO_ANNOTATE,
    outputData: SAY_TO_ANNOTATE,
    metadata: SAY_TO_ANNOTATE,
    metrics: SAY_TO_ANNOTATE,
    toolDefinitions: SAY_TO_ANNOTATE,
    mlApp: SAY_TO_TRACE,
    sessionId: SAY_TO_TRACE
  }
})

const SPAN = ['kind', 'name', 'mlApp', 'sessionId', 'modelName', 'modelProvider', 'parent']
const SPAN_MEANT = { spanKind: 'kind', model: 'modelName', provider: 'modelProvider', session: 'sessionId' }
const SAID_BY_ANNOTATE = Object.fromEntries(
  [
    ...['input', 'inputData', 'output', 'outputData', 'metadata', 'metrics', 'prompt', 'toolDefinitions'],
    'costTags'
  ].map(name => [name, SAY_TO_ANNOTATE])
)
/** dd-trace's of APM spans: they are taken, and mean nothing. */
const APM = [
  'childOf',
  'references',
  'tags',
  'links',
  'integrationName',
  'service',
  'resource',
  'type',
  'measured'
]
const OF_ROUTES = 'it is an option of withRoutingContext'

/** Options of `trace`, `wrap` and `decorate`. */
const TRACE_NAMES = new Names(SPAN, {
  meant: SPAN_MEANT,
  elsewhere: {
    ...SAID_BY_ANNOTATE,
    startTime: 'the span starts when its function does; startSpan takes startMs',
    startMs: 'the span starts when its function does; it is an option of startSpan',
    route: 'it is an option of startSpan; here the routing context decides',
    tenant: OF_ROUTES,
    tenantId: 'an option of withRoutingContext, "tenant", is what names one',
    ddApiKey: OF_ROUTES,
    ddSite: OF_ROUTES
  },
  ignored: APM
})

/** Options of `startSpan`. */
const HAND_NAMES = new Names([...SPAN, 'startMs', 'route'], {
  meant: SPAN_MEANT,
  elsewhere: {
    ...SAID_BY_ANNOTATE,
    startTime: 'did you mean "startMs", milliseconds since 1970?',
    tenant: 'it is a field of route',
    tenantId: 'it is a field of route, "tenant"',
    ddApiKey: 'it is a field of route',
    ddSite: 'it is a field of route'
  },
  ignored: APM
})

const METRIC = ['label', 'metricType', 'value', 'mlApp', 'tags', 'timestampMs', 'reasoning', 'assessment']
const METRIC_MEANT = { type: 'metricType', timestamp: 'timestampMs', score: 'value', name: 'label' }

/** Options of `submitEvaluation`. */
const EVALUATION_NAMES = new Names([...METRIC, 'metadata'], { meant: METRIC_MEANT })

/** Options of `submitFeedback`. */
const FEEDBACK_NAMES = new Names(
  [...METRIC, 'span', 'spanId', 'traceId', 'sessionId', 'feedbackJoinKey', 'submitter'],
  { meant: { ...METRIC_MEANT, session: 'sessionId', user: 'submitter' } }
)

/** A field of a message, or of a part of one, by the names that it has elsewhere. */
const MESSAGE_FIELDS = {
  tool_calls: 'toolCalls',
  tool_results: 'toolResults',
  tool_id: 'toolId',
  tool_call_id: 'toolId',
  toolCallId: 'toolId',
  audio_parts: 'audioParts',
  image_parts: 'imageParts'
}

/** Who speaks, by what LangChain and Gemini call it. */
const ROLES = new Map([
  ['human', 'user'],
  ['HumanMessage', 'user'],
  ['HumanMessageChunk', 'user'],
  ['ai', 'assistant'],
  ['AIMessage', 'assistant'],
  ['AIMessageChunk', 'assistant'],
  ['model', 'assistant'],
  ['system', 'system'],
  ['SystemMessage', 'system'],
  ['SystemMessageChunk', 'system'],
  ['tool', 'tool'],
  ['ToolMessage', 'tool'],
  ['ToolMessageChunk', 'tool'],
  ['function', 'function'],
  ['FunctionMessage', 'function'],
  ['developer', 'developer']
])

/** Fields of a tool call, with other names for them. The first that is there counts. */
const TOOL_CALL_FIELDS = {
  name: ['name', 'toolName'],
  arguments: ['arguments', 'args', 'input'],
  toolId: ['toolId', 'id', 'toolCallId', 'tool_call_id', 'call_id'],
  type: ['type']
}

/** Fields of what a tool answered. */
const TOOL_RESULT_FIELDS = {
  result: ['result', 'output', 'content', 'response'],
  toolId: ['toolId', 'toolCallId', 'tool_call_id', 'tool_use_id', 'call_id', 'id'],
  name: ['name', 'toolName'],
  type: ['type']
}

/** Fields of a document. */
const DOCUMENT_FIELDS = { text: ['pageContent', 'page_content', 'content'] }

/** A tool's schema. */
const SCHEMA_FIELDS = ['parameters', 'inputSchema', 'input_schema', 'parametersJsonSchema']

/** Counts of tokens, by what providers call them. Names of this SDK and of the intake are not among them. */
const USAGE = new Map([
  // OpenAI
  ['prompt_tokens', 'input_tokens'],
  ['completion_tokens', 'output_tokens'],
  ['cached_tokens', 'cache_read_input_tokens'],
  ['reasoning_tokens', 'reasoning_output_tokens'],
  // Anthropic
  ['cache_creation_input_tokens', 'cache_write_input_tokens'],
  // Bedrock
  ['cacheReadInputTokens', 'cache_read_input_tokens'],
  ['cacheWriteInputTokens', 'cache_write_input_tokens'],
  // AI SDK
  ['promptTokens', 'input_tokens'],
  ['completionTokens', 'output_tokens'],
  ['cachedInputTokens', 'cache_read_input_tokens'],
  ['reasoningTokens', 'reasoning_output_tokens'],
  // Gemini
  ['promptTokenCount', 'input_tokens'],
  ['candidatesTokenCount', 'output_tokens'],
  ['totalTokenCount', 'total_tokens'],
  ['cachedContentTokenCount', 'cache_read_input_tokens'],
  ['thoughtsTokenCount', 'reasoning_output_tokens']
])

/** Objects in a usage that say more of a count. What is not named here, nobody counts. */
const USAGE_DETAILS = new Map(
  Object.entries({
    prompt_tokens_details: { cached_tokens: 'cache_read_input_tokens' },
    input_tokens_details: { cached_tokens: 'cache_read_input_tokens' },
    completion_tokens_details: { reasoning_tokens: 'reasoning_output_tokens' },
    output_tokens_details: { reasoning_tokens: 'reasoning_output_tokens' },
    input_token_details: {
      cache_read: 'cache_read_input_tokens',
      cache_creation: 'cache_write_input_tokens'
    },
    output_token_details: { reasoning: 'reasoning_output_tokens' },
    inputTokenDetails: {
      cacheReadTokens: 'cache_read_input_tokens',
      cacheWriteTokens: 'cache_write_input_tokens'
    },
    outputTokenDetails: { reasoningTokens: 'reasoning_output_tokens' },
    cache_creation: {
      ephemeral_5m_input_tokens: 'ephemeral_5m_input_tokens',
      ephemeral_1h_input_tokens: 'ephemeral_1h_input_tokens'
    }
  })
)

module.exports = {
  ANNOTATION_NAMES,
  CONTEXT_NAMES,
  DOCUMENT_FIELDS,
  EVALUATION_NAMES,
  FEEDBACK_NAMES,
  HAND_NAMES,
  MESSAGE_FIELDS,
  ROLES,
  SCHEMA_FIELDS,
  TOOL_CALL_FIELDS,
  TOOL_RESULT_FIELDS,
  TRACE_NAMES,
  USAGE,
  USAGE_DETAILS
}
