'use strict'

// What every program here starts with: dd-trace as the test asked for it, and a transport that leaves nothing
// out of this machine and tells which hosts were asked for.

const dns = require('node:dns')

/** @type {Set<string>} hosts that somebody wanted to reach beyond this machine */
const hosts = new Set()
const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1'])
const { lookup } = dns

Object.defineProperty(dns, 'lookup', {
  value(host, ...rest) {
    if (LOOPBACK.has(host)) return lookup(host, ...rest)
    hosts.add(host)
    const error = Object.assign(new Error(`${host} is beyond this machine`), { code: 'ENOTFOUND' })
    process.nextTick(rest.at(-1), error)
  }
})

const tracer = require(process.env.BRIDGE_DD_TRACE ?? 'dd-trace')
const bridge = require('../../../dd-trace')
const { llmobs } = require('../../..')

const ACME = Object.freeze({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' })
const GLOBEX = Object.freeze({ ddApiKey: 'b'.repeat(32), ddSite: 'us5.datadoghq.com', tenant: 'globex' })

/** Initialises dd-trace. @param {object} [options] @param {object} [llmobsOptions] */
function init(options, llmobsOptions) {
  return tracer.init({
    startupLogs: false,
    ...options,
    llmobs: { mlApp: 'assistant', agentlessEnabled: true, ...llmobsOptions }
  })
}

/** Collects what would be logged. */
class Log {
  /** @type {string[]} */
  lines = []
  debug() {}
  info() {}
  warn(message) {
    this.lines.push(message)
  }
  error(message) {
    this.lines.push(message)
  }
}

/** @param {() => unknown} call @returns {{ code?: string, message: string, name: string } | null} */
function thrownBy(call) {
  try {
    call()
    return null
  } catch (error) {
    return { code: error.code, message: error.message, name: error.constructor.name }
  }
}

/** Tells the test what happened, and lets the process end. @param {object} [facts] */
function report(facts = {}) {
  process.send({ hosts: [...hosts], ...facts }, () => process.disconnect())
}

/** Runs the program; a failure ends the process with its stack. @param {() => Promise<object>} program */
function main(program) {
  program().then(report, error => {
    process.exitCode = 1
    process.stderr.write(`${error.stack}\n`)
    process.disconnect()
  })
}

module.exports = { ACME, GLOBEX, Log, bridge, hosts, init, llmobs, main, report, thrownBy, tracer }
