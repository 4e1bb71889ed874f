'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

/** To load a file costs half a millisecond, which a function that was just started has not. */
const FILES_MAX = 88

/** @returns {Promise<string[]>} the files that a first span takes */
async function filesOfFirstSpan() {
  const { code, stdout, stderr } = await runChild([path.join(__dirname, 'programs', 'first-span.js')], {})
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

test('a first span loads what it needs, and not what others may need', async () => {
  const files = await filesOfFirstSpan()
  expect(files).toContain('lib/trace/span.js')
  expect(files.length).toBeLessThanOrEqual(FILES_MAX)
  expect(
    files.filter(file =>
      /^lib\/(evaluate|bridge|opentelemetry|metrics|intake)\/|streams|wrap|decorate|thenables|iterators|propagation|processor/.test(
        file
      )
    )
  ).toEqual([])
})
