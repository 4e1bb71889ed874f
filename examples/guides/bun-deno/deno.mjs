import { ask, routeOf } from '../platform.js'
import { askAllOverHttp } from '../questions.js'

// guide: deno
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot' })

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, async request => {
  const question = new URL(request.url).searchParams.get('question')
  const route = routeOf(request.headers.get('x-customer'))
  return llmobs.withRoutingContext(route, async () => new Response(await answer(question)))
})
// end

await askAllOverHttp(`http://127.0.0.1:${server.addr.port}/`)
await server.shutdown()
