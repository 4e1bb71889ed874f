// LangChain's runnables, invoked, streamed and batched for two tenants at once.

import { createRequire } from 'node:module'
import { StringOutputParser } from '@langchain/core/output_parsers'
import { RunnableLambda } from '@langchain/core/runnables'
import { FakeListChatModel } from '@langchain/core/utils/testing'

const { TENANTS, open, say, sayWhatGoesWrong } = createRequire(import.meta.url)('./spanlane-or-not')

sayWhatGoesWrong()
const llmobs = open()
const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)
const traced = (name, fn) => llmobs.trace({ kind: 'workflow', name }, fn)

const tool = RunnableLambda.from(question =>
  llmobs.trace({ kind: 'tool', name: 'tool' }, async () => {
    await null
    return `${question}!`
  })
)
const chain = tool.pipe(new FakeListChatModel({ responses: ['hello'] })).pipe(new StringOutputParser())

const answers = ['acme', 'globex'].map(tenant =>
  inTenant(tenant, () =>
    traced('invoke', async () => {
      const answer = await chain.invoke(tenant)
      llmobs.trace({ kind: 'task', name: 'after' }, () => {})
      return answer
    })
  )
)
say(await Promise.all(answers))
const streamed = inTenant('acme', () => traced('stream', () => chain.stream('question')))
await inTenant('globex', async () => {
  let text = ''
  for await (const chunk of await streamed) text += chunk
  llmobs.trace({ kind: 'task', name: 'reader' }, () => {})
  say(text)
})
const events = inTenant('acme', () =>
  traced('events', () => chain.streamEvents('question', { version: 'v2' }))
)
await inTenant('globex', async () => {
  const names = new Set()
  for await (const { event } of events) names.add(event)
  say([...names].sort())
})
say(await inTenant('globex', () => traced('batch', () => chain.batch(['a', 'b', 'c']))))
const wrapped = llmobs.wrap({ kind: 'workflow', name: 'wrapped' }, chain.invoke.bind(chain))
say(await inTenant('acme', () => wrapped('question')))
const stream = await inTenant('acme', () => traced('divided', () => chain.stream('question')))
await inTenant('globex', async () => {
  for (const branch of stream.tee()) {
    let text = ''
    for await (const chunk of branch) text += chunk
    say(text)
  }
})
