'use strict'

const { version } = require('../../package.json')
const { runDoctor, usage: doctorUsage } = require('./doctor-command')
const { runIntake, usage: intakeUsage } = require('./intake-command')
const { UsageError } = require('./usage-error')
const { runVerify, usage: verifyUsage } = require('./verify-command')

/**
 * @typedef {{ write(text: string): unknown }} Output
 * @typedef {AsyncIterable<unknown> & { isTTY?: boolean }} Input
 * @typedef {{ stdout: Output, stderr: Output, stdin?: Input, env?: Record<string, string | undefined> }} Streams
 * @typedef {() => typeof import('../../index')} Library the package, where a command sends something itself
 */

const EXIT_USAGE = 2
const EXIT_FAILED = 1

const USAGE = `Usage: spanlane <command> [options]

Commands:
  intake    Run a local intake that shows each trace as it arrives, also on a page
  verify    Say whether a customer's API key works at a site
  doctor    Look at what Spanlane needs on this machine

Options:
  --help       Show this, or with a command its options
  --version    Show the version
`

/** @type {Record<string, { run: (args: string[], streams: Streams, library: Library) => Promise<number>, usage: string }>} */
const COMMANDS = {
  intake: { run: runIntake, usage: intakeUsage },
  verify: { run: runVerify, usage: verifyUsage },
  doctor: { run: runDoctor, usage: doctorUsage }
}

/**
 * Runs one command.
 *
 * @param {string[]} args without node and the script
 * @param {Streams} streams
 * @param {Library} library
 * @returns {Promise<number>} the exit code
 */
async function main(args, streams, library) {
  const [command, ...rest] = args
  const known = Object.hasOwn(COMMANDS, command ?? '') ? COMMANDS[command] : null
  try {
    if (known !== null) return await known.run(rest, streams, library)
    switch (command) {
      case '--help':
      case '-h':
      case 'help':
        streams.stdout.write(Object.hasOwn(COMMANDS, rest[0] ?? '') ? COMMANDS[rest[0]].usage : USAGE)
        return 0
      case '--version':
        streams.stdout.write(`${version}\n`)
        return 0
      case undefined:
        throw new UsageError('a command is missing')
      default:
        throw new UsageError(`unknown command ${JSON.stringify(command)}`)
    }
  } catch (error) {
    const isUsage = error instanceof UsageError
    const message = error instanceof Error ? error.message : String(error)
    const hint = isUsage ? `Try: spanlane${known === null ? '' : ` ${command}`} --help\n` : ''
    streams.stderr.write(`spanlane: ${message}\n${hint}`)
    return isUsage ? EXIT_USAGE : EXIT_FAILED
  }
}

module.exports = { main }
