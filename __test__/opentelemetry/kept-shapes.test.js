'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

/** Node's own, and what the SDK does to its own spans. */
const THEIRS =
  /^(?:_copyActual|promiseInitHook|trackPromise|init|emitInitNative|setAttributes?|spanContext|startSpan|SpanImpl|<instance_members_initializer|_.*|get \w+)$/

test('a full collection throws away no compiled code that reads spans of OpenTelemetry', async () => {
  const program = path.join(__dirname, 'programs', 'collection.js')
  const { code, stdout } = await runChild(['--expose-gc', '--trace-opt', '--trace-deopt', program])
  expect(code).toBe(0)
  expect(stdout).toMatch(/completed optimizing .*<JSFunction (?:onEnd|#end|saidOf) /)
  const [, during] = /^collecting\n(.*)^collected\n/ms.exec(stdout) ?? []
  const thrownAway = [...during.matchAll(/SharedFunctionInfo ([^>]+)>.*weak objects/g)].map(
    ([, name]) => name
  )
  expect(thrownAway.filter(name => !THEIRS.test(name))).toEqual([])
})
