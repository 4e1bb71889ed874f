'use strict'

const { sdk } = require('./setup')

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

test.each([undefined, null, ''])('%p is not given', async nothing => {
  const { llmobs, intake } = await open()
  llmobs.trace({ kind: 'llm', ...all(nothing) }, () => {})
  await llmobs.flush()
  expect(intake.spans().map(labelsOf)).toEqual([
    { name: 'llm', sessionId: undefined, mlApp: 'shop', modelName: 'custom', modelProvider: 'custom' }
  ])
})
