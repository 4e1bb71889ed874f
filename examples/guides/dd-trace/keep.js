'use strict'

const { routeOf } = require('../platform')
const { askForAll } = require('../questions')

const baseURL = `${process.env.MODEL_URL}/v1`

// guide: keep
// Before whatever dd-trace instruments.
const tracer = require('dd-trace').init({ llmobs: { mlApp: 'support-bot', agentlessEnabled: true } })
require('spanlane/dd-trace').attach(tracer, { drainOnSignals: ['SIGTERM'] })

const { OpenAI } = require('openai')
const openai = new OpenAI({ apiKey: 'none', baseURL })

function answerFor(customer, question) {
  return tracer.llmobs.withRoutingContext(routeOf(customer), async () => {
    const { choices } = await openai.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [{ role: 'user', content: question }]
    })
    return choices[0].message.content
  })
}
// end

askForAll(answerFor)
