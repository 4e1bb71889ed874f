'use strict'

const { SpanlaneTracingProcessor } = require('./lib/openai-agents/processor')

module.exports = { SpanlaneTracingProcessor }
