'use strict'

// Clients of OpenAI and Anthropic, observed: forty calls of four tenants at once, of each kind that the version has. Answers
// are awaited and streams read in another tenant's context.

const { startProvider } = require('../../examples/dd-trace-openai/provider')
const { NAMES, RUNS, load, openWorld, routeOf, runAll, tell, textOf, verdict } = require('./world')

const WAY = process.env.INSTRUMENTATION_WAY ?? 'openai'

/** @typedef {(name: string) => (read: (fn: () => any) => any) => any} Way starts a call here, and has it read elsewhere */

/** @param {any} llmobs @param {string} url @returns {Way[]} */
function openaiWays(llmobs, url) {
  const { OpenAI, default: Default } = load('openai')
  const Client = OpenAI ?? Default ?? load('openai')
  const { observe } = require('../../openai')
  const client = observe(new Client({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 }), { llmobs })
  const { completions } = client.chat
  const helpers = completions.stream === undefined ? client.beta?.chat?.completions : completions
  return waysOf(
    (/** @type {any} */ body) => completions.create({ model: 'gpt-4o', ...body }),
    helpers?.stream && ((/** @type {any} */ body) => helpers.stream({ model: 'gpt-4o', ...body })),
    (/** @type {any} */ stream) => stream.finalChatCompletion()
  )
}

/** @param {any} llmobs @param {string} url @returns {Way[]} */
function anthropicWays(llmobs, url) {
  const { Anthropic, default: Default } = load('@anthropic-ai/sdk')
  const { observe } = require('../../anthropic')
  const client = observe(new (Anthropic ?? Default)({ apiKey: 'none', baseURL: url, maxRetries: 0 }), {
    llmobs
  })
  const more = { model: 'claude', max_tokens: 100 }
  return waysOf(
    (/** @type {any} */ body) => client.messages.create({ ...more, ...body }),
    (/** @type {any} */ body) => client.messages.stream({ ...more, ...body }),
    (/** @type {any} */ stream) => stream.finalMessage()
  )
}

/**
 * @param {(body: any) => any} create
 * @param {((body: any) => any) | undefined} stream
 * @param {(stream: any) => any} finish
 * @returns {Way[]}
 */
function waysOf(create, stream, finish) {
  const messages = (/** @type {string} */ name) => [{ role: 'user', content: textOf(name) }]
  /** @type {Way[]} */
  const ways = [
    name => {
      const answer = create({ messages: messages(name) })
      return read => read(async () => void (await answer))
    },
    name => {
      const answer = create({ messages: messages(name) })
      return read => read(async () => void (await answer.withResponse()))
    },
    name => {
      const answer = create({ messages: messages(name), stream: true })
      return async read => {
        const events = await answer
        return read(async () => {
          for await (const _ of events) await null
        })
      }
    }
  ]
  if (stream !== undefined) {
    ways.push(name => {
      const helper = stream({ messages: messages(name) })
      return read => read(() => finish(helper))
    })
  }
  return ways
}

async function main() {
  const { intake, llmobs, log } = await openWorld()
  const server = await startProvider()
  const ways = (WAY === 'openai' ? openaiWays : anthropicWays)(llmobs, server.url)
  await runAll(llmobs, (name, index) =>
    llmobs.trace({ kind: 'workflow', name: 'answer' }, async () => {
      llmobs.annotate({ inputData: textOf(name) })
      const other = routeOf(NAMES[(index + 1) % NAMES.length])
      await ways[Math.floor(index / NAMES.length) % ways.length](name)(read =>
        llmobs.withRoutingContext(other, read)
      )
    })
  )
  await llmobs.flush()
  const found = verdict(intake)
  const calls = intake.spans().filter(span => span.meta['span.kind'] === 'llm')
  tell(found, {
    'every call and what is above it': found.spans === 2 * RUNS,
    'a trace for each': found.traces === RUNS,
    'each says what was asked': found.named === 2 * RUNS,
    'each says what was answered': calls.every(
      ({ meta }) => meta.output.messages[0].content === `You asked: ${meta.input.messages[0].content}`
    ),
    'each has tokens': calls.every(({ metrics }) => metrics.input_tokens > 0 && metrics.output_tokens > 0),
    'nothing to warn of': log.length === 0
  })
  await llmobs.shutdown()
  server.close()
  await intake.close()
}

main()
