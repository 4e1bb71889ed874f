'use strict'

// What an application has already: its customers, and a model that it asks. Every guide uses both.

const { CUSTOMERS } = require('./customers')

// guide: ask
const { llmobs } = require('spanlane')

const MODEL = { kind: 'llm', name: 'chat', modelName: 'gpt-5-mini', modelProvider: 'openai' }

/** One call of the model, in one span. */
function ask(question) {
  const messages = [{ role: 'user', content: question }]
  return llmobs.trace(MODEL, async span => {
    const { choices, usage } = await complete(messages)
    llmobs.annotate(span, { inputData: messages, outputData: choices[0].message, metrics: usage })
    return choices[0].message.content
  })
}

/** The same, piece by piece. The span ends with the stream, or when its reader leaves. */
function askStreamed(question) {
  return llmobs.trace(MODEL, async function* (span) {
    llmobs.annotate(span, { inputData: [{ role: 'user', content: question }] })
    let answer = ''
    for await (const piece of await completeStreamed(question)) {
      answer += piece
      yield piece
    }
    llmobs.annotate(span, { outputData: [{ role: 'assistant', content: answer }] })
  })
}
// end

/** The place that knows a customer's key and site. */
function routeOf(customer) {
  const found = CUSTOMERS[customer]
  if (found === undefined) throw new RangeError(`no customer ${customer}`)
  return { ...found, tenant: customer }
}

/** Speaks OpenAI's chat completions. */
async function complete(messages) {
  const response = await fetch(`${process.env.MODEL_URL}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: MODEL.modelName, messages })
  })
  return response.json()
}

async function* completeStreamed(question) {
  const { choices } = await complete([{ role: 'user', content: question }])
  for (const piece of choices[0].message.content.match(/.{1,8}/gs)) {
    await new Promise(resolve => setTimeout(resolve, 1))
    yield piece
  }
}

module.exports = { ask, askStreamed, routeOf }
