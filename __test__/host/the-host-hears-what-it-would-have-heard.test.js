'use strict'

const path = require('node:path')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')

const { start } = intakes()
const PROGRAM = path.join(__dirname, 'programs', 'hears.js')

/** Every scenario, and something that must be heard in it: a comparison of nothing with nothing would be equal, too. */
const SCENARIOS = {
  'a rejection that nobody handles': 'unhandled: Error nobody handles it',
  'a promise rejected at return': 'unhandled: Error at once',
  'a rejection that is handled': 'trace',
  'a rejection that is awaited': 'thrown: Error nobody handles it',
  'a rejection handled later': 'handled later',
  'a chain that nobody handles': 'unhandled: Error nobody handles it',
  'a promise that many share, one of whom handles it': 'trace',
  'a subclass that nobody handles': 'unhandled: Error subclass',
  'a subclass that is handled': 'thrown: Error subclass',
  'a subclass that is handled later': 'handled later',
  'a lazy thenable': 'unhandled: Error lazy',
  'values, methods and classes of promises': 'ApiPromise {"value":1}',
  'steps of generators that nobody awaits': 'unhandled: Error step',
  'steps of other iterators': 'thrown: Error thenable step',
  'a stream that breaks, by each reader': 'unhandled: RangeError source',
  'a sink that breaks': 'unhandled: RangeError sink',
  'what pipes refuse': /^a locked inlet: ERR_INVALID_STATE/,
  'what web streams give': 'abc,abc',
  'what Node streams give': /^first once,first,on,once/,
  emitters: 'thrown: Error no listener'
}

/** @param {string[]} args @param {Record<string, string>} env */
async function heard(args, env) {
  const { code, stdout, stderr } = await runChild([PROGRAM, ...args], {
    env: { ...env, DD_LLMOBS_ML_APP: 'shop' }
  })
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

test('every scenario is tried', async () => {
  expect(await heard([], {})).toEqual(Object.keys(SCENARIOS))
})

test.each(Object.entries(SCENARIOS))('%s', async (scenario, sign) => {
  const intake = await start()
  const without = await heard([scenario], { DD_LLMOBS_ENABLED: 'false' })
  const within = await heard([scenario], { SPANLANE_INTAKE_URL: intake.url, DD_API_KEY: 'd'.repeat(32) })
  expect(without).toEqual(
    expect.arrayContaining([typeof sign === 'string' ? sign : expect.stringMatching(sign)])
  )
  expect(within).toEqual(without)
})
