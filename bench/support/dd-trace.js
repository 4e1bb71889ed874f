'use strict'

const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { makeAuthority } = require('../../__test__/support/certificates')
const { SITES } = require('../oracle/plan')

const NAMES = SITES.flatMap(site => [`llmobs-intake.${site}`, `api.${site}`])

/** The certificates with which a local intake can stand in for Datadog's own hosts. */
function makeStandIn() {
  const folder = mkdtempSync(path.join(tmpdir(), 'spanlane-stand-in-'))
  const authority = makeAuthority()
  const authorityFile = path.join(folder, 'authority.pem')
  writeFileSync(authorityFile, authority.ca)
  return {
    tls: authority.issue(NAMES),
    /**
     * What a process with dd-trace needs to send to that intake.
     *
     * @param {number} port
     */
    settings(port) {
      return {
        execArgv: ['--require', path.join(__dirname, 'dd-trace-loopback.js')],
        env: {
          SPANLANE_BENCH_TLS_PORT: String(port),
          NODE_EXTRA_CA_CERTS: authorityFile,
          DD_API_KEY: 'f'.repeat(32),
          DD_LLMOBS_AGENTLESS_ENABLED: 'true',
          DD_LLMOBS_ENABLED: 'true',
          DD_LLMOBS_ML_APP: 'bench',
          DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
          DD_REMOTE_CONFIGURATION_ENABLED: 'false',
          DD_TRACE_STARTUP_LOGS: 'false'
        }
      }
    },
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** Opens dd-trace in this process, which was started with `settings`. */
function openDdTrace() {
  const { default: tracer } = require('dd-trace')
  return tracer.init({ plugins: false, startupLogs: false }).llmobs
}

/** @returns {string} */
function ddTraceVersion() {
  return require('dd-trace/package.json').version
}

module.exports = { ddTraceVersion, makeStandIn, openDdTrace }
