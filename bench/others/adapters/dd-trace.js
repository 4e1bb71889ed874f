'use strict'

const { loadDdTrace } = require('../../support/dd-trace')
const { withDdVerbs } = require('./dd-verbs')

/**
 * Agentless, which is what its routing needs, and without APM. The environment says where its hosts are.
 *
 * @type {import('./adapters').Open}
 */
function open() {
  const llmobs = { mlApp: 'bench', agentlessEnabled: true }
  return withDdVerbs(
    loadDdTrace().init({ service: 'gateway', env: 'prod', startupLogs: false, llmobs }).llmobs
  )
}

module.exports = { open }
