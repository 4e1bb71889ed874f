'use strict'

// A job comes with the parent that another process exported, and runs in the right context: it is delivered.

const { ACME, GLOBEX, sdk } = require('./setup')

const { open } = sdk()

const HOME = 'acme@datadoghq.eu'
const json = (/** @type {any} */ value) => JSON.parse(JSON.stringify(value))

/** Parents that nobody here knows. @type {[what: string, parent: (exported: any, theirs: any) => any][]} */
const UNKNOWN = [
  ['of another process', exported => json(exported)],
  [
    'of several targets, none known',
    exported => ({ ...exported, route: `${exported.route},${'0'.repeat(32)}/7` })
  ],
  ['with an empty reference', exported => ({ ...exported, route: '' })],
  ['with something else as reference', exported => ({ ...exported, route: 5 })],
  ['with an object as reference', exported => ({ ...exported, route: { toString: () => exported.route } })],
  ['with a reference that is too long', exported => ({ ...exported, route: 'f'.repeat(100_000) })],
  ['with ids that are none', exported => ({ ...exported, traceId: 'x y', spanId: '-1' })],
  ['with endless ids', exported => ({ ...exported, traceId: '1'.repeat(1e6), spanId: '2'.repeat(1e6) })],
  ['with endless ids and without a reference', () => ({ traceId: '1'.repeat(1e6), spanId: '2' })],
  ['a span of another instance', (_exported, theirs) => theirs.span]
]

/** @type {[what: string, run: (llmobs: any, parent: any) => void][]} */
const ENTRANCES = [
  ['trace', (llmobs, parent) => llmobs.trace({ kind: 'task', name: 'job', parent }, () => {})],
  [
    'trace with a callback',
    (llmobs, parent) => llmobs.trace({ kind: 'task', name: 'job', parent }, (_span, done) => done())
  ],
  ['wrap', (llmobs, parent) => llmobs.wrap({ kind: 'task', name: 'job', parent }, () => {})()],
  [
    'decorate',
    (llmobs, parent) => {
      const descriptor = { value() {}, configurable: true, writable: true }
      llmobs.decorate({ kind: 'task', name: 'job', parent })({}, 'job', descriptor).value()
    }
  ]
]

/** What another process of the same platform has exported. */
async function exportedElsewhere() {
  const { llmobs } = await open()
  return llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'workflow', name: 'request' }, span => ({ span, exported: llmobs.exportSpan(span) }))
  )
}

describe.each(UNKNOWN)('a parent %s', (_what, make) => {
  test.each(ENTRANCES)(
    '%s: the span is the root of its own trace, in the context it is in',
    async (_how, run) => {
      const theirs = await exportedElsewhere()
      const { llmobs, places, spans } = await open({ sampleRate: 0.5 })
      const parent = make(theirs.exported, theirs)
      llmobs.withRoutingContext(ACME, () =>
        llmobs.trace({ kind: 'agent', name: 'outer', sessionId: 's' }, () => run(llmobs, parent))
      )
      expect(await places()).toEqual({ outer: HOME, job: HOME })
      const { job, outer } = await spans()
      expect(job).toMatchObject({ parent_id: 'undefined', trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) })
      expect(job).not.toHaveProperty('session_id')
      expect([outer.trace_id, theirs.exported.traceId]).not.toContain(job.trace_id)
      expect(llmobs.stats().total).toMatchObject({ dropped: 0, tenantMismatch: 0 })
    }
  )
})

test('what is below such a span is a part of its trace', async () => {
  const { exported } = await exportedElsewhere()
  const { llmobs, spans } = await open()
  llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'task', name: 'job', parent: exported }, () =>
      llmobs.trace({ kind: 'task', name: 'below' }, () => {})
    )
  )
  const { job, below } = await spans()
  expect(below).toMatchObject({ trace_id: job.trace_id, parent_id: job.span_id })
})

test('with several targets each gets it', async () => {
  const { exported } = await exportedElsewhere()
  const { llmobs, intake } = await open()
  llmobs.withRoutingContext({ targets: [ACME, GLOBEX, 'default'] }, () =>
    llmobs.trace({ kind: 'task', name: 'job', parent: exported }, () => {})
  )
  await llmobs.flush()
  expect(intake.spans().map(({ parent_id }) => parent_id)).toEqual(['undefined', 'undefined', 'undefined'])
})

test('a span of this process that went nowhere takes no child along out of its context', async () => {
  const { llmobs, places, spans } = await open({ outsideContexts: 'refuse' })
  const parent = llmobs.trace({ kind: 'workflow', name: 'nowhere' }, span => span)
  llmobs.withRoutingContext(ACME, () =>
    llmobs.trace({ kind: 'task', name: 'job', parent }, () =>
      llmobs.trace({ kind: 'task', name: 'below' }, () => {})
    )
  )
  llmobs.trace({ kind: 'task', name: 'outside', parent }, () => {})
  expect(await places()).toEqual({ job: HOME, below: HOME })
  expect((await spans()).job.parent_id).toBe('undefined')
})

test('outside all contexts an unknown reference is no_route, never the default', async () => {
  const { exported } = await exportedElsewhere()
  const { llmobs, places } = await open({ outsideContexts: 'default' })
  llmobs.trace({ kind: 'task', name: 'job', parent: exported }, () =>
    llmobs.trace({ kind: 'task', name: 'below' }, () => {})
  )
  expect(await places()).toEqual({})
  expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 2 })
})

test.each([['null'], ['undefined']])(
  'a reference that is %s is not given: the ids are continued',
  async kind => {
    const { llmobs, places, spans } = await open()
    const parent = { traceId: '9'.repeat(32), spanId: '7', route: kind === 'null' ? null : undefined }
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: 'job', parent }, () => {}))
    expect(await places()).toEqual({ job: HOME })
    expect((await spans()).job).toMatchObject({ trace_id: '9'.repeat(32), parent_id: '7' })
  }
)
