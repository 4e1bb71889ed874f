'use strict'

const { BaseChatModel } = require('@langchain/core/language_models/chat_models')
const { AIMessage } = require('@langchain/core/messages')

const MODEL = 'gpt-4o'

/** A chat model that speaks OpenAI's chat completions, as `@langchain/openai` does. */
class LocalModel extends BaseChatModel {
  #url

  /** @param {string} url */
  constructor(url) {
    super({})
    this.#url = url
  }

  /** @override */
  _llmType() {
    return 'local'
  }

  /** @override */
  invocationParams() {
    return { model: MODEL, temperature: 0 }
  }

  /** @override */
  getLsParams() {
    return { ls_provider: 'openai', ls_model_name: MODEL, ls_model_type: /** @type {const} */ ('chat') }
  }

  /**
   * @override
   * @param {import('@langchain/core/messages').BaseMessage[]} messages
   */
  async _generate(messages) {
    const body = { model: MODEL, messages: messages.map(({ text }) => ({ role: 'user', content: text })) }
    const response = await fetch(`${this.#url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body)
    })
    const { choices, usage } = /** @type {any} */ (await response.json())
    const text = choices[0].message.content
    const message = new AIMessage({
      content: text,
      response_metadata: { model_name: MODEL },
      usage_metadata: {
        input_tokens: usage.prompt_tokens,
        output_tokens: usage.completion_tokens,
        total_tokens: usage.total_tokens
      }
    })
    return { generations: [{ text, message, generationInfo: { finish_reason: choices[0].finish_reason } }] }
  }
}

module.exports = { LocalModel }
