'use strict'

// An application as many are: dd-trace first, the clients of the model providers after it. Two lines are new.

const tracer = require('dd-trace').init({
  startupLogs: false,
  llmobs: { mlApp: 'assistant', agentlessEnabled: true }
})
const { attach } = require('spanlane/dd-trace')

attach(tracer, { drainOnSignals: ['SIGTERM'] })

const { Anthropic } = require('@anthropic-ai/sdk')
// @ts-expect-error express brings no types of its own
const express = require('express')
const { OpenAI } = require('openai')

const { customers } = require('./customers')

const { llmobs } = tracer
const providerUrl = process.env.PROVIDER_URL
const openai = new OpenAI({ apiKey: 'none', baseURL: `${providerUrl}/v1` })
const anthropic = new Anthropic({ apiKey: 'none', baseURL: providerUrl })

/** @typedef {{ question: string, stream: boolean }} Ask */

/** @type {Record<string, (ask: Ask) => Promise<string>>} */
const providers = {
  async openai({ question, stream }) {
    const request = {
      model: 'gpt-5-mini',
      messages: [{ role: /** @type {const} */ ('user'), content: question }]
    }
    if (!stream) {
      const completion = await openai.chat.completions.create(request)
      return completion.choices[0].message.content ?? ''
    }
    const chunks = await openai.chat.completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true }
    })
    let text = ''
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? ''
    return text
  },

  async anthropic({ question, stream }) {
    const request = {
      model: 'claude-demo',
      max_tokens: 100,
      messages: [{ role: /** @type {const} */ ('user'), content: question }]
    }
    if (!stream) {
      const message = await anthropic.messages.create(request)
      return message.content.map(part => (part.type === 'text' ? part.text : '')).join('')
    }
    let text = ''
    for await (const event of await anthropic.messages.create({ ...request, stream: true })) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text
    }
    return text
  }
}

const app = express()

// The one place that knows whose request this is. All spans below it go to that customer.
app.use((/** @type {any} */ request, /** @type {any} */ response, /** @type {() => void} */ next) => {
  const customer = customers.find(({ name }) => name === request.get('x-customer'))
  if (customer === undefined) return response.status(403).send('who are you?')
  const { name: tenant, ddApiKey, ddSite } = customer
  return /** @type {any} */ (llmobs).withRoutingContext({ tenant, ddApiKey, ddSite }, next)
})

app.get(
  '/ask/:provider',
  (/** @type {any} */ request, /** @type {any} */ response, /** @type {any} */ next) => {
    const ask = { question: String(request.query.question), stream: request.query.stream === 'true' }
    llmobs
      .trace({ kind: 'workflow', name: 'answer' }, async () => {
        const answer = await providers[request.params.provider](ask)
        llmobs.annotate({ inputData: ask.question, outputData: answer })
        return answer
      })
      .then(answer => response.send(answer), next)
  }
)

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port })
})
