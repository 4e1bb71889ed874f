'use strict'

// For a first try of a guide: what an application would have. `__test__/package/newcomer.test.js` puts pages together with it.

// guide: stand-ins
/** The place that knows a customer's key and site. To a local intake any text is a key. */
function routeOf(customer) {
  return { ddApiKey: String(customer).padEnd(32, '0'), ddSite: 'datadoghq.eu', tenant: customer }
}

/** Answers as OpenAI's chat completions do. */
async function complete(messages) {
  const message = { role: 'assistant', content: `I was asked ${JSON.stringify(messages)}` }
  return { choices: [{ message }], usage: { prompt_tokens: 12, completion_tokens: 5 } }
}

async function* completeStreamed(question) {
  yield* ['I was asked ', JSON.stringify(question)]
}
// end

module.exports = { complete, completeStreamed, routeOf }
