'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

/** Node's own, and what makes the events of the program. */
const THEIRS = /^(?:_copyActual|promiseInitHook|trackPromise|eventOf|batch)$/

test('a full collection throws away no compiled code that takes spans of dd-trace', async () => {
  const program = path.join(__dirname, 'programs', 'collection.js')
  const { code, stdout } = await runChild(['--expose-gc', '--trace-opt', '--trace-deopt', program])
  expect(code).toBe(0)
  expect(stdout).toMatch(/completed optimizing .*<JSFunction (?:submitForeign|ForeignSpan|fieldsOf) /)
  const [, during] = /^collecting\n(.*)^collected\n/ms.exec(stdout) ?? []
  const thrownAway = [...during.matchAll(/SharedFunctionInfo ([^>]+)>.*weak objects/g)].map(
    ([, name]) => name
  )
  expect(thrownAway.filter(name => !THEIRS.test(name))).toEqual([])
  // What is kept is no span.
  expect(stdout).toMatch(/^12000 delivered, 0 of them late, 0 open$/m)
})
