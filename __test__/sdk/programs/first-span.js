'use strict'

// Makes one span as most spans are, and says which files of the library that took: as JSON, from `lib/` on. With
// --import-only what the import alone took.

const path = require('node:path')
const { createLLMObs } = require('../../..')

const ROOT = path.join(__dirname, '..', '..', '..')

function sayFiles() {
  const files = Object.keys(require.cache).map(file => path.relative(ROOT, file).replaceAll('\\', '/'))
  process.stdout.write(JSON.stringify(files.filter(file => file.startsWith('lib/'))))
  process.exit()
}

if (process.argv[2] === '--import-only') sayFiles()
const llmobs = createLLMObs({ mlApp: 'first', intakeUrl: 'http://127.0.0.1:9', exitTimeoutMs: 0, logger: {} })

/** @param {any} span */
function work(span) {
  llmobs.annotate(span, {
    inputData: [{ role: 'user', content: 'hello' }],
    outputData: 'hi',
    metadata: { temperature: 0 },
    metrics: { inputTokens: 1 },
    tags: { plan: 'pro' }
  })
}

llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu' }, () => {
  llmobs.trace({ kind: 'llm', name: 'chat', modelName: 'm', modelProvider: 'p' }, work)
})
sayFiles()
