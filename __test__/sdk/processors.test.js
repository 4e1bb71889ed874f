'use strict'

// Spanlane's timers are Node's own; here they are those that a test can move.
jest.mock('node:timers', () => ({
  ...jest.requireActual('node:timers'),
  clearTimeout: timer => clearTimeout(timer),
  setTimeout: (fn, ms) => setTimeout(fn, ms)
}))

const { setImmediate: turn } = require('node:timers/promises')
const { ACME, GLOBEX, sdk, thrownBy } = require('./setup')

const { open } = sdk()

/** @param {any} span */
function mask(span) {
  for (const part of [...span.input, ...span.output]) part.content = '[masked]'
  return span
}

/** @param {import('../..').LLMObs} llmobs */
function call(llmobs, options = {}) {
  llmobs.trace({ kind: 'llm', name: 'call', ...options }, () =>
    llmobs.annotate({
      inputData: [{ role: 'user', content: 'my secret' }],
      outputData: 'your secret',
      tags: { team: 'search' }
    })
  )
}

describe('an experiment about null', () => {
  test('is null to a processor, and stays null when it is left alone', async () => {
    const { llmobs, spans } = await open()
    /** @type {unknown[]} */
    const seen = []
    llmobs.registerProcessor(span => {
      seen.push(...span.input, ...span.output)
      return span
    })
    llmobs.trace({ kind: 'experiment', name: 'null' }, () =>
      llmobs.annotate({ inputData: null, outputData: null })
    )
    expect(seen).toEqual([
      { role: '', content: null },
      { role: '', content: null }
    ])
    expect((await spans()).null.meta).toMatchObject({ input: null, output: null })
  })

  test('is what the processor puts in its place', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(mask)
    llmobs.trace({ kind: 'experiment', name: 'null' }, () => llmobs.annotate({ inputData: null }))
    expect((await spans()).null.meta).toMatchObject({ input: '[masked]' })
  })
})

describe('a processor changes what is sent', () => {
  test('of messages', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(mask)
    call(llmobs)
    expect((await spans()).call.meta).toMatchObject({
      input: { messages: [{ role: 'user', content: '[masked]' }] },
      output: { messages: [{ role: '', content: '[masked]' }] }
    })
  })

  test('of documents, keeping their other fields', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(mask)
    llmobs.trace({ kind: 'retrieval', name: 'find' }, () =>
      llmobs.annotate({ inputData: 'question', outputData: [{ text: 'secret', name: 'a.txt', score: 0.5 }] })
    )
    llmobs.trace({ kind: 'embedding', name: 'embed' }, () => llmobs.annotate({ inputData: 'secret' }))
    const { find, embed } = await spans()
    expect(find.meta.input).toEqual({ value: '[masked]' })
    expect(find.meta.output).toEqual({ documents: [{ text: '[masked]', name: 'a.txt', score: 0.5 }] })
    expect(embed.meta.input).toEqual({ documents: [{ text: '[masked]' }] })
  })

  test('of text, and of an experiment', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(mask)
    for (const kind of ['task', 'experiment']) {
      llmobs.trace({ kind, name: kind }, () => llmobs.annotate({ inputData: { a: 1 }, outputData: 'secret' }))
    }
    const { task, experiment } = await spans()
    expect([task.meta.input, task.meta.output]).toEqual([{ value: '[masked]' }, { value: '[masked]' }])
    expect([experiment.meta.input, experiment.meta.output]).toEqual(['[masked]', '[masked]'])
  })

  test('and sees kind, tags and tenant', async () => {
    const { llmobs } = await open({ env: 'prod' })
    const seen = []
    llmobs.registerProcessor(span => {
      const tags = ['team', 'ml_app', 'env', 'error', 'nothing'].map(key => span.getTag(key))
      seen.push([span.constructor.name, span.kind, span.tenant, ...tags])
      return span
    })
    call(llmobs)
    llmobs.withRoutingContext(ACME, () => call(llmobs))
    expect(seen).toEqual([
      ['LLMObservabilitySpan', 'llm', 'default', 'search', 'shop', 'prod', '0', undefined],
      ['LLMObservabilitySpan', 'llm', 'acme', 'search', 'shop', 'prod', '0', undefined]
    ])
  })

  test('and may take content away', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(span => {
      span.input = []
      span.output = /** @type {any} */ (null)
      return span
    })
    call(llmobs)
    expect((await spans()).call.meta).toMatchObject({ input: {}, output: {} })
  })
})

describe('a span that is not returned is dropped and counted, never sent unmasked', () => {
  test.each([
    ['null', () => null],
    ['undefined', () => undefined],
    ['a copy', span => ({ ...span })],
    ['true', () => true],
    ['a throw', () => JSON.parse('{')],
    ['a rejection', async () => JSON.parse('{')],
    ['a promise of null', async () => null]
  ])('%s', async (_what, processor) => {
    const { llmobs, intake } = await open()
    llmobs.registerProcessor(/** @type {any} */ (processor))
    call(llmobs)
    await llmobs.flush()
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().total).toMatchObject({
      submitted: 1,
      dropped: 1,
      held: 0,
      droppedByReason: { processor: 1 }
    })
  })
})

describe('one processor for an instance', () => {
  test('a second is refused until the first is gone', async () => {
    const { llmobs, spans } = await open()
    llmobs.registerProcessor(() => null)
    const error = thrownBy(() => llmobs.registerProcessor(mask))
    expect(error.code).toBe('SPANLANE_PROCESSOR_REGISTERED')
    expect(error.message).toMatch(/Only one user span processor can be registered/)
    llmobs.deregisterProcessor()
    llmobs.registerProcessor(mask)
    call(llmobs)
    expect((await spans()).call.meta.input.messages[0].content).toBe('[masked]')
    llmobs.deregisterProcessor()
    call(llmobs, { name: 'plain' })
    expect((await spans()).plain.meta.input.messages[0].content).toBe('my secret')
  })

  test.each([undefined, null, 'mask', {}])('%p is no processor', async processor => {
    const { llmobs } = await open()
    expect(thrownBy(() => llmobs.registerProcessor(/** @type {any} */ (processor))).code).toBe(
      'SPANLANE_INVALID_CALLBACK'
    )
  })
})

describe('a route may have its own processor', () => {
  test("for its spans only, after the instance's", async () => {
    const { llmobs, spans } = await open()
    const order = []
    llmobs.registerProcessor(span => {
      order.push(`instance ${span.tenant}`)
      return span
    })
    const processor = span => {
      order.push(`route ${span.tenant}`)
      return mask(span)
    }
    llmobs.withRoutingContext({ ...ACME, processor }, () => call(llmobs, { name: 'acme' }))
    llmobs.withRoutingContext(GLOBEX, () => call(llmobs, { name: 'globex' }))
    const { acme, globex } = await spans()
    expect(acme.meta.input.messages[0].content).toBe('[masked]')
    expect(globex.meta.input.messages[0].content).toBe('my secret')
    expect(order).toEqual(['instance acme', 'route acme', 'instance globex'])
  })

  test('also an asynchronous one, which flush waits for', async () => {
    const { llmobs, spans } = await open()
    let answer
    const asked = new Promise(resolve => {
      answer = resolve
    })
    const processor = async span => {
      await asked
      return mask(span)
    }
    llmobs.withRoutingContext({ ...ACME, processor }, () => call(llmobs))
    const arrived = spans()
    await turn()
    answer()
    expect((await arrived).call.meta.input.messages[0].content).toBe('[masked]')
  })

  test('one that does not answer in time is pending in the report', async () => {
    const { llmobs } = await open()
    let answer
    const processor = () =>
      new Promise(resolve => {
        answer = resolve
      })
    llmobs.withRoutingContext({ ...ACME, processor }, () => call(llmobs))
    expect(await llmobs.flush({ timeoutMs: 20 })).toMatchObject({ delivered: 0, pending: 1 })
    answer(null)
    expect(await llmobs.flush()).toMatchObject({ pending: 0 })
  })

  test('with captureContent false no input, output or prompt leaves', async () => {
    const { llmobs, intake } = await open({}, { keepBodies: true })
    llmobs.withRoutingContext({ ...ACME, captureContent: false }, () =>
      llmobs.trace({ kind: 'llm', name: 'call' }, () =>
        llmobs.annotate({
          inputData: 'secret input',
          outputData: 'secret output',
          prompt: { id: 'p', template: 'secret template', variables: { name: 'secret name' } },
          metrics: { inputTokens: 3 }
        })
      )
    )
    await llmobs.flush()
    expect(String(intake.requests[0].body)).not.toContain('secret')
    expect(intake.spans()[0]).toMatchObject({ meta: { input: {}, output: {} }, metrics: { input_tokens: 3 } })
  })
})

describe('asynchronous processors have limits', () => {
  const never = () => new Promise(() => {})

  test('one that does not answer for 10 seconds has failed', async () => {
    const { llmobs, log } = await open()
    jest.useFakeTimers({
      now: Date.now(),
      doNotFake: ['setImmediate', 'setInterval', 'performance', 'hrtime', 'Date']
    })
    try {
      llmobs.withRoutingContext({ ...ACME, processor: never }, () => call(llmobs))
      jest.advanceTimersByTime(9999)
      await turn()
      expect(llmobs.stats().total.submitted).toBe(0)
      jest.advanceTimersByTime(1)
      await turn()
    } finally {
      jest.useRealTimers()
    }
    expect(llmobs.stats().total.droppedByReason).toEqual({ processor: 1 })
    expect(log.lines).toEqual([
      expect.stringMatching(
        /^a span processor failed: no answer in 10000 ms: the span is dropped \(llm span "call"\);/
      )
    ])
  })

  test('1,000 spans may wait at a time, the next is dropped', async () => {
    const { llmobs } = await open()
    const answers = []
    const processor = span => new Promise(resolve => answers.push(() => resolve(span)))
    llmobs.withRoutingContext({ ...ACME, processor }, () => {
      for (let index = 0; index < 1000; index++) call(llmobs)
      expect(llmobs.stats().total.dropped).toBe(0)
      call(llmobs)
      expect(llmobs.stats().total.droppedByReason).toEqual({ processor: 1 })
    })
    for (const answer of answers) answer()
    expect((await llmobs.flush()).delivered).toBe(1000)
  })
})
