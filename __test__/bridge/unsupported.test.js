'use strict'

const { programs } = require('./setup')

const { run } = programs()
const CODE = 'SPANLANE_UNSUPPORTED_DD_TRACE'

test('a version outside the range is refused by attach, with its number; so is a bundle, with the way out', async () => {
  const { facts } = await run('unsupported', { args: ['versions'] })
  expect(facts.errors.map(({ code, message }) => [code, /dd-trace \S+/.exec(message)?.[0]])).toEqual([
    [CODE, 'dd-trace 4.55.0'],
    [CODE, 'dd-trace 5.82.0'],
    [CODE, 'dd-trace 7.0.0-pre'],
    // The first one that is accepted; this copy has nothing else inside.
    [CODE, 'dd-trace 5.83.0']
  ])
  expect(facts.errors[1].message).toMatch(/is not supported: spanlane works with >=5\.83\.0 <7/)
  expect(facts.errors[3].message).toMatch(/works differently/)
  expect(facts.bundled).toMatchObject({
    code: CODE,
    message: expect.stringMatching(/external: \["dd-trace", "spanlane"\]/)
  })
})

test.each([
  ['span', /a test span did not arrive/],
  ['evaluation', /a test evaluation did not arrive/],
  ['throws', /a test span failed with "not what it was"/]
])('changed inside (%s): the first routing context throws, fn does not run', async (what, message) => {
  const { facts } = await run('unsupported', { args: [what] })
  expect(facts.attachError).toBeNull()
  expect(facts.errors).toEqual([
    { code: CODE, name: 'SpanlaneError', message: expect.stringMatching(message) },
    {
      code: CODE,
      name: 'SpanlaneError',
      message: expect.stringMatching(/dd-trace \d+\.\d+\.\d+ works differently/)
    }
  ])
  expect(facts).toMatchObject({ ran: 0, submitted: 0, hosts: [] })
  expect(facts.lines).toHaveLength(1)
})

test('changed inside, a method gone: attach throws', async () => {
  const { facts } = await run('unsupported', { args: ['member'] })
  expect(facts.attachError).toMatchObject({
    code: CODE,
    message: expect.stringMatching(/it has no Tagger\._setTag/)
  })
})

test('onUnsupported "pass": one error in the log, and dd-trace delivers by itself', async () => {
  const { facts } = await run('unsupported', { args: ['span', 'pass'] })
  expect(facts).toMatchObject({ errors: [null, null], ran: 2 })
  expect(facts.lines).toEqual([expect.stringMatching(/works differently/)])
})
