'use strict'

const { Names, shownName } = require('../../lib/values/near-names')
const { sdk } = require('../sdk/setup')
const { annotated } = require('./fixture')

const { open } = sdk()

describe('options of annotate that nobody reads', () => {
  test.each([
    ['input', 'annotate does not know "input": did you mean "inputData"? It was taken for it.'],
    ['input_data', 'annotate does not know "input_data": did you mean "inputData"? It was taken for it.'],
    ['INPUTDATA', 'annotate does not know "INPUTDATA": did you mean "inputData"? It was taken for it.'],
    ['inptData', 'annotate does not know "inptData": did you mean "inputData"?'],
    ['metdata', 'annotate does not know "metdata": did you mean "metadata"?'],
    ['modelName', 'annotate does not know "modelName": it is an option of trace'],
    ['anything', 'annotate does not know "anything"'],
    ['a1b2c3d4', 'annotate does not know one of the names'],
    ['x'.repeat(41), 'annotate does not know one of the names']
  ])('%s', (name, line) => {
    const { event, warnings } = annotated('task', { [name]: 'said', outputData: 'out' }, 'warn')
    expect(warnings).toEqual([line])
    expect(event().meta.input).toEqual(line.endsWith('taken for it.') ? { value: 'said' } : {})
    expect(event().meta.output).toEqual({ value: 'out' })
  })

  test('do not take the place of one that is given', () => {
    const { event, warnings } = annotated('task', { inputData: 'right', input: 'other' }, 'warn')
    expect(event().meta.input).toEqual({ value: 'right' })
    expect(warnings).toEqual(['annotate does not know "input": did you mean "inputData"?'])
  })

  test('are ten at most, and what is taken of them is read once', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`name${index}`, 1]))
    expect(annotated('task', many, 'warn').warnings).toHaveLength(10)
    let reads = 0
    const options = {
      get output() {
        reads++
        return 'x'
      }
    }
    expect(annotated('task', options, 'warn').event().meta.output).toEqual({ value: 'x' })
    expect(reads).toBe(1)
  })
})

describe('options of trace that nobody reads', () => {
  test.each([
    [
      { modelname: 'gpt' },
      'modelName',
      /"modelname" is not known: did you mean "modelName"\? It was taken for it/
    ],
    [{ model: 'gpt' }, 'modelName', /"model" is not known: did you mean "modelName"\? It was taken for it/],
    [{ session_id: 's' }, 'sessionId', /"session_id" is not known: did you mean "sessionId"\?/],
    [{ startTime: 5 }, null, /"startTime" is not known: the span starts when its function does/],
    [{ tenantId: 't' }, null, /"tenantId" is not known: an option of withRoutingContext/],
    [{ inputData: 'x' }, null, /"inputData" is not known: it is said by annotate/],
    [{ modlName: 'gpt' }, null, /"modlName" is not known: did you mean "modelName"\?;/]
  ])('%j', async (more, taken, line) => {
    const { llmobs, log, spans } = await open()
    const any = /** @type {any} */ (llmobs)
    any.trace({ kind: 'llm', name: 'call', ...more }, () => {})
    any.wrap({ kind: 'llm', name: 'call', ...more }, () => {})()
    expect(log.lines).toEqual([expect.stringMatching(line)])
    expect(llmobs.stats().misuse).toEqual({ SPANLANE_INVALID_OPTION: 2 })
    const { call } = await spans()
    expect(call.meta.model_name).toBe(taken === 'modelName' ? 'gpt' : 'custom')
    expect(call.session_id).toBe(taken === 'sessionId' ? 's' : undefined)
  })

  test("dd-trace's own of APM spans say nothing, and are not told", async () => {
    const { llmobs, log } = await open()
    const apm = {
      childOf: {},
      tags: { a: 1 },
      service: 's',
      resource: 'r',
      type: 't',
      measured: true,
      links: []
    }
    llmobs.trace({ kind: 'task', ...apm }, () => {})
    expect(log.lines).toEqual([])
  })
})

test('options of evaluations and contexts that nobody reads', async () => {
  const { llmobs, log, intake } = await open()
  const any = /** @type {any} */ (llmobs)
  any.submitEvaluation({ traceId: '1', spanId: '2' }, { label: 'l', metric_type: 'score', score: 1 })
  any.annotationContext({ metadata: {}, tag: {} }, () => {})
  await llmobs.flush()
  expect(intake.evaluations()).toEqual([
    expect.objectContaining({ label: 'l', metric_type: 'score', score_value: 1 })
  ])
  expect(log.lines).toHaveLength(4)
  expect(log.lines.join('\n')).toMatch(
    /"metric_type".*\n.*"score".*\n.*"metadata": it is said by annotate.*\n.*"tag"/
  )
})

test('names are near when a letter or two differ, and not when they are short', () => {
  const names = new Names(['env', 'tags', 'metadata', 'inputData'], {
    meant: { input: 'inputData' },
    ignored: ['no']
  })
  expect(['env', 'no', 'tag'].map(name => names.isUnknown(name))).toEqual([false, false, true])
  expect(
    ['end', 'tgs', 'metdata', 'metadatas', 'emtadata', 'outputData', 'input'].map(name => names.nearTo(name))
  ).toEqual([...[undefined, undefined, 'metadata', 'metadata', 'metadata', undefined, 'inputData']])
  expect(['a_name', 'key-1', 'x'.repeat(50)].map(shownName)).toEqual([
    '"a_name"',
    'one of the names',
    'one of the names'
  ])
})
