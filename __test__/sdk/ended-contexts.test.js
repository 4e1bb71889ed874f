'use strict'

const path = require('node:path')
const { runChild } = require('../support/run-child')

const PROGRAM = path.join(__dirname, 'programs', 'ended.js')

test('the context of an instance that ended goes with it, and not while somebody is inside', async () => {
  const ended = await runChild(['--expose-gc', PROGRAM])
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(JSON.parse(ended.stdout)).toEqual({ result: 'what the host returned' })
})
