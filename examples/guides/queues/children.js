'use strict'

const path = require('node:path')
const { llmobs } = require('spanlane')
const { routeOf } = require('../platform')
const { askForAll } = require('../questions')

const script = path.join(__dirname, 'child.js')
llmobs.init({ mlApp: 'support-bot' })

// guide: children
const { promisify } = require('node:util')
const execFile = promisify(require('node:child_process').execFile)

function askChild(customer, question) {
  return llmobs.withRoutingContext(routeOf(customer), () =>
    llmobs.trace({ kind: 'tool', name: 'child' }, async span => {
      const headers = {}
      llmobs.inject(headers)
      const env = { ...process.env, CUSTOMER: customer, TRACE_HEADERS: JSON.stringify(headers) }
      const { stdout } = await execFile(process.execPath, [script, question], { env })
      llmobs.annotate(span, { inputData: question, outputData: stdout })
      return stdout
    })
  )
}
// end

askForAll(askChild)
