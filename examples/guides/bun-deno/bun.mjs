import { ask, routeOf } from '../platform.js'
import { askAllOverHttp } from '../questions.js'

// guide: bun
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot' })

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

const server = Bun.serve({
  port: 0,
  async fetch(request) {
    const question = new URL(request.url).searchParams.get('question')
    const route = routeOf(request.headers.get('x-customer'))
    return llmobs.withRoutingContext(route, async () => new Response(await answer(question)))
  }
})
// end

await askAllOverHttp(server.url.href)
await server.stop(true)
