'use strict'

/**
 * Models of the AI SDK's own test kit, of whichever version: first they ask for the tool, if there is one, and then they
 * answer with the question.
 */

const USAGE = {
  inputTokens: { total: 21, noCache: 17, cacheRead: 4 },
  outputTokens: { total: 9, text: 7, reasoning: 2 }
}
const CALLS = { unified: 'tool-calls', raw: 'tool_calls' }
const STOP = { unified: 'stop', raw: 'stop' }

/** @param {any} options of a call @returns {{ part: any, finishReason: any }} */
function answerOf({ prompt, tools, responseFormat }) {
  const question = prompt.find(({ role }) => role === 'user').content[0].text
  if (responseFormat?.type === 'json') {
    return { part: { type: 'text', text: JSON.stringify({ answer: question }) }, finishReason: STOP }
  }
  if (tools === undefined || prompt.some(({ role }) => role === 'tool')) {
    return { part: { type: 'text', text: `so: ${question}` }, finishReason: STOP }
  }
  const input = JSON.stringify({ city: question })
  return {
    part: { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input },
    finishReason: CALLS
  }
}

/** @param {any} part @returns {any[]} */
function chunksOf(part) {
  if (part.type !== 'text') return [part]
  return [
    { type: 'text-start', id: '1' },
    ...[part.text.slice(0, 4), part.text.slice(4)].map(delta => ({ type: 'text-delta', id: '1', delta })),
    { type: 'text-end', id: '1' }
  ]
}

/**
 * @param {any} kit of the test kit
 * @param {{ inside?: () => void, never?: boolean }} [settings] inside: run in each call; never: a stream does not end by itself
 */
function modelOf(kit, { inside = () => {}, never = false } = {}) {
  const Model = kit.MockLanguageModelV4 ?? kit.MockLanguageModelV3
  return new Model({
    provider: 'openai.chat',
    modelId: 'gpt-4o',
    async doGenerate(options) {
      inside()
      await new Promise(resolve => setTimeout(resolve, 2))
      const { part, finishReason } = answerOf(options)
      const response = { id: 'r1', modelId: 'gpt-4o-2024', timestamp: new Date(0) }
      return { content: [part], finishReason, usage: USAGE, warnings: [], response }
    },
    async doStream(options) {
      inside()
      const { part, finishReason } = answerOf(options)
      const chunks = [
        { type: 'stream-start', warnings: [] },
        { type: 'response-metadata', id: 'r1', modelId: 'gpt-4o-2024', timestamp: new Date(0) },
        ...chunksOf(part),
        { type: 'finish', finishReason, usage: USAGE }
      ]
      const stream = new ReadableStream({
        async pull(controller) {
          await new Promise(resolve => setTimeout(resolve, 1))
          if (never && chunks.length === 3) await endOf(options.abortSignal)
          if (chunks.length === 0) return controller.close()
          controller.enqueue(chunks.shift())
        }
      })
      return { stream }
    }
  })
}

/** @param {AbortSignal | undefined} signal @returns {Promise<never>} rejects when it is aborted */
function endOf(signal) {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason)
    signal?.addEventListener('abort', () => reject(signal.reason))
  })
}

/** @param {any} kit @param {Error} error */
function failingModel(kit, error) {
  const Model = kit.MockLanguageModelV4 ?? kit.MockLanguageModelV3
  const fail = async () => {
    throw error
  }
  return new Model({ provider: 'openai.chat', modelId: 'gpt-4o', doGenerate: fail, doStream: fail })
}

/** @param {any} kit */
function embeddingModel(kit) {
  const Model = kit.MockEmbeddingModelV4 ?? kit.MockEmbeddingModelV3
  return new Model({
    provider: 'openai.embedding',
    modelId: 'embed-1',
    maxEmbeddingsPerCall: 2,
    doEmbed: async ({ values }) => ({
      embeddings: values.map(() => [1, 2, 3]),
      usage: { tokens: values.length },
      warnings: []
    })
  })
}

/** @param {any} ai @param {(input: any) => unknown} execute */
function weather(ai, execute) {
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  return { weather: ai.tool({ description: 'says it', inputSchema: ai.jsonSchema(schema), execute }) }
}

module.exports = { embeddingModel, failingModel, modelOf, weather }
