import { ask, askStreamed, routeOf } from '../platform.js'

// guide: lambda
import { llmobs } from 'spanlane'

llmobs.init({ mlApp: 'support-bot' })

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

export const handler = llmobs.withFlush(async event => {
  const { question } = event.queryStringParameters
  const body = await llmobs.withRoutingContext(routeOf(event.headers['x-customer']), () => answer(question))
  return { statusCode: 200, body }
})
// end

// guide: streaming
export const streaming = awslambda.streamifyResponse(
  llmobs.withFlush(async (event, responseStream) => {
    const { question } = event.queryStringParameters
    await llmobs.withRoutingContext(routeOf(event.headers['x-customer']), () =>
      llmobs.trace({ kind: 'workflow', name: 'answer' }, async span => {
        llmobs.annotate(span, { inputData: question })
        for await (const piece of askStreamed(question)) responseStream.write(piece)
      })
    )
    responseStream.end()
  })
)
// end
