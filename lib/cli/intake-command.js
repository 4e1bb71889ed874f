'use strict'

const { randomBytes } = require('node:crypto')
const fs = require('node:fs')

const { Page } = require('../intake/page/page')
const { startIntake } = require('../intake/server')
const { jsonLine, refusalLine } = require('./arrival-lines')
const { hasCrossed, laneNameOf, summaryOf } = require('./summary')
const { TraceLines } = require('./trace-lines')
const { UsageError, valuesOf } = require('./usage-error')

/**
 * @typedef {import('../../testing').Intake} Intake
 * @typedef {import('../../testing').IntakeOptions} IntakeOptions
 * @typedef {{ name: string, keyFingerprint: string, site: string | null }} OwnerPlace
 * @typedef {{ port: number | null, json: boolean, quiet: boolean, tree: boolean, content: boolean, script: string | null,
 *   isPageServed: boolean, token: string | null, owners: OwnerPlace[] }} Options
 * @typedef {import('./main').Streams} Streams
 */

/** "span" on a telephone's keys, and nobody else's: 8126 is the Datadog Agent's. The next ones are tried when it is taken. */
const FIRST_PORT = 7726
const LAST_PORT = 7735
const MAX_PORT = 65_535
const TOKEN_BYTES = 16
/** `name=fingerprint` or `name=fingerprint@site`; a key would be seen by whoever lists the processes. */
const OWNER = /^([^=]+)=([0-9a-f]{12})(?:@([\w.-]+))?$/
const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM'])

const usage = `Usage: spanlane intake [options]

Runs an intake on 127.0.0.1 that speaks Datadog's LLM Observability endpoints, shows what arrives on a page at its own
address, and prints a line for each trace. Point an application at it with SPANLANE_INTAKE_URL. Ctrl-C
ends it with a table of what arrived. API keys are shown as fingerprints only.

Options:
  --port <n>         Port to listen on; 0 for any (default: the first free one of ${FIRST_PORT}..${LAST_PORT})
  --json             One JSON object per event on standard output, and nothing else there
  --quiet            No line per trace, only the table at the end
  --tree             Below each trace its spans as a tree
  --content          Also print what was said: inputs, outputs, error messages, reasoning
  --owner <name>=<fingerprint>[@<site>]
                     Where the data of an owner may arrive; repeat it for more places. Without it an owner that is
                     at two places is a question
  --token            Show the page only to who has the link that is printed: other users of this machine cannot read it
  --no-page          Serve no page: / is answered with 404
  --script <file>    Answer with faults, as described by a JSON fault script (see spanlane/testing)
  --help             Show this

Exit codes: 0 ended by a signal; 1 could not start, or something crossed between owners; 2 wrong options.
`

/**
 * @param {string[]} args
 * @param {Streams} streams
 * @returns {Promise<number>}
 */
async function runIntake(args, streams) {
  const values = given(args)
  if (values.help) {
    streams.stdout.write(usage)
    return 0
  }
  const options = checked(values)
  // With --json standard output is for the events: everything said to a person goes beside it.
  const notes = options.json ? streams.stderr : streams.stdout
  const stopped = stopSignal()
  const page = new Page({ isServed: options.isPageServed, token: options.token })
  for (const { name, ...place } of options.owners) page.store.declare(name, place)
  const lines = new TraceLines({
    isTreeShown: options.tree,
    isContentShown: options.content,
    nameOf: request => laneNameOf(page.store, request).name,
    write: text => streams.stdout.write(text)
  })
  /** @type {NonNullable<IntakeOptions['log']>} */
  const print = (request, events) => {
    const isTaken = request.accepted && events.length > 0
    if (!options.json && isTaken) {
      lines.add(request, events)
      return
    }
    const lane = laneNameOf(page.store, request)
    const line = options.json
      ? jsonLine(request, events, options.content, lane)
      : refusalLine(request, lane.name)
    streams.stdout.write(line)
  }
  const intake = await start(options, {
    page: /** @type {any} */ (page),
    script: options.script === null ? undefined : readScript(options.script),
    maxRecordedEvents: 0,
    log: options.quiet ? undefined : (request, events) => print(request, events)
  })
  notes.write(`spanlane intake listens on ${intake.url}\n`)
  // In the fragment: no browser sends it to a server, or writes it into a log of one.
  const fragment = options.token === null ? '' : `#token=${options.token}`
  if (options.isPageServed) notes.write(`  page: ${intake.url}/${fragment}\n`)
  notes.write(`  SPANLANE_INTAKE_URL=${intake.url} node app.js\n`)
  await stopped
  lines.end()
  await intake.close()
  notes.write(`\n${summaryOf(intake, page.store)}\n`)
  return hasCrossed(page.store) ? 1 : 0
}

/** @param {string[]} args */
function given(args) {
  return valuesOf(args, {
    port: { type: 'string' },
    json: { type: 'boolean', default: false },
    quiet: { type: 'boolean', default: false },
    tree: { type: 'boolean', default: false },
    content: { type: 'boolean', default: false },
    script: { type: 'string' },
    owner: { type: 'string', multiple: true },
    'no-page': { type: 'boolean', default: false },
    token: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false }
  })
}

/**
 * @param {ReturnType<typeof given>} values
 * @returns {Options}
 */
function checked({
  port,
  json = false,
  quiet = false,
  tree = false,
  content = false,
  script,
  owner = [],
  token = false,
  'no-page': noPage
}) {
  if (token && noPage) throw new UsageError('--token is for the page: not together with --no-page')
  if (quiet && (json || tree || content)) {
    throw new UsageError('--quiet prints no events: not together with --json, --tree or --content')
  }
  if (json && tree) throw new UsageError('--json prints one object per event: not together with --tree')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= MAX_PORT)) {
    throw new UsageError(`--port must be an integer from 0 to ${MAX_PORT}, not ${JSON.stringify(port)}`)
  }
  return {
    port: port === undefined ? null : Number(port),
    json,
    quiet,
    tree,
    content,
    script: script ?? null,
    isPageServed: noPage !== true,
    token: token ? randomBytes(TOKEN_BYTES).toString('hex') : null,
    owners: owner.map(ownerPlace)
  }
}

/** @param {string} text @returns {OwnerPlace} */
function ownerPlace(text) {
  const match = OWNER.exec(text)
  if (match === null) {
    // What was given may be a key: it is not repeated.
    throw new UsageError(
      '--owner must be <name>=<fingerprint of 12 hex digits>, with @<site> if it is at one site only'
    )
  }
  const [, name, keyFingerprint, site = null] = match
  return { name, keyFingerprint, site }
}

/** @param {string} file */
function readScript(file) {
  let text
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(
      `--script: cannot read ${file} (${/** @type {NodeJS.ErrnoException} */ (error).code})`
    )
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`--script: ${file} is not JSON`)
  }
}

/**
 * @param {Options} options
 * @param {IntakeOptions} intakeOptions
 * @returns {Promise<Intake>}
 */
async function start({ port }, intakeOptions) {
  let candidate = port ?? FIRST_PORT
  for (;;) {
    try {
      return await startIntake({ ...intakeOptions, port: candidate })
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
      if (error instanceof TypeError || error instanceof RangeError)
        throw new UsageError(`--script: ${message}`)
      if (code !== 'EADDRINUSE') throw error
      if (port !== null || candidate >= LAST_PORT) throw new Error(`port ${candidate} is already in use`)
      candidate += 1
    }
  }
}

/** @returns {Promise<void>} */
function stopSignal() {
  return new Promise(resolve => {
    // `once`: a second Ctrl-C ends the process at once, as people expect.
    for (const signal of SIGNALS) process.once(signal, () => resolve())
  })
}

module.exports = { runIntake, usage }
