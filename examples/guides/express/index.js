'use strict'

const { once } = require('node:events')
const { ask, askStreamed, routeOf } = require('../platform')
const { askAllOverHttp } = require('../questions')

// guide: context
const express = require('express')
const { llmobs } = require('spanlane')

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const app = express()
app.use(express.json())

// Behind what finds out whose request it is, before the routes.
app.use((request, _response, next) => {
  llmobs.withRoutingContext(routeOf(request.get('x-customer')), next)
})
// end

// guide: routes
const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

app.get('/ask', (request, response, next) => {
  answer(request.query.question).then(text => response.send(text), next)
})

app.get('/stream', (request, response, next) => {
  const { question } = request.query
  llmobs
    .trace({ kind: 'workflow', name: 'answer' }, async span => {
      llmobs.annotate(span, { inputData: question })
      for await (const piece of askStreamed(question)) response.write(piece)
      response.end()
    })
    .catch(next)
})
// end

async function main() {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  await Promise.all([askAllOverHttp(`${url}/ask`), askAllOverHttp(`${url}/stream`)])
  server.close()
}

main()
