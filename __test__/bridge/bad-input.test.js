'use strict'

const { programs } = require('./setup')

const { run } = programs()

/** @type {any} */
let world

beforeAll(async () => {
  world = await run('bad-input')
})

describe('attach says what is wrong, before it changes anything', () => {
  test.each([
    [
      'undefined',
      'TypeError',
      'SPANLANE_INVALID_OPTION',
      /attach needs the tracer of dd-trace.*got undefined/
    ],
    ['not a tracer', 'TypeError', 'SPANLANE_INVALID_OPTION', /attach needs the tracer/],
    ['unknown option', 'TypeError', 'SPANLANE_INVALID_OPTION', /"apiKeys" is not known/],
    ['wrong choice', 'TypeError', 'SPANLANE_INVALID_OPTION', /"apmGenAiTags" must be "keep" or "remove"/],
    ['other options', 'SpanlaneError', 'SPANLANE_ALREADY_INITIALIZED', /other options/],
    ['another tracer', 'SpanlaneError', 'SPANLANE_ALREADY_INITIALIZED', /another tracer/]
  ])('%s', (what, name, code, message) => {
    expect(world.facts.attachErrors[what]).toEqual({ name, code, message: expect.stringMatching(message) })
  })

  test('twice the same is once', () => {
    expect(world.facts.isIdempotent).toBe(true)
  })
})

test('a tracer that is not initialised: fn runs, one warning says why nothing is recorded', () => {
  const { result, alias, noFunction, warnings } = world.facts.beforeInit
  expect([result, alias]).toEqual(['ran', 'ran'])
  expect(noFunction).toMatchObject({ code: 'SPANLANE_INVALID_CALLBACK' })
  expect(warnings).toEqual([expect.stringMatching(/LLM Observability of dd-trace is off/)])
})

describe('a wrong routing context throws our error before fn runs', () => {
  test.each([
    ['no options', 'SPANLANE_INVALID_API_KEY'],
    ['old: key and site as texts', 'SPANLANE_INVALID_CALLBACK'],
    ['old: a function alone', 'SPANLANE_INVALID_CALLBACK'],
    ["the names of dd-trace's storage", 'SPANLANE_INVALID_ROUTE'],
    ['no key', 'SPANLANE_INVALID_API_KEY'],
    ['empty key', 'SPANLANE_INVALID_API_KEY'],
    ['key of blanks', 'SPANLANE_INVALID_API_KEY'],
    ['key of another type', 'SPANLANE_INVALID_API_KEY'],
    ['key with a line break inside', 'SPANLANE_INVALID_API_KEY'],
    ['site with a user part', 'SPANLANE_INVALID_SITE'],
    ['site of somebody else', 'SPANLANE_INVALID_SITE'],
    ['empty site', 'SPANLANE_INVALID_SITE'],
    ['site of another type', 'SPANLANE_INVALID_SITE'],
    ['government site', 'SPANLANE_INVALID_SITE'],
    ['misspelt site', 'SPANLANE_INVALID_ROUTE'],
    ['no function', 'SPANLANE_INVALID_CALLBACK']
  ])('%s', (what, code) => {
    expect(world.facts.contextErrors[what]).toMatchObject({ code, name: 'TypeError' })
  })

  test('and fn did not run', () => {
    expect(world.facts.ran).toBe(0)
  })
})

test('the key is trimmed, and stays out of what dd-trace keeps', () => {
  expect(world.intake.spans({ key: 'e'.repeat(32), site: 'datadoghq.eu' }).map(span => span.name)).toEqual([
    'trimmed'
  ])
  expect(world.facts).toMatchObject({ keySeen: false, tokenSeen: true, hosts: [] })
})

test('a key that changes under its label goes on in the same trace', () => {
  const [before] = world.intake.spans({ key: 'b'.repeat(32) })
  const [after] = world.intake.spans({ key: 'f'.repeat(32) })
  expect(after).toMatchObject({ trace_id: before.trace_id, parent_id: before.span_id })
  expect(world.facts.line).toBe(before.trace_id)
})
