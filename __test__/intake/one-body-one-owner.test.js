'use strict'

const { intakes } = require('../support/intake')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('../support/wire')

const { start } = intakes({ expectViolations: true })
const owned = (owner, change) => spanEvent({ tags: ['env:test', `owner:${owner}`], ...change })
const kindsOf = intake => intake.violations.map(({ kind }) => kind)

describe('one body holds the data of one owner', () => {
  test.each([
    ['one owner', spanBody(owned('acme'), owned('acme')), []],
    ['one owner and events of nobody', spanBody(owned('acme'), spanEvent()), []],
    ['nobody', spanBody(spanEvent(), spanEvent()), []],
    ['two owners by tag', spanBody(owned('acme'), owned('globex')), ['mixed_body']],
    [
      'two owners by metadata',
      spanBody(
        owned('acme'),
        spanEvent({ meta: { 'span.kind': 'task', input: {}, output: {}, metadata: { owner: 'globex' } } })
      ),
      ['mixed_body']
    ]
  ])('spans of %s', async (_, body, expected) => {
    const intake = await start()
    await send(intake, { body })
    expect(kindsOf(intake)).toEqual(expected)
    expect(intake.counts.violations).toBe(expected.length)
  })

  test.each([
    ['by tag', { tags: ['owner:globex'] }],
    ['by metadata', { metadata: { owner: 'globex' } }]
  ])('evaluations of two owners %s', async (_, change) => {
    const intake = await start()
    const body = evaluationBody(metric({ tags: ['owner:acme'] }), metric(change))
    await send(intake, { stream: 'evaluations', body })
    expect(kindsOf(intake)).toEqual(['mixed_body'])
    expect(intake.violations[0]).toMatchObject({
      owners: ['acme', 'globex'],
      request: 1,
      site: 'datadoghq.com'
    })
  })

  test('is noticed in a body that is answered with an error, too: it left the machine', async () => {
    const intake = await start({ script: { actions: [{ status: 503 }] } })
    await send(intake, { body: spanBody(owned('acme'), owned('globex')) })
    expect(kindsOf(intake)).toEqual(['mixed_body'])
  })
})

describe('an owner stays at one key and site', () => {
  test.each([
    ['the same place again', {}, []],
    [
      'the other stream of the same place',
      { stream: 'evaluations', body: evaluationBody(metric({ tags: ['owner:acme'] })) },
      []
    ],
    ['another key', { key: KEYS.globex }, ['owner_moved']],
    ['another site', { site: 'datadoghq.eu' }, ['owner_moved']]
  ])('%s', async (_, second, expected) => {
    const intake = await start()
    await send(intake, { body: spanBody(owned('acme')) })
    await send(intake, { body: spanBody(owned('acme')), ...second })
    expect(kindsOf(intake)).toEqual(expected)
  })

  test('a declared place counts from the first arrival on', async () => {
    const intake = await start()
    intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.eu' })
    await send(intake, { body: spanBody(owned('acme')) })
    expect(kindsOf(intake)).toEqual(['owner_moved'])
  })

  test('several places can be declared, for a rotated key', async () => {
    const intake = await start()
    intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.com' })
    intake.expectOwner('acme', { key: KEYS.globex, site: 'datadoghq.com' })
    await send(intake, { body: spanBody(owned('acme')) })
    await send(intake, { body: spanBody(owned('acme')), key: KEYS.globex })
    expect(kindsOf(intake)).toEqual([])
    await send(intake, { body: spanBody(owned('acme')), key: KEYS.initech })
    expect(kindsOf(intake)).toEqual(['owner_moved'])
  })

  test('a declaration needs a key', async () => {
    const intake = await start()
    expect(() => intake.expectOwner('acme', { site: 'datadoghq.com' })).toThrow(TypeError)
  })
})

describe('a key stays in its header', () => {
  test.each([
    ['in the body', { body: spanBody(spanEvent({ name: `key ${KEYS.acme}` })) }, ['key_in_body']],
    ['in a compressed body', { body: spanBody(spanEvent({ name: KEYS.acme })), gzip: true }, ['key_in_body']],
    ['in another header', { headers: { 'user-agent': `x ${KEYS.acme}` } }, ['key_in_header']],
    ['twice', { headers: { 'dd-api-key': [KEYS.acme, KEYS.globex] } }, ['two_keys']],
    ['nowhere else', {}, []]
  ])('%s', async (_, request, expected) => {
    const intake = await start()
    await send(intake, request)
    expect(kindsOf(intake)).toEqual(expected)
    expect(JSON.stringify(intake.violations)).not.toContain(KEYS.acme)
  })
})

test('violations are kept up to a bound and counted beyond it', async () => {
  const intake = await start()
  const body = spanBody(owned('acme'), owned('globex'))
  for (let sent = 0; sent < 1002; sent += 1) await send(intake, { body })
  expect(intake.violations).toHaveLength(1000)
  expect(intake.counts.violations).toBe(1002)
})
