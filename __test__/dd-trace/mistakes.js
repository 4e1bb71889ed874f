'use strict'

/** Wrong calls. Each is tried on both APIs, in a span where it needs one. */

/** @typedef {any} LLMObs */

const SPAN = { traceId: 'f'.repeat(32), spanId: '7' }
const SCORE = { label: 'l', metricType: 'score', value: 1 }
const FEEDBACK = { ...SCORE, spanId: '7', submitter: { id: 'u' } }

/** @type {[string, string, object][]} */
const ANNOTATIONS = [
  ['a number as message', 'llm', { inputData: 5 }],
  ['null as message', 'llm', { inputData: [null] }],
  ['a number as role', 'llm', { inputData: [{ role: 5 }] }],
  ['a number as content', 'llm', { inputData: [{ content: 5 }] }],
  ['text as tool call', 'llm', { outputData: [{ toolCalls: ['f'] }] }],
  ['null as tool call', 'llm', { outputData: [{ toolCalls: [null] }] }],
  ['a number as tool name', 'llm', { outputData: [{ toolCalls: [{ name: 5 }] }] }],
  ['text as tool arguments', 'llm', { outputData: [{ toolCalls: [{ arguments: '{}' }] }] }],
  ['a number as tool id', 'llm', { outputData: [{ toolCalls: [{ toolId: 5 }] }] }],
  ['a number as tool type', 'llm', { outputData: [{ toolCalls: [{ type: 5 }] }] }],
  ['text as tool result', 'llm', { outputData: [{ toolResults: ['ok'] }] }],
  ['null as tool result', 'llm', { outputData: [{ toolResults: [null] }] }],
  ['a number as result', 'llm', { outputData: [{ toolResults: [{ result: 5 }] }] }],
  ['null as result name', 'llm', { outputData: [{ toolResults: [{ name: null }] }] }],
  ['text as audio part', 'llm', { inputData: [{ audioParts: ['x'] }] }],
  ['an audio part without type', 'llm', { inputData: [{ audioParts: [{ content: 'x' }] }] }],
  ['an empty audio part', 'llm', { inputData: [{ audioParts: [{ mimeType: 'a/b' }] }] }],
  [
    'a double audio part',
    'llm',
    { inputData: [{ audioParts: [{ mimeType: 'a/b', content: 'x', attachmentKey: 'k' }] }] }
  ],
  [
    'bytes in an image part',
    'llm',
    { inputData: [{ imageParts: [{ mimeType: 'a/b', content: Buffer.from('x') }] }] }
  ],
  ['a number as image key', 'llm', { inputData: [{ imageParts: [{ mimeType: 'a/b', attachmentKey: 5 }] }] }],
  ['a number as document', 'embedding', { inputData: 5 }],
  ['a document without text', 'embedding', { inputData: [{}] }],
  ['a number as document name', 'retrieval', { outputData: [{ text: 'a', name: 5 }] }],
  ['a number as document id', 'retrieval', { outputData: [{ text: 'a', id: 5 }] }],
  ['text as score', 'retrieval', { outputData: [{ text: 'a', score: '1' }] }],
  ['text as metric', 'task', { metrics: { a: '1' } }],
  ['a symbol as metric', 'task', { metrics: { a: Symbol('x') } }],
  ['text as metrics', 'task', { metrics: 'ab' }],
  ['text as prompt', 'llm', { prompt: 'p' }],
  ['a number as prompt id', 'llm', { prompt: { id: 5 } }],
  ['a number as prompt version', 'llm', { prompt: { version: 5 } }],
  ['a number as prompt UUID', 'llm', { prompt: { promptUuid: 5 } }],
  ['a number as prompt version UUID', 'llm', { prompt: { promptVersionUuid: 5 } }],
  ['a Map as prompt tags', 'llm', { prompt: { tags: new Map() } }],
  ['a number as prompt tag', 'llm', { prompt: { tags: { a: 5 } } }],
  ['a Map as variables', 'llm', { prompt: { variables: new Map() } }],
  ['a number as variable', 'llm', { prompt: { variables: { a: 5 } } }],
  ['an object as template', 'llm', { prompt: { template: {} } }],
  ['a wrong chat template', 'llm', { prompt: { template: [{ role: 'user' }] } }],
  ['text as context variables', 'llm', { prompt: { contextVariables: 'a' } }],
  ['a number as context variable', 'llm', { prompt: { contextVariables: [5] } }],
  ['text as query variables', 'llm', { prompt: { queryVariables: 'a' } }],
  ['a number as query variable', 'llm', { prompt: { queryVariables: [5] } }],
  ['no tool definitions', 'llm', { toolDefinitions: [] }],
  ['text as tool definitions', 'llm', { toolDefinitions: 'f' }]
]

/** @type {[string, unknown, unknown][]} */
const EVALUATIONS = [
  ['no span', undefined, SCORE],
  ['half a span', { spanId: '7' }, SCORE],
  ['no label', SPAN, { ...SCORE, label: '' }],
  ['an unknown type', SPAN, { ...SCORE, metricType: 'number' }],
  ['a number as type', SPAN, { ...SCORE, metricType: 5 }],
  ['text as score', SPAN, { ...SCORE, value: '1' }],
  ['NaN as score', SPAN, { ...SCORE, value: Number.NaN }],
  ['a number as category', SPAN, { ...SCORE, metricType: 'categorical' }],
  ['a number as boolean', SPAN, { ...SCORE, metricType: 'boolean' }],
  ['a list as json', SPAN, { ...SCORE, metricType: 'json', value: [] }],
  ['a negative timestamp', SPAN, { ...SCORE, timestampMs: -1 }],
  ['a wrong assessment', SPAN, { ...SCORE, assessment: 'maybe' }],
  ['a number as reasoning', SPAN, { ...SCORE, reasoning: 5 }],
  ['a list as metadata', SPAN, { ...SCORE, metadata: [] }],
  ['a list as tags', SPAN, { ...SCORE, tags: ['a'] }]
]

/** @type {[string, object][]} */
const FEEDBACKS = [
  ['no target', { ...FEEDBACK, spanId: undefined }],
  ['two targets', { ...FEEDBACK, traceId: 't' }],
  ['a number as target', { ...FEEDBACK, spanId: 7 }],
  ['a span without id', { ...FEEDBACK, spanId: undefined, span: {} }],
  ['no submitter', { ...FEEDBACK, submitter: undefined }],
  ['a number as submitter type', { ...FEEDBACK, submitter: { id: 'u', type: 5 } }],
  ['a dot in the label', { ...FEEDBACK, label: 'a.b' }],
  ['no label', { ...FEEDBACK, label: undefined }],
  ['an unknown type', { ...FEEDBACK, metricType: 'x' }],
  ['a number as text', { ...FEEDBACK, metricType: 'text' }],
  ['a list as tags', { ...FEEDBACK, tags: ['a'] }],
  ['text as timestamp', { ...FEEDBACK, timestampMs: '5' }]
]

/** @type {Record<string, (llmobs: LLMObs) => unknown>} */
const MISTAKES = {
  'trace: no kind': llmobs => llmobs.trace({ name: 'x' }, () => {}),
  'trace: an unknown kind': llmobs => llmobs.trace({ kind: 'llms' }, () => {}),
  'annotate: no active span': llmobs => llmobs.annotate({ inputData: 'x' }),
  'annotate: not a span': llmobs => llmobs.annotate({ not: 'a span' }, { inputData: 'x' }),
  'annotate: no options': llmobs =>
    llmobs.trace({ kind: 'task', name: 'mistake' }, (/** @type {any} */ span) => llmobs.annotate(span)),
  'annotate: a finished span': llmobs => {
    let finished
    llmobs.trace({ kind: 'task', name: 'mistake' }, (/** @type {any} */ span) => {
      finished = span
    })
    llmobs.annotate(finished, { inputData: 'x' })
  },
  'exportSpan: no active span': llmobs => llmobs.exportSpan(),
  'exportSpan: not a span': llmobs => llmobs.exportSpan({}),
  'routingContext: no key': llmobs => llmobs.routingContext({}, () => {}),
  'registerProcessor: a second one': llmobs => {
    const keep = (/** @type {any} */ span) => span
    llmobs.registerProcessor(keep)
    try {
      llmobs.registerProcessor(keep)
    } finally {
      llmobs.deregisterProcessor()
    }
  },
  ...Object.fromEntries(
    ANNOTATIONS.map(([name, kind, options]) => [
      `annotate: ${name}`,
      (/** @type {LLMObs} */ llmobs) =>
        llmobs.trace({ kind, name: 'mistake' }, () => llmobs.annotate(options))
    ])
  ),
  ...Object.fromEntries(
    EVALUATIONS.map(([name, span, options]) => [
      `submitEvaluation: ${name}`,
      (/** @type {LLMObs} */ llmobs) => llmobs.submitEvaluation(span, options)
    ])
  ),
  ...Object.fromEntries(
    FEEDBACKS.map(([name, options]) => [
      `submitFeedback: ${name}`,
      (/** @type {LLMObs} */ llmobs) => llmobs.submitFeedback(options)
    ])
  )
}

module.exports = MISTAKES
