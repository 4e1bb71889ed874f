'use strict'

const path = require('node:path')
const { sdk } = require('../sdk/setup')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')

const { open } = sdk()
const { start } = intakes()
const TASK = { kind: /** @type {const} */ ('task') }

test('stats() counts spans that have started and not finished, of its own instance', async () => {
  const { llmobs } = await open()
  const { llmobs: other } = await open()
  const settle = []
  for (let index = 0; index < 3; index++)
    void llmobs.trace(TASK, () => new Promise(resolve => settle.push(resolve)))
  llmobs.trace(TASK, () => expect(llmobs.stats().openSpans).toBe(4))
  expect([llmobs.stats().openSpans, other.stats().openSpans]).toEqual([3, 0])
  for (const resolve of settle) resolve()
  await null
  await null
  expect(llmobs.stats().openSpans).toBe(0)
})

test.each([
  ['finished by hand, and again by its function', llmobs => llmobs.trace(TASK, span => span.finish())],
  ['failed', llmobs => expect(() => llmobs.trace(TASK, () => JSON.parse('{'))).toThrow()],
  ['refused before it started', llmobs => expect(() => llmobs.trace({}, () => {})).toThrow()],
  [
    'finished while switched off',
    llmobs => {
      let finish
      llmobs.trace(TASK, (_span, done) => {
        finish = done
      })
      llmobs.disable()
      finish()
    }
  ]
])('a span that %s is not counted', async (_what, run) => {
  const { llmobs } = await open()
  run(llmobs)
  expect(llmobs.stats().openSpans).toBe(0)
})

test('an instance that is switched off has none', async () => {
  const { llmobs } = await open({ enabled: false })
  void llmobs.trace(TASK, () => new Promise(() => {}))
  expect(llmobs.stats().openSpans).toBe(0)
})

test.each([
  [0, '', ''],
  [1, '', /^spanlane: 1 span is still open [^\n]+\n$/],
  [3, '', /^spanlane: 3 spans are still open [^\n]+\n$/],
  [3, 'exit', /^spanlane: 3 spans are still open [^\n]+\n$/]
])('%d open at the end of the process are said in one line (%s)', async (count, how, line) => {
  const intake = await start()
  const { code, stderr } = await runChild(
    [path.join(__dirname, 'programs', 'leaves-open.js'), `${count}`, how],
    {
      env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop', DD_API_KEY: 'd'.repeat(32) }
    }
  )
  expect(code).toBe(0)
  expect(stderr).toMatch(line)
  expect(intake.spans().map(({ name }) => name)).toEqual(['done'])
})
