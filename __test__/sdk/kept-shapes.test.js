'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

/** Node's own: copies into a buffer, and its record of promises. */
const NODES_OWN = ['_copyActual', 'promiseInitHook', 'trackPromise']

test('a full collection throws away no compiled code of spans', async () => {
  const program = path.join(__dirname, 'programs', 'collection.js')
  const { code, stdout } = await runChild(['--expose-gc', '--trace-opt', '--trace-deopt', program])
  expect(code).toBe(0)
  expect(stdout).toMatch(/completed optimizing .*<JSFunction startSpan /)
  const [, during] = /^collecting\n(.*)^collected\n/ms.exec(stdout) ?? []
  const thrownAway = [...during.matchAll(/SharedFunctionInfo ([^>]+)>.*weak objects/g)].map(
    ([, name]) => name
  )
  expect(thrownAway.filter(name => !NODES_OWN.includes(name))).toEqual([])
})
