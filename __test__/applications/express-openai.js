'use strict'

// Express with the OpenAI client: middleware, streamed answers to two tenants at once, an answer that its reader leaves,
// a model that fails, a handler that fails.

const http = require('node:http')
const { once } = require('node:events')
const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const express = require('express')
const { OpenAI } = require('openai')
const llmobs = open()

const WORDS = ['Where ', 'it ', 'was ', 'yesterday.']

/** A model API that streams the question's tenant and some words, or fails. */
async function openModels() {
  const server = http.createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { messages, stream } = JSON.parse(text)
    const question = messages.at(-1).content
    if (question.includes('fail')) {
      response.writeHead(400, { 'content-type': 'application/json' })
      return response.end('{"error":{"message":"no such model","type":"invalid_request_error"}}')
    }
    if (!stream) {
      response.writeHead(200, { 'content-type': 'application/json' })
      const message = { role: 'assistant', content: `in one: ${question}` }
      return response.end(
        JSON.stringify({ choices: [{ message }], usage: { prompt_tokens: 3, completion_tokens: 2 } })
      )
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const content of [`${question}: `, ...WORDS]) {
      response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    response.end('data: [DONE]\n\n')
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

/** @param {string} baseURL */
function application(baseURL) {
  const openai = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 })
  const ask = llmobs.wrap({ kind: 'llm', name: 'model', modelName: 'gpt-5' }, question =>
    openai.chat.completions.create({
      model: 'gpt-5',
      stream: true,
      messages: [{ role: 'user', content: question }]
    })
  )
  // Its result is the client's own promise, with methods.
  const askOnce = llmobs.wrap({ kind: 'llm', name: 'model at once' }, question =>
    openai.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: question }] })
  )
  const app = express()
  app.use(express.json())
  app.use((request, _response, next) => llmobs.withRoutingContext(TENANTS[request.headers['x-tenant']], next))
  // Calls `next`, or answers by itself.
  app.use(
    llmobs.wrap({ kind: 'task', name: 'guard' }, function guard(request, response, next) {
      if (request.headers['x-token'] === 'none') response.status(401).send('no token')
      else next()
    })
  )
  const chat = llmobs.wrap({ kind: 'workflow', name: 'chat' }, async function chat(request, response) {
    llmobs.annotate({ inputData: request.body.question })
    let answer = ''
    for await (const chunk of await ask(request.body.question)) {
      const text = chunk.choices[0].delta.content
      llmobs.trace({ kind: 'task', name: 'write' }, () => response.write(text))
      answer += text
      if (answer.includes(request.body.until)) break
    }
    llmobs.annotate({ outputData: answer })
    response.end()
  })
  app.post('/chat', (request, response, next) => chat(request, response).catch(next))
  app.post('/raw', async (request, response) => {
    const stream = await ask(request.body.question)
    response.type('text')
    const [one, other] = stream.tee()
    const texts = await Promise.all(
      [one, other].map(async branch => {
        let text = ''
        for await (const chunk of branch) text += chunk.choices[0].delta.content
        return text
      })
    )
    response.send(texts.join('|'))
  })
  app.post('/once', async (request, response) => {
    const { data, response: raw } = await askOnce(request.body.question).withResponse()
    response.json({ status: raw.status, answer: data.choices[0].message.content })
  })
  app.post(
    '/broken',
    llmobs.wrap({ kind: 'workflow', name: 'broken' }, function broken(_request, _response, next) {
      next(new Error('this handler is broken'))
    })
  )
  app.use((error, _request, response, _next) => response.status(500).send(`${error.name}: ${error.message}`))
  return app
}

async function main() {
  const models = await openModels()
  const server = application(`http://127.0.0.1:${models.address().port}`).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  const post = async (path, tenant, body, headers = {}) => {
    const response = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant': tenant, ...headers },
      body: JSON.stringify(body)
    })
    return `${path} ${tenant}: ${response.status} ${await response.text()}`
  }
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, number) => {
      const tenant = number % 2 ? 'globex' : 'acme'
      return post('/chat', tenant, { question: `${tenant} ${number}`, until: 'nothing' })
    })
  )
  for (const answer of answers) say(answer)
  say(await post('/chat', 'acme', { question: 'left', until: 'it' }))
  say(await post('/raw', 'globex', { question: 'twice' }))
  say(await post('/once', 'acme', { question: 'all' }))
  say(await post('/chat', 'acme', { question: 'fail' }).catch(error => error.message))
  say(await post('/broken', 'globex', {}))
  say(await post('/chat', 'globex', {}, { 'x-token': 'none' }))
  server.closeAllConnections()
  models.closeAllConnections()
  server.close()
  models.close()
}

main()
