'use strict'

// Stands where `ChatOpenAI` of @langchain/openai stands.

const { BaseChatModel } = require('@langchain/core/language_models/chat_models')
const { AIMessage } = require('@langchain/core/messages')

class LocalModel extends BaseChatModel {
  constructor() {
    super({})
  }

  _llmType() {
    return 'local'
  }

  async _generate(messages) {
    const body = {
      model: 'gpt-5-mini',
      messages: messages.map(({ text }) => ({ role: 'user', content: text }))
    }
    const response = await fetch(`${process.env.MODEL_URL}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify(body)
    })
    const { choices } = await response.json()
    const text = choices[0].message.content
    return { generations: [{ text, message: new AIMessage(text) }] }
  }
}

module.exports = { LocalModel }
