'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { startIntake } = require('../../testing')
const { makeAuthority } = require('../support/certificates')
const { startConnectProxy } = require('../support/connect-proxy')
const { runChild } = require('../support/run-child')

const SITES = ['datadoghq.com', 'datadoghq.eu']
const HOSTS = SITES.flatMap(site => [`llmobs-intake.${site}`, `api.${site}`])

/** dd-trace checks that it is run as its users run it: agentless, with no agent beside it. */
const DD_TRACE_ONLY = {
  DD_APM_TRACING_ENABLED: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false',
  DD_TRACE_STARTUP_LOGS: 'false'
}

/**
 * @typedef {object} Outcome what one API made of the program
 * @property {Map<string, any>} spans envelopes by the name of their span
 * @property {Map<string, any>} metrics by label
 * @property {{ host: string, path: string, headers: Record<string, string>, status: number | null, problem: string | null }[]} requests
 * @property {Record<string, string>} thrown
 */

/**
 * Runs the program with the API of that name.
 *
 * @param {'dd-trace' | 'spanlane'} api
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(api) {
  const { stdout, ...arrived } = await arrivalsOf([path.join(__dirname, 'run-program.js'), api], {
    ...(api === 'dd-trace' ? DD_TRACE_ONLY : {}),
    ...{ DD_SERVICE: 'service', DD_ENV: 'test', DD_VERSION: '1.2.3', DD_TAGS: 'squad:core,zone:a' }
  })
  return { ...arrived, thrown: JSON.parse(stdout) }
}

/**
 * What arrives from a process of its own: real TLS and the real host names, which a loopback proxy leads to a local
 * intake.
 *
 * @param {string[]} args of node
 * @param {Record<string, string>} env
 */
async function arrivalsOf(args, env) {
  const authority = makeAuthority()
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-parity-'))
  const intake = await startIntake({ tls: authority.issue(HOSTS), keepBodies: true })
  const proxy = await startConnectProxy({ targetPort: intake.port })
  try {
    fs.writeFileSync(path.join(folder, 'ca.pem'), authority.ca)
    const { code, stdout, stderr } = await runChild(args, {
      timeoutMs: 60_000,
      env: {
        ...{ DD_LLMOBS_ENABLED: '1', DD_LLMOBS_AGENTLESS_ENABLED: '1', DD_LLMOBS_ML_APP: 'parity' },
        ...{ DD_API_KEY: 'a'.repeat(32), DD_SITE: 'datadoghq.com', ...env },
        ...{ HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') }
      }
    })
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`)
    return { ...arrivals(intake.requests), stdout }
  } finally {
    await Promise.all([proxy.close(), intake.close()])
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {readonly import('../../testing').RequestRecord[]} records */
function arrivals(records) {
  const spans = new Map()
  const metrics = new Map()
  /** @type {any[]} spans may have one name */
  const events = []
  const requests = []
  for (const { host, path, headers, status, problem, body } of records) {
    requests.push({ host, path, headers, status, problem })
    const payload = JSON.parse(String(body))
    if (Array.isArray(payload))
      for (const envelope of payload) {
        events.push(...envelope.spans)
        spans.set(envelope.spans[0].name, { host, ...envelope })
      }
    else
      for (const metric of payload.data.attributes.metrics)
        metrics.set(metric.label, { host, type: payload.data.type, ...metric })
  }
  return { events, spans, metrics, requests }
}

module.exports = { DD_TRACE_ONLY, arrivalsOf, outcomeOf }
