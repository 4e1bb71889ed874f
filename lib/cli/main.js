'use strict'

const { version } = require('../../package.json')
const { UsageError, runIntake, usage: intakeUsage } = require('./intake-command')

/**
 * @typedef {{ write(text: string): unknown }} Output
 * @typedef {{ stdout: Output, stderr: Output }} Streams
 */

const EXIT_USAGE = 2
const EXIT_FAILED = 1

const USAGE = `Usage: spanlane <command> [options]

Commands:
  intake    Run a local intake that shows each span and evaluation as it arrives

Options:
  --help       Show this, or with a command its options
  --version    Show the version
`

/**
 * Runs one command.
 *
 * @param {string[]} args without node and the script
 * @param {Streams} streams
 * @returns {Promise<number>} the exit code
 */
async function main(args, streams) {
  const [command, ...rest] = args
  try {
    switch (command) {
      case 'intake':
        return await runIntake(rest, streams)
      case '--help':
      case '-h':
      case 'help':
        streams.stdout.write(rest[0] === 'intake' ? intakeUsage : USAGE)
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
    const hint = isUsage ? `Try: spanlane${command === 'intake' ? ' intake' : ''} --help\n` : ''
    streams.stderr.write(`spanlane: ${message}\n${hint}`)
    return isUsage ? EXIT_USAGE : EXIT_FAILED
  }
}

module.exports = { main }
