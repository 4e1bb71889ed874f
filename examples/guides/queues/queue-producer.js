'use strict'

const { fork } = require('node:child_process')
const path = require('node:path')
const { llmobs } = require('spanlane')
const { routeOf } = require('../platform')
const { askForAll } = require('../questions')
const { Queue } = require('./queue')

llmobs.init({ mlApp: 'support-bot' })
const child = fork(path.join(__dirname, 'queue-worker.js'))
const queue = new Queue('questions', { child })

// guide: producer
function enqueue(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    llmobs.trace({ kind: 'workflow', name: 'request' }, span => {
      llmobs.annotate(span, { inputData: question })
      const headers = {}
      llmobs.inject(headers)
      // The customer's name, the headers, and no key.
      return queue.add('answer', { customer, question, headers })
    })
  )
}
// end

async function main() {
  await askForAll(async (customer, question) => (await enqueue(customer, question)).finished)
  child.disconnect()
}

main()
