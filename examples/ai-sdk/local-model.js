'use strict'

const MODEL = 'gpt-4o'

/** @typedef {import('@ai-sdk/provider', { with: { 'resolution-mode': 'import' } }).LanguageModelV4} LanguageModel */
/** @typedef {import('@ai-sdk/provider', { with: { 'resolution-mode': 'import' } }).LanguageModelV4StreamPart} Part */
/** @typedef {import('@ai-sdk/provider', { with: { 'resolution-mode': 'import' } }).LanguageModelV4Usage} Usage */

const STOP = Object.freeze({ unified: /** @type {const} */ ('stop'), raw: 'stop' })

/**
 * A model that speaks OpenAI's chat completions, as that of `@ai-sdk/openai` does.
 *
 * @param {string} url
 * @returns {LanguageModel}
 */
function localModel(url) {
  /** @param {any} prompt @param {boolean} stream */
  const ask = (prompt, stream) => {
    const messages = prompt.map((/** @type {any} */ { role, content }) => ({
      role,
      content: content[0].text
    }))
    const body = JSON.stringify({ model: MODEL, messages, stream })
    return fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
  }
  return {
    specificationVersion: 'v4',
    provider: 'openai.chat',
    modelId: MODEL,
    supportedUrls: {},
    async doGenerate({ prompt }) {
      const { choices, usage } = /** @type {any} */ (await (await ask(prompt, false)).json())
      const content = [{ type: /** @type {const} */ ('text'), text: choices[0].message.content }]
      return { content, finishReason: STOP, usage: usageOf(usage), warnings: [] }
    },
    async doStream({ prompt }) {
      const { body } = await ask(prompt, true)
      return { stream: ReadableStream.from(partsOf(/** @type {any} */ (body))) }
    }
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} body events of the server
 * @returns {AsyncGenerator<Part>}
 */
async function* partsOf(body) {
  yield { type: 'stream-start', warnings: [] }
  yield { type: 'text-start', id: '1' }
  let usage = {}
  for await (const chunk of chunksOf(body)) {
    const delta = chunk.choices[0]?.delta.content
    if (delta !== undefined) yield { type: 'text-delta', id: '1', delta }
    usage = chunk.usage ?? usage
  }
  yield { type: 'text-end', id: '1' }
  yield { type: 'finish', finishReason: STOP, usage: usageOf(usage) }
}

/** @param {AsyncIterable<Uint8Array>} body @returns {AsyncGenerator<any>} */
async function* chunksOf(body) {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true })
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) if (!event.includes('[DONE]')) yield JSON.parse(event.slice('data: '.length))
  }
}

/** @param {any} usage OpenAI's @returns {Usage} */
function usageOf({ prompt_tokens: input, completion_tokens: output }) {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: output, reasoning: undefined }
  }
}

module.exports = { localModel }
