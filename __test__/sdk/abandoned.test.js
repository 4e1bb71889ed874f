'use strict'

const path = require('node:path')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')

const { start } = intakes()

test('a stream or thenable that is collected unused ends its span', async () => {
  const intake = await start()
  const ended = await runChild(['--expose-gc', path.join(__dirname, 'programs', 'abandoned.js')], {
    env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop', DD_API_KEY: 'd'.repeat(32) }
  })
  expect(ended).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' })
  const kinds = ['generator', 'iterable', 'node stream', 'query', 'web stream']
  expect(
    intake
      .spans()
      .map(span => span.name)
      .sort()
  ).toEqual([...kinds, ...kinds.map(kind => `wrapped ${kind}`)])
})
