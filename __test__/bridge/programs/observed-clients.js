'use strict'

// Clients that are observed although dd-trace is attached, which follows them too, or was told not to.

const { ACME, GLOBEX, Log, bridge, init, llmobs, main, tracer } = require('./world')
const { startProvider } = require('../../../examples/dd-trace-openai/provider')

main(async () => {
  const log = new Log()
  init()
  if (process.argv[2] === 'off') {
    for (const name of ['openai', 'anthropic']) tracer.use(name, false)
  }
  bridge.attach(tracer, { logger: log })
  const { OpenAI } = require('openai')
  const { default: Anthropic } = require('@anthropic-ai/sdk')
  const provider = await startProvider()
  const openai = require('../../../openai').observe(
    new OpenAI({ apiKey: 'none', baseURL: `${provider.url}/v1`, maxRetries: 0 })
  )
  const anthropic = require('../../../anthropic').observe(
    new Anthropic({ apiKey: 'none', baseURL: provider.url, maxRetries: 0 })
  )
  const ask = {
    openai: stream =>
      openai.chat.completions.create({
        model: 'gpt-4o',
        stream,
        messages: [{ role: 'user', content: `openai ${stream}` }]
      }),
    anthropic: stream =>
      anthropic.messages.create({
        model: 'claude',
        stream,
        max_tokens: 9,
        messages: [{ role: 'user', content: `anthropic ${stream}` }]
      })
  }
  for (const [name, route] of Object.entries({ openai: ACME, anthropic: GLOBEX })) {
    await tracer.llmobs.withRoutingContext(route, () =>
      tracer.llmobs.trace({ kind: 'workflow', name: `above ${name}` }, async () => {
        await ask[name](false)
        for await (const _ of await ask[name](true));
      })
    )
  }
  await llmobs.flush()
  provider.close()
  return { warnings: log.lines }
})
