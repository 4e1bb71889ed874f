'use strict'

const { ask, routeOf } = require('../platform')

// guide: child
const { llmobs } = require('spanlane')

llmobs.init({ mlApp: 'support-bot' })

const { CUSTOMER, TRACE_HEADERS } = process.env
llmobs.withRoutingContext(routeOf(CUSTOMER), () =>
  llmobs.extract(JSON.parse(TRACE_HEADERS), async () => {
    console.log(await ask(process.argv[2]))
  })
)
// end
