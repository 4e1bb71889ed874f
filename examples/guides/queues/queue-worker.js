'use strict'

const { ask, routeOf } = require('../platform')
const { Worker } = require('./queue')

// guide: worker
const { llmobs } = require('spanlane')

llmobs.init({ mlApp: 'support-bot', drainOnSignals: ['SIGTERM'] })

const answer = llmobs.wrap({ kind: 'task', name: 'job' }, question => ask(question))

new Worker('questions', job => {
  const { customer, question, headers } = job.data
  return llmobs.withRoutingContext(routeOf(customer), () => llmobs.extract(headers, () => answer(question)))
})
// end
