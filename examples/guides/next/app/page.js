// guide: page
import { headers } from 'next/headers'
import { ask, routeOf } from '../lib/platform'
import { llmobs } from 'spanlane'

export default async function Page({ searchParams }) {
  const { question } = await searchParams
  const route = routeOf((await headers()).get('x-customer'))
  const answer = await llmobs.withRoutingContext(route, () =>
    llmobs.trace({ kind: 'workflow', name: 'page' }, async span => {
      llmobs.annotate(span, { inputData: question })
      return ask(question)
    })
  )
  return <p>{answer}</p>
}
// end
