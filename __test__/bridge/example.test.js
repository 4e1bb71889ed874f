'use strict'

const { runChild } = require('../support/run-child')

test('the example: calls of both model providers, streamed or not, are with their customer', async () => {
  const { code, stdout, stderr } = await runChild(['examples/dd-trace-openai'])
  expect(stderr).toBe('')
  expect(stdout).toMatch(/^acme +datadoghq\.eu +8 +2 +2 +2 +0$/m)
  expect(stdout).toMatch(/^globex +us5\.datadoghq\.com +8 +2 +2 +2 +0$/m)
  expect(stdout).toMatch(/dd-trace's own LLM Observability transport: 0$/m)
  expect(code).toBe(0)
})
