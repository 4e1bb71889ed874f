'use strict'

const TheirSampler = require('dd-trace/packages/dd-trace/src/sampler')
const { Sampler } = require('../../lib/routing/sampling')
const { newTraceId } = require('../../lib/trace/ids')
const { ACME, sdk } = require('./setup')

const { open } = sdk()

test.each([0, 0.000001, 0.1, 0.25, 0.5, 0.75, 0.999999, 1])(
  'at rate %p each trace gets the decision dd-trace gives it',
  rate => {
    const ours = new Sampler(rate)
    const theirs = new TheirSampler(rate)
    for (let index = 0; index < 2000; index++) {
      const traceId = newTraceId(BigInt(index)).toString()
      const id = BigInt(`0x${traceId.slice(16)}`)
      expect(ours.decide(traceId)).toBe(theirs.isSampled({ _traceId: { toBigInt: () => id } }) ? '1' : '0')
    }
  }
)

test('a decimal trace id of another service gets the decision of its number', () => {
  const sampler = new Sampler(0.5)
  for (const id of [1n, 123456789n, (1n << 64n) - 1n]) {
    expect(sampler.decide(String(id))).toBe(sampler.decide(id.toString(16).padStart(32, '0')))
  }
})

test('one decision per trace; spans are sent whatever it is', async () => {
  const { llmobs, intake } = await open({ sampleRate: 0.5 })
  for (let index = 0; index < 40; index++) {
    llmobs.trace({ kind: 'task' }, () => llmobs.trace({ kind: 'tool' }, () => {}))
  }
  await llmobs.flush()
  const decisions = new Map()
  for (const { trace_id: traceId, _dd: dd } of intake.spans()) {
    expect(dd.sample_rate).toBe('0.5')
    expect(decisions.get(traceId) ?? dd.sampling_decision).toBe(dd.sampling_decision)
    decisions.set(traceId, dd.sampling_decision)
  }
  expect(decisions.size).toBe(40)
  expect(intake.spans()).toHaveLength(80)
})

test('a route may have its own rate', async () => {
  const { llmobs, spans } = await open({ sampleRate: 1 })
  llmobs.trace({ kind: 'task', name: 'ours' }, () => {})
  llmobs.withRoutingContext({ ...ACME, sampleRate: 0 }, () =>
    llmobs.trace({ kind: 'task', name: 'theirs' }, () => {})
  )
  const { theirs, ours } = await spans()
  expect(theirs._dd).toMatchObject({ sample_rate: '0', sampling_decision: '0' })
  expect(ours._dd).toMatchObject({ sample_rate: '1', sampling_decision: '1' })
})
