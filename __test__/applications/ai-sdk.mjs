// Vercel's AI SDK with a model of its own kind of mock: texts and streams for two tenants, read by the other one.

import { createRequire } from 'node:module'
import { generateText, streamText } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

const { TENANTS, open, say, sayWhatGoesWrong } = createRequire(import.meta.url)('./spanlane-or-not')

sayWhatGoesWrong()
const llmobs = open()
const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)
const traced = (name, fn) => llmobs.trace({ kind: 'workflow', name }, fn)

const end = {
  finishReason: { unified: 'stop', raw: 'stop' },
  usage: { inputTokens: { total: 1, noCache: 1 }, outputTokens: { total: 2, text: 2 } }
}
const model = new MockLanguageModelV3({
  doGenerate: async () => {
    llmobs.trace({ kind: 'tool', name: 'model' }, () => {})
    return { content: [{ type: 'text', text: 'hello' }], warnings: [], ...end }
  },
  doStream: async () => {
    llmobs.trace({ kind: 'tool', name: 'model' }, () => {})
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'text-start', id: '1' },
      { type: 'text-delta', id: '1', delta: 'hel' },
      { type: 'text-delta', id: '1', delta: 'lo' },
      { type: 'text-end', id: '1' },
      { type: 'finish', ...end }
    ]
    const stream = new ReadableStream({
      async pull(controller) {
        await null
        llmobs.trace({ kind: 'task', name: 'pull' }, () => {})
        if (parts.length > 0) controller.enqueue(parts.shift())
        else controller.close()
      }
    })
    return { stream }
  }
})

async function textOf(stream) {
  let text = ''
  for await (const chunk of stream) text += chunk
  llmobs.trace({ kind: 'task', name: 'reader' }, () => {})
  return text
}

const { text } = await inTenant('acme', () =>
  traced('generate', () => generateText({ model, prompt: 'why' }))
)
say(text)
const result = inTenant('acme', () => traced('stream', () => streamText({ model, prompt: 'why' })))
say(await inTenant('globex', () => textOf(result.textStream)))
const stream = inTenant('globex', () =>
  traced('its stream', () => streamText({ model, prompt: 'why' }).textStream)
)
say(await inTenant('acme', () => textOf(stream)))
const response = inTenant('globex', () =>
  traced('response', () => streamText({ model, prompt: 'why' }).toTextStreamResponse())
)
say(response instanceof Response, await inTenant('acme', () => response.text()))
