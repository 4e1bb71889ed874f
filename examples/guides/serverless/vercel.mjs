import { ask, routeOf } from '../platform.js'

// guide: vercel
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot' })

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

export async function GET(request) {
  const question = new URL(request.url).searchParams.get('question')
  const route = routeOf(request.headers.get('x-customer'))
  return llmobs.withRoutingContext(route, async () => Response.json({ answer: await answer(question) }))
}
// end
