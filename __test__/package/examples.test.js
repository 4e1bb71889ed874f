'use strict'

const { runChild } = require('../support/run-child')

test.each([
  ['opentelemetry', 12],
  ['langchain', 16],
  ['ai-sdk', 12],
  ['model-clients', 12]
])('examples/%s: two customers at once, each with its own spans and nothing else', async (name, spans) => {
  const { code, stdout, stderr } = await runChild([`examples/${name}`])
  expect(stderr).toBe('')
  expect(stdout).toMatch(new RegExp(`^acme +datadoghq\\.eu +${spans} +0$`, 'm'))
  expect(stdout).toMatch(new RegExp(`^globex +us5\\.datadoghq\\.com +${spans} +0$`, 'm'))
  expect(code).toBe(0)
})
