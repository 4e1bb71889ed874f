// Hono: handlers that return a `Response`, whose body is read when they are long over.

import { createRequire } from 'node:module'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { stream, streamSSE } from 'hono/streaming'

const { TENANTS, open, say, sayWhatGoesWrong } = createRequire(import.meta.url)('./spanlane-or-not')

sayWhatGoesWrong()
const llmobs = open()
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

const answer = llmobs.wrap({ kind: 'llm', name: 'model' }, async function* (question) {
  for (const word of [question, ' is', ' answered']) {
    await sleep(1)
    llmobs.trace({ kind: 'task', name: 'token' }, () => {})
    yield word
  }
})

const app = new Hono()
app.use((context, next) => llmobs.withRoutingContext(TENANTS[context.req.header('x-tenant')], next))
app.get(
  '/json',
  llmobs.wrap({ kind: 'workflow', name: 'json' }, context => context.json({ path: context.req.path }))
)
app.get(
  '/body',
  llmobs.wrap({ kind: 'workflow', name: 'body' }, async context => {
    const words = answer(context.req.query('q'))
    const encoder = new TextEncoder()
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = await words.next()
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      }
    })
    return new Response(body, { status: 203, headers: { 'content-type': 'text/plain' } })
  })
)
app.get(
  '/stream',
  llmobs.wrap({ kind: 'workflow', name: 'stream' }, context =>
    stream(context, async out => {
      for await (const word of answer(context.req.query('q'))) await out.write(word)
    })
  )
)
app.get(
  '/sse',
  llmobs.wrap({ kind: 'workflow', name: 'sse' }, context =>
    streamSSE(context, async out => {
      for await (const word of answer(context.req.query('q'))) await out.writeSSE({ data: word })
    })
  )
)
app.get(
  '/clone',
  llmobs.wrap({ kind: 'workflow', name: 'clone' }, async () => {
    const response = new Response(ReadableStream.from(Buffers(answer('copy'))))
    const copy = response.clone()
    say('copy', await copy.text())
    return response
  })
)
app.get(
  '/fails',
  llmobs.wrap({ kind: 'workflow', name: 'fails' }, async () => {
    throw new Error('as asked')
  })
)
app.onError((error, context) => context.text(`${error.name}: ${error.message}`, 500))

async function* Buffers(words) {
  for await (const word of words) yield Buffer.from(word)
}

const server = await new Promise(resolve => {
  const opened = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(opened))
})
const url = `http://127.0.0.1:${server.address().port}`

async function get(path, tenant) {
  const response = await fetch(url + path, { headers: { 'x-tenant': tenant } })
  return `${path} ${response.status} ${response.headers.get('content-type')} ${JSON.stringify(await response.text())}`
}

for (const path of ['/json', '/body?q=one', '/stream?q=two', '/sse?q=three', '/clone', '/fails']) {
  for (const line of await Promise.all(['acme', 'globex'].map(tenant => get(path, tenant)))) say(line)
}
// Without a server: the body is read where the caller is.
const request = new Request('http://shop/body?q=four', { headers: { 'x-tenant': 'acme' } })
const response = await app.fetch(request)
say(await llmobs.withRoutingContext(TENANTS.globex, () => response.text()))
server.closeAllConnections()
server.close()
