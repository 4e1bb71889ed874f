'use strict'

// OpenAI's Agents SDK with our tracing processor: runs of two turns with a tool between, by chat completions, streamed or not,
// and by responses, against a provider on this machine; streams are read in another tenant's context.

const http = require('node:http')
const { SpanlaneTracingProcessor } = require('../../openai-agents')
const { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict } = require('./world')

/** Of one run: the trace, the agent, two calls of the model, the tool, and what is done in it. */
const SPANS = 6
const MODEL = 'gpt-4o'
const CHUNK = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: MODEL }

/** @param {any} asked @returns {{ question: string, isAnswered: boolean }} */
function read({ messages, input }) {
  const items = messages ?? input
  const { content } = items.find((/** @type {any} */ { role }) => role === 'user')
  const isAnswered = items.some(
    (/** @type {any} */ { role, type }) => role === 'tool' || type === 'function_call_output'
  )
  return { question: typeof content === 'string' ? content : content[0].text, isAnswered }
}

/** @param {any} asked chat completions */
function chatMessage(asked) {
  const { question, isAnswered } = read(asked)
  if (isAnswered) return { role: 'assistant', content: question }
  const call = { name: 'lookUp', arguments: JSON.stringify({ question }) }
  return {
    role: 'assistant',
    content: null,
    tool_calls: [{ index: 0, id: 'c1', type: 'function', function: call }]
  }
}

/** @param {any} asked responses */
function response(asked) {
  const { question, isAnswered } = read(asked)
  const output = isAnswered
    ? {
        type: 'message',
        id: 'm1',
        role: 'assistant',
        content: [{ type: 'output_text', text: question, annotations: [] }]
      }
    : {
        type: 'function_call',
        id: 'f1',
        call_id: 'c1',
        name: 'lookUp',
        arguments: JSON.stringify({ question })
      }
  const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 }
  return {
    id: 'r1',
    object: 'response',
    status: 'completed',
    model: MODEL,
    output: [{ ...output, status: 'completed' }],
    usage
  }
}

/** @param {http.ServerResponse} answer @param {any} asked @param {boolean} isChat */
function speak(answer, asked, isChat) {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  if (!isChat || !asked.stream) {
    const choices = isChat ? [{ index: 0, message: chatMessage(asked), finish_reason: 'stop' }] : []
    const body = isChat ? { ...CHUNK, object: 'chat.completion', choices, usage } : response(asked)
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    return
  }
  answer.writeHead(200, { 'content-type': 'text/event-stream' })
  const chunks = [
    { ...CHUNK, choices: [{ index: 0, delta: chatMessage(asked), finish_reason: null }] },
    { ...CHUNK, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { ...CHUNK, choices: [], usage }
  ]
  for (const chunk of chunks) answer.write(`data: ${JSON.stringify(chunk)}\n\n`)
  answer.end('data: [DONE]\n\n')
}

/** @returns {Promise<http.Server>} */
function startProvider() {
  const server = http.createServer((request, answer) => {
    let body = ''
    request.on('data', chunk => {
      body += chunk
    })
    // It takes its time.
    request.on('end', () => {
      setTimeout(() => speak(answer, JSON.parse(body), `${request.url}`.endsWith('/chat/completions')), 2)
    })
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}

async function main() {
  const { intake, llmobs } = await openWorld()
  const agents = load('@openai/agents')
  const { OpenAI } = load('openai')
  const server = await startProvider()
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const client = new OpenAI({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
  // Behind another one, as behind OpenAI's own.
  const nothing = async () => {}
  agents.setTraceProcessors([
    {
      onTraceStart: nothing,
      onTraceEnd: nothing,
      onSpanStart: nothing,
      onSpanEnd: nothing,
      forceFlush: nothing,
      shutdown: nothing
    }
  ])
  agents.addTraceProcessor(new SpanlaneTracingProcessor({ llmobs }))
  const lookUp = agents.tool({
    name: 'lookUp',
    description: 'looks it up',
    strict: false,
    parameters: {
      type: 'object',
      properties: { question: { type: 'string' } },
      required: ['question'],
      additionalProperties: true
    },
    execute: async (/** @type {any} */ { question }) =>
      llmobs.trace({ kind: 'task', name: 'inside' }, () => {
        llmobs.annotate({ inputData: question })
        return `nothing of ${question}`
      })
  })
  const models = [
    new agents.OpenAIChatCompletionsModel(client, MODEL),
    new agents.OpenAIResponsesModel(client, MODEL)
  ]
  await runAll(llmobs, async (name, index) => {
    const isStream = index % 3 === 2
    const agent = new agents.Agent({
      name: 'Assistant',
      model: models[isStream ? 0 : index % 3],
      tools: [lookUp]
    })
    const other = routeOf(NAMES[(index + 1) % NAMES.length])
    const running = agents.run(agent, textOf(name), { stream: isStream })
    return llmobs.withRoutingContext(other, async () => {
      const result = await running
      if (!isStream) return
      for await (const _ of result) await null
      await result.completed
    })
  })
  await new Promise(resolve => setTimeout(resolve, 200))
  await llmobs.flush()
  const found = verdict(intake)
  const byId = new Map(intake.spans().map(span => [span.span_id, span]))
  const inside = intake.spans().filter(({ name }) => name === 'inside')
  const calls = intake.spans().filter(span => span.meta['span.kind'] === 'llm')
  tell(found, {
    'every span': found.spans === SPANS * RUNS,
    'a trace for each run': found.traces === RUNS,
    'each says whose it is': found.named === SPANS * RUNS,
    'each call has its tokens':
      calls.length === 2 * RUNS && calls.every(({ metrics }) => metrics.input_tokens === 3),
    'work is below its tool': inside.every(({ parent_id: id }) => byId.get(id)?.name === 'lookUp'),
    'nothing goes on': llmobs.stats().openSpans === 0
  })
  await llmobs.shutdown()
  server.closeAllConnections()
  server.close()
  await intake.close()
  // The Agents SDK keeps what it would send to OpenAI.
  process.exit()
}

main()
