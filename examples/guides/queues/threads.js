'use strict'

const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { llmobs } = require('spanlane')
const { routeOf } = require('../platform')
const { askForAll } = require('../questions')

llmobs.init({ mlApp: 'support-bot' })
const thread = new Worker(path.join(__dirname, 'thread.js'))
const waiting = new Map()
thread.on('message', ({ question, answer }) => waiting.get(question)(answer))

const answered = question => new Promise(resolve => waiting.set(question, resolve))

// guide: threads
function askInThread(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    llmobs.trace({ kind: 'workflow', name: 'request' }, span => {
      llmobs.annotate(span, { inputData: question })
      // References, good within this process. Neither holds a key.
      const route = llmobs.currentRoute().toJSON()
      const parent = llmobs.exportSpan(span)
      thread.postMessage({ question, route, parent })
      return answered(question)
    })
  )
}
// end

async function main() {
  await askForAll(askInThread)
  await thread.terminate()
}

main()
