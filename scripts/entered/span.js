'use strict'

// How much of lib/ one annotated LLM span enters, by V8's precise coverage of its second call. The first one has opened,
// loaded and found what later ones use again.

const { Session } = require('node:inspector')
const { pathToFileURL } = require('node:url')

const { createLLMObs } = require('../..')
const { startIntake } = require('../../testing')
const { inRepository } = require('../command')

const KEY = '0'.repeat(32)
const ANNOTATION = {
  inputData: [
    { role: 'system', content: 'Answer in one word.' },
    { role: 'user', content: 'The capital of France?' }
  ],
  outputData: [{ role: 'assistant', content: 'Paris' }],
  metadata: { temperature: 0.7, max_tokens: 16, retrieval: { index: 'cities', top: [3, 5] } },
  metrics: { inputTokens: 21, outputTokens: 1, totalTokens: 22 },
  tags: { feature: 'chat' }
}

/**
 * @param {any} llmobs
 * @returns {void} after one span of a tenant, from its context to the hand-over
 */
function makeSpan(llmobs) {
  const options = { kind: 'llm', name: 'chat', modelName: 'large-2', modelProvider: 'openai' }
  llmobs.withRoutingContext({ ddApiKey: KEY, ddSite: 'datadoghq.com' }, () =>
    llmobs.trace(options, (/** @type {any} */ span) => llmobs.annotate(span, ANNOTATION))
  )
}

/** Counts calls from its making on. */
class Coverage {
  #session = new Session()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  }

  /** @returns {Map<string, string[]>} files of lib/ and the functions of each that were called since the last time */
  take() {
    const folder = pathToFileURL(inRepository('lib/')).href
    /** @type {Map<string, string[]>} */
    const files = new Map()
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error
      for (const { url, functions } of taken.result) {
        const called = functions.filter(isCalled).map(({ functionName }) => functionName || '(anonymous)')
        if (url.startsWith(folder) && called.length > 0) files.set(url.slice(folder.length), called)
      }
    })
    return files
  }
}

/**
 * @param {import('node:inspector').Profiler.FunctionCoverage} coverage
 * @returns {boolean} also false for the body of the file itself
 */
function isCalled({ ranges: [{ startOffset, count }] }) {
  return startOffset > 0 && count > 0
}

async function main() {
  const coverage = new Coverage()
  const intake = await startIntake()
  const llmobs = createLLMObs({ mlApp: 'entered', intakeUrl: intake.url })
  makeSpan(llmobs)
  coverage.take()
  makeSpan(llmobs)
  const files = coverage.take()
  const { delivered } = await llmobs.shutdown()
  await intake.close()
  if (delivered !== 2) throw new Error(`${delivered} of 2 spans arrived: what was counted is no whole span`)
  for (const [file, functions] of files) console.log(`lib/${file}: ${functions.join(' ')}`)
  console.log(`\n${files.size} files, ${[...files.values()].flat().length} functions`)
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
