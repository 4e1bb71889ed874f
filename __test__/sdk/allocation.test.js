'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

/**
 * Bytes of a span of 400 characters with metadata and metrics. From Node 24 on, entering a context copies the stores of
 * all libraries: 600 bytes more.
 */
const BYTES_MAX = Number(process.versions.node.split('.')[0]) < 24 ? 1900 : 2700
/** A process whose machine is busy compiles late. */
const TIMEOUT_MS = 120_000
jest.setTimeout(TIMEOUT_MS + 10_000)

test('a warm span takes little of the heap', async () => {
  const program = path.join(__dirname, 'programs', 'allocation.js')
  const { code, stdout, stderr } = await runChild(['--expose-gc', program], { timeoutMs: TIMEOUT_MS })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  // The span itself has forty fields.
  expect(Number(stdout)).toBeGreaterThan(300)
  expect(Number(stdout)).toBeLessThanOrEqual(BYTES_MAX)
})
