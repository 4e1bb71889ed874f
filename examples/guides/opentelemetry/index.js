'use strict'

const { routeOf } = require('../platform')
const { askForAll } = require('../questions')

// guide: provider
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { llmobs } = require('spanlane')
const { SpanlaneSpanProcessor } = require('spanlane/opentelemetry')

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })
// Beside the processors that you have. With NodeSDK: `spanProcessors` of its options.
const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor()] })
provider.register()
// end

// guide: spans
const { trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('support-bot')

function ask(question) {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-5-mini',
    'gen_ai.input.messages': messages('user', question)
  }
  return tracer.startActiveSpan('chat gpt-5-mini', { attributes }, async span => {
    try {
      const { choices, usage } = await complete(question)
      const answer = choices[0].message.content
      span.setAttribute('gen_ai.output.messages', messages('assistant', answer))
      span.setAttribute('gen_ai.usage.input_tokens', usage.prompt_tokens)
      span.setAttribute('gen_ai.usage.output_tokens', usage.completion_tokens)
      return answer
    } finally {
      span.end()
    }
  })
}

const messages = (role, content) => JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
// end

async function complete(question) {
  const body = JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content: question }] })
  const response = await fetch(`${process.env.MODEL_URL}/v1/chat/completions`, { method: 'POST', body })
  return response.json()
}

// guide: context
const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

function answerFor(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () => answer(question))
}
// end

askForAll(answerFor)
