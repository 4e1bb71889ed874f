'use strict'

const { keyFingerprint } = require('../../../testing')
const { intakes } = require('../../support/intake')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('../../support/wire')

const { start } = intakes({ expectViolations: true })

const TRACE = '7'.padStart(32, '0')
const owned = (owner, change) => spanEvent({ tags: [`owner:${owner}`], ...change })
const [ACME, GLOBEX] = [keyFingerprint(KEYS.acme), keyFingerprint(KEYS.globex)]

/** Each step is one request; what the page then says. */
async function judged(steps, prepare = () => {}) {
  const intake = await start({ page: true })
  prepare(intake)
  for (const step of steps) await send(intake, step)
  const snapshot = await snapshotOf(intake)
  return { ...snapshot, intake, kinds: snapshot.findings.map(({ kind, level }) => `${level} ${kind}`) }
}

async function snapshotOf({ url }) {
  return (await fetch(`${url}/spanlane/snapshot`)).json()
}

const atHome = [
  { key: KEYS.acme, body: spanBody(owned('acme', { trace_id: TRACE, span_id: '1' }), owned('acme')) },
  { key: KEYS.globex, body: spanBody(owned('globex'), owned('globex')) }
]
const atGlobex = body => ({ key: KEYS.globex, body })

describe('red: what cannot be right', () => {
  test.each([
    [
      'wrong_tenant',
      atGlobex(spanBody(owned('acme'))),
      'Data of acme reached globex',
      `Data of acme arrived at globex (datadoghq.com with key ${GLOBEX}), which is globex's.`
    ],
    [
      'mixed_body',
      { body: spanBody(owned('acme'), spanEvent({ tags: ['owner:acme-2'] })) },
      'One body holds data of acme and acme-2',
      `One body to acme (datadoghq.com with key ${ACME}) holds data of acme and acme-2.`
    ],
    ['key_in_body', { body: spanBody(owned('acme', { name: KEYS.acme })) }, 'A key of acme lies open'],
    ['key_in_header', { headers: { 'user-agent': KEYS.acme } }, 'A key of acme lies open'],
    ['two_keys', { headers: { 'dd-api-key': [KEYS.acme, KEYS.acme] } }, undefined],
    [
      'shared_trace',
      atGlobex(spanBody(owned('globex', { trace_id: TRACE }))),
      'One trace at globex and acme'
    ],
    [
      'foreign_parent',
      atGlobex(spanBody(owned('globex', { parent_id: '1' }))),
      "A parent of globex's span is at acme"
    ],
    [
      'foreign_evaluation',
      {
        key: KEYS.globex,
        stream: 'evaluations',
        body: evaluationBody(
          metric({ tags: ['owner:globex'], join_on: { span: { trace_id: TRACE, span_id: '1' } } })
        )
      },
      "An evaluation of acme's span is at globex"
    ]
  ])('%s', async (...row) => {
    const [kind, crossing, title, message] = row
    const { seal, findings } = await judged([...atHome, crossing])
    expect(seal.state).toBe('red')
    const found = findings.find(finding => finding.kind === kind)
    expect(found).toMatchObject({ level: 'red', request: 3, count: 1 })
    if (title !== undefined) expect(seal.title).toBe(title)
    if (message !== undefined) expect(found.message).toBe(message)
  })

  test('owner_moved: a declared owner elsewhere', async () => {
    const { seal, kinds } = await judged([{ body: spanBody(owned('acme')) }], intake =>
      intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.eu' })
    )
    expect(kinds).toContain('red owner_moved')
    expect(seal).toMatchObject({ state: 'red', title: 'Data of acme arrived elsewhere' })
  })

  test('also in a request that was refused: it left the machine', async () => {
    const intake = await start({
      page: true,
      script: { match: { key: KEYS.globex }, actions: [{ status: 403, times: 9 }] }
    })
    for (const step of [...atHome, atGlobex(spanBody(owned('acme')))]) await send(intake, step)
    const { seal, matrix } = await snapshotOf(intake)
    expect(seal.title).toBe('Data of acme reached globex')
    expect(matrix.find(({ owner, lane }) => owner === 'acme' && lane.startsWith(GLOBEX))).toMatchObject({
      spans: 0,
      refused: 1
    })
  })

  test('over several intakes on one page', async () => {
    const one = await start({ page: true })
    const second = await start({ page: one })
    await send(one, { ...atHome[0] })
    await send(second, { ...atHome[1], site: 'datadoghq.eu' })
    await send(second, { ...atGlobex(spanBody(owned('acme'))), site: 'datadoghq.eu' })
    expect((await snapshotOf(one)).seal.title).toBe('Data of acme reached globex')
    expect(await snapshotOf(second)).toEqual(await snapshotOf(one))
  })

  test('a child that came before its parent, whatever the order', async () => {
    const parent = { key: KEYS.acme, body: spanBody(owned('acme', { span_id: '42' })) }
    const child = atGlobex(spanBody(owned('globex', { parent_id: '42' })))
    const { kinds } = await judged([...atHome, child, parent])
    expect(kinds).toEqual(['red foreign_parent'])
  })

  test('a stray event does not make a place the home of its owner, even as the first', async () => {
    const { seal } = await judged([atGlobex(spanBody(owned('acme'))), ...atHome])
    expect(seal.title).toBe('Data of acme reached globex')
  })
})

describe('amber: right if somebody says so', () => {
  const twoSites = [
    { body: spanBody(owned('globex')) },
    { body: spanBody(owned('globex')), site: 'datadoghq.eu' }
  ]
  const post = (intake, path, body) =>
    fetch(intake.url + path, { method: 'POST', body: JSON.stringify(body), headers: { origin: intake.url } })

  test('one owner at two places: a question, and green once it is declared', async () => {
    const { intake, seal, findings } = await judged(twoSites)
    expect(seal).toMatchObject({ state: 'amber', title: 'globex arrives at 2 places: expected?' })
    const [{ owners, lanes }] = findings
    const answer = await post(intake, '/spanlane/declare', { owner: owners[0], lanes })
    expect(answer.status).toBe(204)
    const after = await snapshotOf(intake)
    expect(after.seal).toMatchObject({ state: 'green', detail: '2 spans of 1 owner on 2 lanes' })
    expect(after.lanes.map(lane => lane.nameFrom)).toEqual(['declared', 'declared'])
    await send(intake, twoSites[1])
    expect(intake.violations).toHaveLength(1)
  })

  test('one owner at two places that the application calls by one label is no question', async () => {
    const headers = { 'x-spanlane-tenant': 'globex' }
    const { seal } = await judged(twoSites.map(step => ({ ...step, headers })))
    expect(seal.state).toBe('green')
  })

  test('unknown_key: nobody was declared for it', async () => {
    const { seal, kinds } = await judged(atHome, intake =>
      intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.com' })
    )
    expect(kinds).toEqual(['amber unknown_key'])
    expect(seal.state).toBe('amber')
  })

  test('a trace at two lanes that nobody named', async () => {
    const body = () => spanBody(spanEvent({ trace_id: TRACE }))
    const { kinds } = await judged([{ body: body() }, atGlobex(body())])
    expect(kinds).toEqual(['amber shared_trace', 'grey no_owner'])
  })
})

describe('grey: what proves nothing', () => {
  test('nothing arrived', async () => {
    const { seal } = await judged([])
    expect(seal).toEqual({ state: 'grey', title: 'Nothing to compare yet', detail: '' })
  })

  test('no span names its owner', async () => {
    const { seal, kinds } = await judged([{}, { key: KEYS.globex }])
    expect(seal).toEqual({ state: 'grey', title: 'No span names its owner', detail: 'nothing to compare' })
    expect(kinds).toEqual(['grey no_owner'])
  })

  test('one lane of two names no owner', async () => {
    const { seal } = await judged([atHome[0], { key: KEYS.globex }])
    expect(seal).toMatchObject({ state: 'grey', title: '1 of 2 lanes name no owner' })
  })

  test('nothing_arrived: a note beside what was proved', async () => {
    const { seal, kinds } = await judged([atHome[0]], intake => {
      intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.com' })
      intake.expectOwner('initech', { key: KEYS.initech, site: 'datadoghq.com' })
    })
    expect(seal.state).toBe('green')
    expect(kinds).toEqual(['grey nothing_arrived'])
  })
})

describe('green: proved', () => {
  test('two owners at home', async () => {
    const { seal, findings } = await judged(atHome)
    expect(seal).toEqual({
      state: 'green',
      title: 'Nothing crossed',
      detail: '4 spans of 2 owners on 2 lanes'
    })
    expect(findings).toEqual([])
  })

  test('one trace at two lanes of one owner, parents and evaluations included', async () => {
    const both = [KEYS.acme, KEYS.initech]
    const spans = () =>
      spanBody(
        owned('acme', { trace_id: TRACE, span_id: '1' }),
        owned('acme', { trace_id: TRACE, parent_id: '1' })
      )
    const { findings } = await judged(
      both.map(key => ({ key, body: spans() })),
      intake => {
        for (const key of both) intake.expectOwner('acme', { key, site: 'datadoghq.com' })
      }
    )
    expect(findings).toEqual([])
  })

  test('names say where they are from', async () => {
    const label = { 'x-spanlane-tenant': encodeURIComponent('Zürich') }
    const { lanes } = await judged(
      [
        atHome[0],
        { key: KEYS.globex, headers: label },
        { key: KEYS.initech },
        { key: KEYS.acme, site: 'datadoghq.eu', body: spanBody(owned('x')) }
      ],
      intake => intake.expectOwner('declared-one', { key: KEYS.acme, site: 'datadoghq.eu' })
    )
    expect(lanes.map(({ name, nameFrom }) => [name, nameFrom])).toEqual([
      ['acme', 'owner'],
      ['Zürich', 'label'],
      [keyFingerprint(KEYS.initech), 'fingerprint'],
      ['declared-one', 'declared']
    ])
  })
})
