'use strict'

const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()

/** Everything of the outer span that must not be seen by another tenant. */
const OUTER = { kind: 'agent', name: 'acme agent', sessionId: 'acme session', mlApp: 'acme app' }
const INNER = { kind: 'llm', name: 'inner' }

describe('a span whose parent belongs to another tenant is the root of its own trace', () => {
  test.each([
    ['another tenant', GLOBEX],
    ['the same key at another site', { ddApiKey: KEYS.acme, ddSite: 'us5.datadoghq.com' }],
    ['another key at the same site', { ddApiKey: KEYS.globex, ddSite: 'datadoghq.eu' }]
  ])('%s: nothing crosses', async (_what, inner) => {
    const { llmobs, spans } = await open({ sampleRate: 0 })
    llmobs.withRoutingContext({ ...ACME, sampleRate: 1 }, () =>
      llmobs.trace(OUTER, () => llmobs.withRoutingContext(inner, () => llmobs.trace(INNER, () => {})))
    )
    const { inner: span, 'acme agent': outer } = await spans()
    expect(span.parent_id).toBe('undefined')
    expect(span.session_id).toBeUndefined()
    expect(span.meta.agent_attribution).toBeUndefined()
    expect(span._dd).toMatchObject({ sample_rate: '0', sampling_decision: '0' })
    expect(span.tags).toContain('ml_app:shop')
    const text = JSON.stringify(span)
    for (const secret of [outer.trace_id, outer.span_id, 'acme']) expect(text).not.toContain(secret)
  })

  test('from the default route into a context, and back', async () => {
    const { llmobs, spans } = await open({ tags: { host: 'ours' } })
    llmobs.trace({ ...OUTER, name: 'platform agent' }, () =>
      llmobs.withRoutingContext(ACME, () => llmobs.trace(INNER, () => {}))
    )
    const { inner, 'platform agent': outer } = await spans()
    expect(inner).toMatchObject({
      parent_id: 'undefined',
      meta: expect.not.objectContaining({ agent_attribution: {} })
    })
    expect(inner.trace_id).not.toBe(outer.trace_id)
    expect(JSON.stringify(inner)).not.toMatch(/platform agent|acme session|host:ours/)
    expect(outer.tags).toContain('host:ours')
  })

  test("the tenant's later spans continue that new trace, not the older one", async () => {
    const { llmobs, spans } = await open()
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace(OUTER, () =>
        llmobs.withRoutingContext(GLOBEX, () =>
          llmobs.trace(INNER, () => llmobs.trace({ kind: 'tool', name: 'leaf' }, () => {}))
        )
      )
    )
    const { inner, leaf } = await spans()
    expect(leaf).toMatchObject({ trace_id: inner.trace_id, parent_id: inner.span_id })
  })
})

describe('a span of the same tenant continues the trace', () => {
  test('in a context opened again', async () => {
    const { llmobs, spans } = await open()
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace(OUTER, () => llmobs.withRoutingContext({ ...ACME }, () => llmobs.trace(INNER, () => {})))
    )
    const { inner, 'acme agent': outer } = await spans()
    expect(inner).toMatchObject({
      trace_id: outer.trace_id,
      parent_id: outer.span_id,
      session_id: 'acme session',
      meta: { agent_attribution: { pagent_name: 'acme agent', pagent_span_id: outer.span_id } }
    })
    expect(inner.tags).toContain('ml_app:acme app')
  })

  test('with a rotated key and at another site, when the label is the same', async () => {
    const { llmobs, spans } = await open()
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace(OUTER, () =>
        llmobs.withRoutingContext(
          { ddApiKey: KEYS.initech, ddSite: 'us5.datadoghq.com', tenant: 'acme' },
          () => llmobs.trace(INNER, () => {})
        )
      )
    )
    const { inner, 'acme agent': outer } = await spans()
    expect(inner).toMatchObject({ trace_id: outer.trace_id, parent_id: outer.span_id })
  })
})

describe('a parent given by hand', () => {
  test('gives its tenant to the child, and a disagreement is counted', async () => {
    const { llmobs, places, spans } = await open()
    let parent
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace(OUTER, span => {
        parent = span
      })
    )
    llmobs.withRoutingContext(GLOBEX, () =>
      llmobs.trace({ ...INNER, parent }, () => llmobs.trace({ kind: 'tool', name: 'leaf' }, () => {}))
    )
    llmobs.trace({ kind: 'task', name: 'outside', parent }, () => {})
    expect(await places()).toEqual({
      'acme agent': 'acme@datadoghq.eu',
      inner: 'acme@datadoghq.eu',
      leaf: 'acme@datadoghq.eu',
      outside: 'acme@datadoghq.eu'
    })
    const { inner, leaf, outside } = await spans()
    expect(inner.parent_id).toBe(parent.spanId)
    expect(outside.parent_id).toBe(parent.spanId)
    expect(leaf.parent_id).toBe(inner.span_id)
    const [acme] = llmobs.stats().tenants.filter(({ tenant }) => tenant === 'acme')
    expect(acme.tenantMismatch).toBe(1)
  })

  test('of the default route takes the child out of the context', async () => {
    const { llmobs, places } = await open()
    let parent
    llmobs.trace({ kind: 'task', name: 'ours' }, span => {
      parent = span
    })
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ ...INNER, parent }, () => llmobs.trace({ kind: 'tool', name: 'leaf' }, () => {}))
    )
    expect(await places()).toEqual({
      ours: 'platform@datadoghq.com',
      inner: 'platform@datadoghq.com',
      leaf: 'platform@datadoghq.com'
    })
  })

  test('as an exported span works the same', async () => {
    const { llmobs, places, spans } = await open()
    const exported = llmobs.withRoutingContext(ACME, () =>
      llmobs.trace(OUTER, span => llmobs.exportSpan(span))
    )
    llmobs.trace({ ...INNER, parent: JSON.parse(JSON.stringify(exported)) }, () => {})
    expect((await places()).inner).toBe('acme@datadoghq.eu')
    expect((await spans()).inner).toMatchObject({ trace_id: exported.traceId, parent_id: exported.spanId })
  })

  test.each([
    ['a span', (_exporter, span) => span],
    ['an exported span', (exporter, span) => exporter.exportSpan(span)]
  ])('%s of another instance is none: the context decides, and outside all nothing', async (_what, named) => {
    const theirs = await open()
    const { llmobs, places, spans } = await open()
    // Lanes are numbered from one in both: the first of ours is not the first of theirs.
    llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ kind: 'task', name: 'first' }, () => {}))
    const given = theirs.llmobs.withRoutingContext(ACME, () =>
      theirs.llmobs.trace(OUTER, span => named(theirs.llmobs, span))
    )
    llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ ...INNER, parent: given }, () => {}))
    llmobs.trace({ ...INNER, name: 'outside', parent: given }, () =>
      llmobs.trace({ kind: 'task', name: 'below' }, () => {})
    )
    expect(await places()).toEqual({
      first: expect.stringContaining('globex'),
      inner: expect.stringContaining('globex')
    })
    const { inner } = await spans()
    expect(inner.parent_id).toBe('undefined')
    expect(inner.trace_id).not.toBe(given.traceId)
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 2 })
  })

  test('whose route is not known leaves the child without a route, and what is below it, outside contexts', async () => {
    const { llmobs, places } = await open()
    const parent = { traceId: '1'.repeat(32), spanId: '1', route: '0'.repeat(32) }
    llmobs.trace({ ...INNER, parent }, () => {
      llmobs.trace({ kind: 'task', name: 'below' }, () => {})
      llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ kind: 'task', name: 'routed' }, () => {}))
    })
    expect(await places()).toEqual({ routed: expect.stringContaining('globex') })
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 2 })
  })
})

describe('what belongs to the host stays with the default route', () => {
  test('host tags go to tenants only when tenantTags names them', async () => {
    const { llmobs, spans } = await open({
      tags: { region: 'eu-1', rack: 'r7' },
      tenantTags: ['region'],
      service: 'svc',
      env: 'prod',
      version: '1.2'
    })
    llmobs.trace({ kind: 'task', name: 'ours' }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: 'theirs' }, () => {}))
    const { ours, theirs } = await spans()
    expect(ours.tags).toEqual(expect.arrayContaining(['region:eu-1', 'rack:r7']))
    expect(theirs.tags).toEqual(
      expect.arrayContaining(['region:eu-1', 'service:svc', 'env:prod', 'version:1.2'])
    )
    expect(theirs.tags).not.toContain('rack:r7')
  })

  test('a route may name its own app, service and env', async () => {
    const { llmobs, spans } = await open({ service: 'svc', env: 'prod' })
    llmobs.withRoutingContext({ ...ACME, mlApp: 'acme app', service: 'acme svc', env: 'acme env' }, () =>
      llmobs.trace({ kind: 'task', name: 'theirs' }, () => {})
    )
    expect((await spans()).theirs.tags).toEqual(
      expect.arrayContaining(['ml_app:acme app', 'service:acme svc', 'env:acme env'])
    )
  })
})
