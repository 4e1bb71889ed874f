'use strict'

const encoded = jest.spyOn(require('../../lib/record/values').ValueWriter.prototype, 'expect')
const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()
const BOTH = { targets: [ACME, 'default'] }

/**
 * @param {any} opened
 * @param {string} owner
 * @returns {Record<string, any>} the spans of one organisation, by name
 */
function spansOf({ intake }, owner) {
  return Object.fromEntries(intake.spans({ key: KEYS[owner] }).map(span => [span.name, span]))
}

describe('a route with targets sends each span to each of them', () => {
  test('with the same ids, and counts each copy', async () => {
    const opened = await open({ tags: { rack: 'r7' } })
    const { llmobs } = opened
    llmobs.withRoutingContext(BOTH, () =>
      llmobs.trace({ kind: 'workflow', name: 'outer' }, () =>
        llmobs.trace({ kind: 'llm', name: 'inner' }, () => {})
      )
    )
    const report = await llmobs.flush()
    expect(report.delivered).toBe(4)
    expect(llmobs.stats().total.submitted).toBe(4)
    const acme = spansOf(opened, 'acme')
    const ours = spansOf(opened, 'platform')
    expect(acme.inner).toMatchObject({ span_id: ours.inner.span_id, parent_id: acme.outer.span_id })
    expect(ours.inner.parent_id).toBe(ours.outer.span_id)
    expect(ours.inner.tags).toContain('rack:r7')
    expect(acme.inner.tags).not.toContain('rack:r7')
  })

  test('a child of the exported span goes to all of them, each in the trace of its own tenant', async () => {
    const opened = await open()
    const { llmobs } = opened
    /** @type {any} */
    let parent
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'agent', name: 'outer' }, () =>
        llmobs.withRoutingContext({ targets: [GLOBEX, ACME] }, () =>
          llmobs.trace({ kind: 'llm', name: 'both' }, span => {
            parent = llmobs.exportSpan(span)
          })
        )
      )
    )
    llmobs.trace({ kind: 'task', name: 'later', parent }, () =>
      llmobs.trace({ kind: 'task', name: 'leaf' }, () => {})
    )
    await llmobs.flush()
    for (const owner of ['acme', 'globex']) {
      const { both, later, leaf } = spansOf(opened, owner)
      expect(later).toMatchObject({ trace_id: both.trace_id, parent_id: both.span_id })
      expect(leaf).toMatchObject({ trace_id: both.trace_id, parent_id: later.span_id })
    }
    expect(spansOf(opened, 'acme').both.trace_id).not.toBe(spansOf(opened, 'globex').both.trace_id)
    expect(llmobs.stats().total).toMatchObject({ submitted: 7, delivered: 7 })
  })

  test('each copy follows the borders of its own tenant', async () => {
    const opened = await open()
    const { llmobs } = opened
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'agent', name: 'acme agent', sessionId: 'acme session' }, () =>
        llmobs.withRoutingContext({ targets: [GLOBEX, ACME] }, () =>
          llmobs.trace({ kind: 'llm', name: 'both' }, () =>
            llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'tool', name: 'leaf' }, () => {}))
          )
        )
      )
    )
    await llmobs.flush()
    const { 'acme agent': agent, both: theirs, leaf } = spansOf(opened, 'acme')
    const { both: foreign } = spansOf(opened, 'globex')
    expect(theirs).toMatchObject({
      trace_id: agent.trace_id,
      parent_id: agent.span_id,
      session_id: 'acme session'
    })
    expect(theirs.meta.agent_attribution.pagent_name).toBe('acme agent')
    expect(leaf).toMatchObject({ trace_id: agent.trace_id, parent_id: theirs.span_id })
    expect(foreign.parent_id).toBe('undefined')
    expect(foreign.trace_id).not.toBe(agent.trace_id)
    expect(JSON.stringify(foreign)).not.toContain('acme')
  })

  test('the content is encoded once', async () => {
    const { llmobs } = await open()
    encoded.mockClear()
    llmobs.withRoutingContext({ targets: [ACME, GLOBEX, 'default'] }, () =>
      llmobs.trace({ kind: 'llm', name: 'call' }, () => llmobs.annotate({ inputData: 'x' }))
    )
    expect(encoded).toHaveBeenCalledTimes(1)
    expect((await llmobs.flush()).delivered).toBe(3)
  })

  test('captureContent and a processor of one target do not touch the other copies', async () => {
    const opened = await open()
    const { llmobs } = opened
    const processor = span => {
      span.input[0].content = '[masked]'
      return span
    }
    llmobs.withRoutingContext(
      { targets: [{ ...ACME, captureContent: false }, { ...GLOBEX, processor }, 'default'] },
      () => llmobs.trace({ kind: 'llm', name: 'call' }, () => llmobs.annotate({ inputData: 'words' }))
    )
    await llmobs.flush()
    const input = owner => spansOf(opened, owner).call.meta.input
    expect(input('acme')).toEqual({})
    expect(input('globex')).toEqual({ messages: [{ role: '', content: '[masked]' }] })
    expect(input('platform')).toEqual({ messages: [{ role: '', content: 'words' }] })
  })

  test('settings beside targets are for all of them', async () => {
    const opened = await open()
    opened.llmobs.withRoutingContext({ targets: [ACME, { ...GLOBEX, mlApp: 'own' }], mlApp: 'shared' }, () =>
      opened.llmobs.trace({ kind: 'task', name: 'a' }, () => {})
    )
    await opened.llmobs.flush()
    expect(spansOf(opened, 'acme').a.tags).toContain('ml_app:shared')
    expect(spansOf(opened, 'globex').a.tags).toContain('ml_app:own')
  })

  test('the same target twice is one copy', async () => {
    const { llmobs } = await open()
    llmobs.withRoutingContext({ targets: [ACME, { ...ACME }] }, () =>
      llmobs.trace({ kind: 'task' }, () => {})
    )
    expect((await llmobs.flush()).delivered).toBe(1)
  })

  test("one tenant's failure does not touch the other copy", async () => {
    const opened = await open(
      {},
      { script: { match: { key: KEYS.acme }, actions: [{ status: 400, times: Infinity }] } }
    )
    opened.llmobs.withRoutingContext(BOTH, () => opened.llmobs.trace({ kind: 'task', name: 'a' }, () => {}))
    expect(await opened.llmobs.flush()).toMatchObject({ delivered: 1, rejected: 1, pending: 0 })
    expect(Object.keys(spansOf(opened, 'platform'))).toEqual(['a'])
  })

  test('flush of that route waits for all of them', async () => {
    const { llmobs } = await open()
    const route = llmobs.route({ targets: [ACME, GLOBEX] })
    llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task' }, () => {}))
    const report = await llmobs.flush({ route })
    expect(report).toMatchObject({ delivered: 2, pending: 0 })
    expect(report.tenants.map(({ tenant }) => tenant).sort()).toEqual(['acme', 'globex'])
  })
})

describe('an evaluation of such a span goes to each of them', () => {
  test('with the trace id that the copy has there', async () => {
    const opened = await open()
    const { llmobs, intake } = opened
    let exported
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'agent', name: 'agent' }, () =>
        llmobs.withRoutingContext({ targets: [ACME, GLOBEX] }, () =>
          llmobs.trace({ kind: 'llm', name: 'both' }, span => {
            exported = llmobs.exportSpan(span)
          })
        )
      )
    )
    llmobs.submitEvaluation(JSON.parse(JSON.stringify(exported)), {
      label: 'q',
      metricType: 'score',
      value: 1
    })
    await llmobs.flush()
    for (const owner of ['acme', 'globex']) {
      const { both } = spansOf(opened, owner)
      const [metric] = intake.evaluations({ key: KEYS[owner] })
      expect(metric.join_on.span).toEqual({ trace_id: both.trace_id, span_id: both.span_id })
    }
  })
})
