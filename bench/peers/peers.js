'use strict'

const path = require('node:path')
const { ddTraceFolder, openDdTrace } = require('../support/dd-trace')
const { KeptRoutes } = require('./kept-routes')
const { NoTracer } = require('./no-tracer')

const REPOSITORY = path.join(__dirname, '..', '..')

/**
 * Who can be measured under a load. Each has dd-trace's verbs: `routingContext`, `trace`, `annotate`.
 *
 * @type {Record<string, (url: string, folder?: string) => any>}
 */
const PEERS = {
  none: () => new NoTracer(),
  'dd-trace': () => openDdTrace(),
  'dd-trace, 64 sockets': () => {
    const agents = require(path.join(ddTraceFolder(), 'packages/dd-trace/src/exporters/common/agents'))
    agents.httpsAgent.maxSockets = 64
    return openDdTrace()
  },
  worker_threads(url) {
    // It makes ids as we do: nobody else's process is to have our addon for that.
    const { WorkerTracer } = require('./worker-tracer')
    return new WorkerTracer(url)
  },
  spanlane: openSpanlane,
  'spanlane, routes kept': url => new KeptRoutes(openSpanlane(url))
}

/** @param {string} url of the intake @param {string} [folder] of the package; by default the repository's */
function openSpanlane(url, folder = REPOSITORY) {
  const { createLLMObs } = require(folder)
  return createLLMObs({ mlApp: 'bench', intakeUrl: url, exitTimeoutMs: 0, logger: {} })
}

module.exports = { PEERS }
