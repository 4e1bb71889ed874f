import { ask, askStreamed, routeOf } from '../platform.js'
import { askAllOverHttp } from '../questions.js'

// guide: context
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const app = new Hono()

app.use((context, next) => llmobs.withRoutingContext(routeOf(context.req.header('x-customer')), next))
// end

// guide: routes
const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

app.get('/ask', async context => context.text(await answer(context.req.query('question'))))

app.get('/stream', context => {
  const question = context.req.query('question')
  return stream(context, out =>
    llmobs.trace({ kind: 'workflow', name: 'answer' }, async span => {
      llmobs.annotate(span, { inputData: question })
      for await (const piece of askStreamed(question)) await out.write(piece)
    })
  )
})
// end

const server = await new Promise(resolve => {
  const opened = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(opened))
})
const url = `http://127.0.0.1:${server.address().port}`
await Promise.all([askAllOverHttp(`${url}/ask`), askAllOverHttp(`${url}/stream`)])
server.close()
