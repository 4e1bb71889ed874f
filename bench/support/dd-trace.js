'use strict'

const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { makeAuthority } = require('../../__test__/support/certificates')
const { SITES } = require('../oracle/plan')

/** Datadog's hosts for dd-trace; the address itself for those that can be told where to send. */
const NAMES = [...SITES.flatMap(site => [`llmobs-intake.${site}`, `api.${site}`]), '127.0.0.1']

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

/**
 * The dd-trace that is measured: the development dependency, or another version that the process was started with.
 *
 * @returns {string} the package's folder
 */
function ddTraceFolder() {
  return process.env.SPANLANE_BENCH_DD_TRACE ?? path.dirname(require.resolve('dd-trace/package.json'))
}

/** @returns {any} the tracer */
function loadDdTrace() {
  return require(ddTraceFolder()).default
}

/** Opens dd-trace in this process, which was started with `settings`. */
function openDdTrace() {
  return loadDdTrace().init({ plugins: false, startupLogs: false }).llmobs
}

/** @returns {string} */
function ddTraceVersion() {
  return require(path.join(ddTraceFolder(), 'package.json')).version
}

module.exports = { ddTraceFolder, ddTraceVersion, loadDdTrace, makeStandIn, openDdTrace }
