// guide: route
import { ask, routeOf } from '../../../lib/platform'
import { llmobs } from 'spanlane'

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

export async function GET(request) {
  const question = request.nextUrl.searchParams.get('question')
  const route = routeOf(request.headers.get('x-customer'))
  return llmobs.withRoutingContext(route, async () => Response.json({ answer: await answer(question) }))
}
// end
