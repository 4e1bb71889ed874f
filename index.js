'use strict'

const { SpanlaneError } = require('./lib/errors')
const { createLLMObs, llmobs } = require('./lib/sdk')

module.exports = { SpanlaneError, createLLMObs, llmobs }
