'use strict'

// Faults of the library itself, which no input is known to cause: they must not reach the application either.

const fault = () => {
  throw new Error('a fault of ours')
}
const annotate = require('../../lib/annotate/annotate')
const records = require('../../lib/event/span-record')
const annotateSpan = jest.spyOn(annotate, 'annotateSpan')
const writeSpan = jest.spyOn(records, 'writeSpan')
const { ValueWriter } = require('../../lib/record/values')
const writeValue = jest.spyOn(ValueWriter.prototype, 'write')
const { sdk } = require('./setup')

const { open } = sdk()

test('a span that cannot be encoded is counted as internal_error', async () => {
  const { llmobs, log } = await open()
  writeSpan.mockImplementationOnce(fault)
  expect(llmobs.trace({ kind: 'task' }, () => 'ran')).toBe('ran')
  expect(llmobs.stats().total).toMatchObject({ submitted: 1, droppedByReason: { internal_error: 1 } })
  expect(log.lines[0]).toMatch(
    /^a span could not be handed over: a fault of ours \(task span "task"\); please report it/
  )
})

test('an evaluation that cannot be written is counted as internal_error, and those after it are sent', async () => {
  const { llmobs, log, intake } = await open()
  const named = { traceId: '1', spanId: '2' }
  writeValue.mockImplementationOnce(fault)
  llmobs.submitEvaluation(named, { label: 'lost', metricType: 'score', value: 1 })
  llmobs.submitEvaluation(named, { label: 'kept', metricType: 'score', value: 1 })
  await llmobs.flush()
  expect(llmobs.stats().total).toMatchObject({ submitted: 2, droppedByReason: { internal_error: 1 } })
  expect(intake.evaluations().map(({ label }) => label)).toEqual(['kept'])
  expect(log.lines[0]).toMatch(/^an evaluation could not be handed over: a fault of ours; please report it/)
})

test('a wrapped call that cannot be annotated still returns, and its span is sent', async () => {
  const { llmobs, log, spans } = await open()
  annotateSpan.mockImplementationOnce(fault)
  expect(llmobs.wrap({ kind: 'task', name: 'call' }, x => x)('x')).toBe('x')
  expect((await spans()).call.meta.input).toEqual({})
  expect(log.lines).toEqual([
    expect.stringMatching(
      /^SPANLANE_INVALID_ANNOTATION: task span "call": a wrapped call could not be annotated, .*: a fault of ours;/
    )
  ])
})
