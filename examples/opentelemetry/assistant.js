'use strict'

const { trace } = require('@opentelemetry/api')
const { default: OpenAI } = require('openai')

const MODEL = 'gpt-4o'
const tracer = trace.getTracer('assistant')

/**
 * Runs in a span. What it throws ends the span, too.
 *
 * @template T
 * @param {string} name
 * @param {import('@opentelemetry/api').Attributes} attributes
 * @param {(span: import('@opentelemetry/api').Span) => Promise<T>} fn
 * @returns {Promise<T>}
 */
function inSpan(name, attributes, fn) {
  return tracer.startActiveSpan(name, { attributes }, async span => {
    try {
      return await fn(span)
    } finally {
      span.end()
    }
  })
}

/**
 * @param {string} providerUrl
 * @param {string} customer
 * @param {string} question
 * @returns {Promise<string>}
 */
function answer(providerUrl, customer, question) {
  // Not about generative AI: it is not sent, and what is below it becomes the root.
  return inSpan('POST /ask', { 'http.route': '/ask' }, () =>
    inSpan(
      'invoke_agent assistant',
      { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'assistant', owner: customer },
      async span => {
        span.setAttribute('gen_ai.input.messages', messages('user', question))
        await lookUp(customer, question)
        const reply = await ask(providerUrl, customer, question)
        span.setAttribute('gen_ai.output.messages', messages('assistant', reply))
        return reply
      }
    )
  )
}

/**
 * @param {string} customer
 * @param {string} question
 */
function lookUp(customer, question) {
  const attributes = {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'look_up',
    owner: customer
  }
  return inSpan('execute_tool look_up', attributes, async span => {
    span.setAttribute('gen_ai.tool.call.arguments', JSON.stringify({ question }))
    span.setAttribute('gen_ai.tool.call.result', 'nothing')
  })
}

/**
 * @param {string} providerUrl
 * @param {string} customer
 * @param {string} question
 */
function ask(providerUrl, customer, question) {
  const client = new OpenAI({ apiKey: 'none', baseURL: `${providerUrl}/v1` })
  const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', owner: customer }
  return inSpan(`chat ${MODEL}`, { ...attributes, 'gen_ai.request.model': MODEL }, async span => {
    const { choices, usage } = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: question }]
    })
    const reply = choices[0].message.content ?? ''
    span.setAttributes({
      'gen_ai.input.messages': messages('user', question),
      'gen_ai.output.messages': messages('assistant', reply),
      'gen_ai.usage.input_tokens': usage?.prompt_tokens ?? 0,
      'gen_ai.usage.output_tokens': usage?.completion_tokens ?? 0
    })
    return reply
  })
}

/**
 * @param {string} role
 * @param {string} content
 */
function messages(role, content) {
  return JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
}

module.exports = { answer }
