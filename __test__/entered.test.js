'use strict'

const { runChild } = require('./support/run-child')

/** What a reader has to open to follow one span. Less is welcome; more needs a reason. */
const FILES_MAX = 43
/**
 * A new second and a reader that sleeps cost some more; what is said is kept as lists, which takes four and halves the bytes
 * of a span; what most records begin with is written by two of its own.
 */
const FUNCTIONS_MAX = 180 + 3 + 4 + 2

test('one annotated LLM span enters few files and functions of lib/', async () => {
  const { code, stdout, stderr } = await runChild(['scripts/entered/span.js'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [, files, functions] = /^(\d+) files, (\d+) functions$/m.exec(stdout) ?? []
  expect(stdout).toContain('lib/trace/trace.js: trace')
  expect(Number(files)).toBeGreaterThan(5)
  expect(Number(files)).toBeLessThanOrEqual(FILES_MAX)
  expect(Number(functions)).toBeLessThanOrEqual(FUNCTIONS_MAX)
})
