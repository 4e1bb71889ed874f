// guide: stream
import { askStreamed, routeOf } from '../../../lib/platform'
import { llmobs } from 'spanlane'

export function GET(request) {
  const question = request.nextUrl.searchParams.get('question')
  return llmobs.withRoutingContext(routeOf(request.headers.get('x-customer')), () => {
    const pieces = llmobs.trace({ kind: 'workflow', name: 'answer' }, async function* (span) {
      llmobs.annotate(span, { inputData: question })
      yield* askStreamed(question)
    })
    // Next reads it when this function is over. It stays in its context.
    return new Response(ReadableStream.from(pieces).pipeThrough(new TextEncoderStream()))
  })
}
// end
