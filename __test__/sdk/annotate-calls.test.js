'use strict'

const { sdk, thrownBy } = require('./setup')

const { open } = sdk()
const TASK = { kind: 'task', name: 'work' }

describe('annotate finds its span', () => {
  test('the active one, also after awaits', async () => {
    const { llmobs, spans } = await open()
    await llmobs.trace(TASK, async () => {
      await null
      expect(llmobs.annotate({ inputData: 'in' })).toBeUndefined()
    })
    expect((await spans()).work.meta.input.value).toBe('in')
  })

  test('the innermost one', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ ...TASK, name: 'outer' }, () => {
      llmobs.trace(TASK, () => llmobs.annotate({ inputData: 'in' }))
      llmobs.annotate({ outputData: 'out' })
    })
    const { outer, work } = await spans()
    expect([work.meta.input, work.meta.output]).toEqual([{ value: 'in' }, {}])
    expect([outer.meta.input, outer.meta.output]).toEqual([{}, { value: 'out' }])
  })

  test('the one it is given', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ ...TASK, name: 'outer' }, outer => {
      llmobs.trace(TASK, () => llmobs.annotate(outer, { inputData: 'in' }))
    })
    const { outer, work } = await spans()
    expect([outer.meta.input.value, work.meta.input.value]).toEqual(['in', undefined])
  })

  test.each([undefined, null])('the active one when it is given %p', async span => {
    const { llmobs, spans } = await open()
    llmobs.trace(TASK, () => llmobs.annotate(span, { inputData: 'in' }))
    expect((await spans()).work.meta.input.value).toBe('in')
  })
})

describe('annotate refuses, where that is asked for,', () => {
  test.each([
    ['outside a span', llmobs => llmobs.annotate({ inputData: 'x' }), Error, 'SPANLANE_NO_ACTIVE_SPAN'],
    ['without anything', llmobs => llmobs.annotate(), Error, 'SPANLANE_NO_ACTIVE_SPAN'],
    [
      'what is no span',
      llmobs => llmobs.annotate({ other: 1 }, { inputData: 'x' }),
      TypeError,
      'SPANLANE_INVALID_SPAN'
    ]
  ])('%s', async (_what, call, type, code) => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const error = thrownBy(() => call(llmobs))
    expect(error).toBeInstanceOf(type)
    expect(error.code).toBe(code)
  })

  test('no options', async () => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    llmobs.trace(TASK, span => {
      expect(thrownBy(() => llmobs.annotate(span)).code).toBe('SPANLANE_INVALID_ANNOTATION')
      expect(thrownBy(() => llmobs.annotate(span, null)).code).toBe('SPANLANE_INVALID_ANNOTATION')
      expect(thrownBy(() => llmobs.annotate(span, 'text')).code).toBe('SPANLANE_INVALID_ANNOTATION')
    })
  })

  test('a finished span', async () => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const span = llmobs.trace(TASK, given => given)
    const error = thrownBy(() => llmobs.annotate(span, { inputData: 'x' }))
    expect([error.code, error.message]).toEqual(['SPANLANE_SPAN_FINISHED', 'Cannot annotate a finished span'])
  })
})

test('a refused annotation changes nothing, where refusing is asked for', async () => {
  const { llmobs, spans } = await open({ onMisuse: 'throw' })
  llmobs.trace(TASK, () => {
    const annotation = { inputData: 'in', tags: { a: 1 }, metrics: { bad: 'text' } }
    expect(thrownBy(() => llmobs.annotate(annotation)).code).toBe('SPANLANE_INVALID_ANNOTATION')
  })
  const { work } = await spans()
  expect(work.meta.input).toEqual({})
  expect(work.tags).not.toContain('a:1')
})
