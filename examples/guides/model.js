'use strict'

/** @returns the answer, and the tokens as OpenAI counts them */
async function complete(question) {
  const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: question }] })
  const response = await fetch(`${process.env.MODEL_URL}/v1/chat/completions`, { method: 'POST', body })
  const { choices, usage } = await response.json()
  return { content: choices[0].message.content, usage }
}

module.exports = { complete }
