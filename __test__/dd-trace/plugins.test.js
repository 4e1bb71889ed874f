'use strict'

const fs = require('node:fs')
const { isAlike, rowsOf } = require('./beside-plugin')
const { PLUGIN_DIFFERENCES, differencesShownBy } = require('./plugin-differences')

describe.each(['openai', 'anthropic', 'langchain'])(
  'the calls of %s, followed by dd-trace’s plugin and by Spanlane',
  library => {
    /** @type {import('./beside-plugin').Row[]} */
    let rows = []
    beforeAll(async () => {
      rows = await rowsOf(library)
    }, 60_000)

    test('are told alike but for what the document says', () => {
      expect(rows.filter(isAlike).length).toBeGreaterThan(library === 'langchain' ? 10 : 50)
      const unexplained = rows.filter(row => !isAlike(row) && differencesShownBy(library, row).length === 0)
      expect(unexplained).toEqual([])
    })

    test('differ in all that the document says', () => {
      const shown = new Set(
        rows.filter(row => !isAlike(row)).flatMap(row => differencesShownBy(library, row))
      )
      const missing = PLUGIN_DIFFERENCES.filter(row => row.libraries.includes(library) && !shown.has(row))
      expect(missing.map(({ field }) => field)).toEqual([])
    })
  }
)

test('the document has a row for each', () => {
  const text = fs.readFileSync('docs/instrumentation.md', 'utf8')
  const missing = PLUGIN_DIFFERENCES.filter(
    ({ field, theirs, ours }) => !text.includes(`| ${field} | ${theirs} | ${ours} |`)
  )
  expect(missing).toEqual([])
})
