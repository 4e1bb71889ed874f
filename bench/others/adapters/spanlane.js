'use strict'

const { llmobs } = require('../../..')
const { withDdVerbs } = require('./dd-verbs')

/** @type {import('./adapters').Open} */
function open({ url }) {
  llmobs.init({ mlApp: 'bench', service: 'gateway', env: 'prod', intakeUrl: url })
  return withDdVerbs(llmobs)
}

module.exports = { open }
