'use strict'

const { ask } = require('../platform')

// guide: thread
const { parentPort } = require('node:worker_threads')
const { llmobs } = require('spanlane') // no init: it joins the process's

function job(question, parent) {
  return llmobs.trace({ kind: 'task', name: 'job', parent }, async span => {
    const answer = await ask(question)
    llmobs.annotate(span, { inputData: question, outputData: answer })
    return answer
  })
}

parentPort.on('message', async ({ question, route, parent }) => {
  const answer = await llmobs.withRoutingContext(llmobs.route(route), () => job(question, parent))
  parentPort.postMessage({ question, answer })
})
// end
