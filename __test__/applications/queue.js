'use strict'

// A queue between two processes: jobs cross by IPC with the headers of their span, and without a key.

const { fork } = require('node:child_process')
const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

const JOBS = 20
sayWhatGoesWrong()
const llmobs = open()

function consume() {
  process.on('message', async ({ number, tenant, headers }) => {
    const result = await llmobs.withRoutingContext(TENANTS[tenant], () =>
      llmobs.extract(headers, () =>
        llmobs.trace({ kind: 'task', name: 'job' }, async () => {
          await new Promise(resolve => setTimeout(resolve, number % 4))
          return llmobs.trace({ kind: 'tool', name: 'step' }, () => number * 2)
        })
      )
    )
    process.send({ number, result })
  })
  process.once('disconnect', () => process.exit())
}

async function produce() {
  const consumer = fork(__filename, ['consume'])
  const waiting = new Map()
  consumer.on('message', ({ number, result }) => waiting.get(number)(result))
  const results = await Promise.all(
    Array.from({ length: JOBS }, (_, number) => {
      const tenant = number % 2 ? 'globex' : 'acme'
      return llmobs.withRoutingContext(TENANTS[tenant], () =>
        llmobs.trace({ kind: 'workflow', name: 'request' }, () => {
          const headers = {}
          llmobs.inject(headers)
          consumer.send({ number, tenant, headers })
          return new Promise(resolve => waiting.set(number, resolve))
        })
      )
    })
  )
  say(results.reduce((sum, result) => sum + result, 0))
  consumer.disconnect()
}

if (process.argv[2] === 'consume') consume()
else produce()
