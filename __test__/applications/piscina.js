'use strict'

// A pool of workers that does jobs of two tenants; a job finds its tenant by a reference.

const { isMainThread } = require('node:worker_threads')
const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

const JOBS = 20
const llmobs = isMainThread
  ? open()
  : process.env.APPLICATION_MODE === 'on'
    ? require('spanlane').llmobs
    : open()

async function main() {
  sayWhatGoesWrong()
  const { Piscina } = require('piscina')
  const pool = new Piscina({ filename: __filename, maxThreads: 2 })
  const results = await Promise.all(
    Array.from({ length: JOBS }, (_, number) =>
      llmobs.withRoutingContext(TENANTS[number % 2 ? 'globex' : 'acme'], () =>
        llmobs.trace({ kind: 'workflow', name: 'request' }, span =>
          pool.run({ number, route: llmobs.currentRoute()?.toJSON(), parent: llmobs.exportSpan(span) })
        )
      )
    )
  )
  say(results.reduce((sum, result) => sum + result, 0))
  const failing = llmobs.withRoutingContext(TENANTS.acme, () =>
    llmobs.trace({ kind: 'workflow', name: 'failing' }, span =>
      pool.run({ number: -1, route: llmobs.currentRoute()?.toJSON(), parent: llmobs.exportSpan(span) })
    )
  )
  await failing.catch(error => say(error.message))
  await pool.destroy()
}

module.exports = ({ number, route, parent }) =>
  llmobs.withRoutingContext(llmobs.route(route), () =>
    llmobs.trace({ kind: 'task', name: 'job', parent }, async () => {
      await new Promise(resolve => setTimeout(resolve, Math.abs(number) % 3))
      if (number < 0) throw new Error('a job failed')
      return llmobs.trace({ kind: 'tool', name: 'step' }, () => number * number)
    })
  )

if (isMainThread) main()
