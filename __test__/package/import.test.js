'use strict'

const path = require('node:path')
const { ROOT, runChild } = require('../support/run-child')

/** What every process pays that only exports spanlane: more belongs behind the first call. */
const MODULES_MAX = 4

/**
 * @param {string} action
 * @returns {Promise<string[]>} the files of the package that are loaded after it, the entry first
 */
async function loadedAfter(action) {
  const entry = JSON.stringify(path.join(ROOT, 'index.js'))
  const script = `const { llmobs } = require(${entry}); ${action}; process.stdout.write(JSON.stringify(Object.keys(require.cache)))`
  const { code, stdout } = await runChild(['-e', script], { env: { DD_LLMOBS_ML_APP: 'shop' } })
  expect(code).toBe(0)
  const files = /** @type {string[]} */ (JSON.parse(stdout))
  return files.map(file => path.relative(ROOT, file).split(path.sep).join('/'))
}

test('an import loads the exported objects and nothing behind them', async () => {
  const files = await loadedAfter('')
  expect(files[0]).toBe('index.js')
  expect(files).toContain('lib/sdk/llmobs.js')
  expect(files.length).toBeLessThanOrEqual(MODULES_MAX)
})

test.each(['llmobs.init()', 'llmobs.trace({ kind: "task" }, () => {})'])('%s loads the rest', async call => {
  const files = await loadedAfter(call)
  expect(files).toEqual(
    expect.arrayContaining(['lib/trace/trace.js', 'lib/sdk/instance.js', 'lib/binding.js'])
  )
})
