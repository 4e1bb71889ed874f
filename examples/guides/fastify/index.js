'use strict'

const { Readable } = require('node:stream')
const { ask, askStreamed, routeOf } = require('../platform')
const { askAllOverHttp } = require('../questions')

// guide: context
const Fastify = require('fastify')
const { llmobs } = require('spanlane')

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const app = Fastify()

// With `done`: whatever Fastify does for this request from here on runs inside.
app.addHook('preHandler', (request, _reply, done) => {
  llmobs.withRoutingContext(routeOf(request.headers['x-customer']), done)
})
// end

// guide: routes
const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

app.get('/ask', request => answer(request.query.question))

app.get('/stream', (request, reply) => {
  const { question } = request.query
  const pieces = llmobs.trace({ kind: 'workflow', name: 'answer' }, async function* (span) {
    llmobs.annotate(span, { inputData: question })
    yield* askStreamed(question)
  })
  return reply.type('text/plain').send(Readable.from(pieces))
})
// end

async function main() {
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  await Promise.all([askAllOverHttp(`${url}/ask`), askAllOverHttp(`${url}/stream`)])
  await app.close()
}

main()
