'use strict'

const { ACME, sdk } = require('./setup')

const { open } = sdk()

const LABELS = ['name', 'sessionId', 'mlApp', 'modelName', 'modelProvider']

/** What a span says of each. @param {any} span */
function labelsOf({ name, session_id: sessionId, tags, meta }) {
  const mlApp = tags.find(tag => tag.startsWith('ml_app:')).slice('ml_app:'.length)
  return { name, sessionId, mlApp, modelName: meta.model_name, modelProvider: meta.model_provider }
}

/** @param {unknown} value */
const all = value => Object.fromEntries(LABELS.map(label => [label, value]))

describe('a label of another primitive type is text', () => {
  test.each([
    [12345, '12345'],
    [0, '0'],
    [-1.5, '-1.5'],
    [true, 'true'],
    [false, 'false'],
    [12n, '12'],
    [Symbol('s'), 'Symbol(s)']
  ])('%p for each label of trace', async (value, text) => {
    const { llmobs, intake } = await open()
    expect(llmobs.trace({ kind: 'llm', ...all(value) }, () => 'ran')).toBe('ran')
    await llmobs.flush()
    expect(intake.spans().map(labelsOf)).toEqual([{ ...all(text), modelProvider: text.toLowerCase() }])
  })

  test('for wrap and decorate, too', async () => {
    const { llmobs, intake } = await open()
    const options = { kind: 'embedding', ...all(7) }
    llmobs.wrap(/** @type {any} */ (options), () => {})()
    class Service {
      embed() {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'embed')
    llmobs.decorate(/** @type {any} */ (options))(Service.prototype, 'embed', descriptor)
    descriptor?.value()
    await llmobs.flush()
    expect(intake.spans().map(labelsOf)).toEqual([all('7'), all('7')])
  })

  test('a session that is a number is the session of what follows', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ kind: 'workflow', name: 'outer', sessionId: /** @type {any} */ (99) }, () => {
      llmobs.trace({ kind: 'task', name: 'inner' }, () => {})
    })
    const { outer, inner } = await spans()
    expect([outer.session_id, inner.session_id]).toEqual(['99', '99'])
  })
})

describe('at other entrances, too', () => {
  test('the name of an annotation context', async () => {
    const { llmobs, intake } = await open()
    const any = /** @type {any} */ (llmobs)
    for (const name of [5, 12n, true, '', undefined, null])
      any.annotationContext({ name }, () => any.trace({ kind: 'task', name: 'own' }, () => {}))
    await llmobs.flush()
    expect(intake.spans().map(({ name }) => name)).toEqual(['5', '12', 'true', 'own', 'own', 'own'])
  })

  test('the application of evaluations and feedback, and the session of feedback', async () => {
    const { llmobs, intake } = await open()
    const any = /** @type {any} */ (llmobs)
    const metric = { label: 7, metricType: 'score', value: 1, mlApp: 42 }
    any.submitEvaluation({ traceId: '1', spanId: '2' }, metric)
    any.submitFeedback({ ...metric, sessionId: 99, submitter: { id: 'u' } })
    await llmobs.flush()
    expect(intake.evaluations()).toEqual([
      expect.objectContaining({ label: '7', ml_app: '42' }),
      expect.objectContaining({ label: '7', ml_app: '42', session_id: '99' })
    ])
  })

  test('application, service and environment of a route', async () => {
    const { llmobs, spans } = await open()
    const route = /** @type {any} */ ({ ...ACME, mlApp: 1, service: 2, env: 3n })
    llmobs.withRoutingContext(route, () => llmobs.trace({ kind: 'task', name: 'routed' }, () => {}))
    expect((await spans()).routed.tags).toEqual(expect.arrayContaining(['ml_app:1', 'service:2', 'env:3']))
  })

  test('what goes to another service and comes back', async () => {
    const { llmobs, spans } = await open()
    const any = /** @type {any} */ (llmobs)
    const headers = any.trace({ kind: 'agent', name: 7, sessionId: 8, mlApp: 9 }, () => {
      const carrier = {}
      llmobs.inject(carrier)
      return carrier
    })
    llmobs.extract(headers, () => llmobs.trace({ kind: 'task', name: 'there' }, () => {}))
    const { there } = await spans()
    expect([there.session_id, there.tags.includes('ml_app:9')]).toEqual(['8', true])
    expect(there.meta.agent_attribution.pagent_name).toBe('7')
  })

  test('the application that is named when recording begins again', async () => {
    const { llmobs, spans } = await open()
    llmobs.disable()
    llmobs.enable({ mlApp: /** @type {any} */ (5) })
    llmobs.trace({ kind: 'task', name: 'again' }, () => {})
    expect((await spans()).again.tags).toContain('ml_app:5')
  })

  test('the name of a decorated method stays where none is given', async () => {
    const { llmobs, intake } = await open()
    for (const name of [undefined, null]) {
      const descriptor = { value() {} }
      llmobs.decorate({ kind: 'task', name })({}, 'method', descriptor)
      descriptor.value()
    }
    await llmobs.flush()
    expect(intake.spans().map(({ name }) => name)).toEqual(['method', 'method'])
  })
})

test.each([undefined, null, ''])('%p is not given', async nothing => {
  const { llmobs, intake } = await open()
  llmobs.trace({ kind: 'llm', ...all(nothing) }, () => {})
  await llmobs.flush()
  expect(intake.spans().map(labelsOf)).toEqual([
    { name: 'llm', sessionId: undefined, mlApp: 'shop', modelName: 'custom', modelProvider: 'custom' }
  ])
})
