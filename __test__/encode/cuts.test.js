'use strict'

const fc = require('fast-check')
const { noteError } = require('../../lib/values/collection-errors')
const { cutEnd, cutMiddle } = require('../../lib/values/json-rules')
const { Copier } = require('../../lib/values/copy')
const { sdk, thrownBy } = require('../sdk/setup')

const { open } = sdk()
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** Texts of characters of one, two and four bytes, at every offset. */
const texts = fc.string({ unit: 'binary', maxLength: 60 })

describe('a cut leaves no half of a character', () => {
  test('at the end', () => {
    fc.assert(
      fc.property(texts, fc.nat(60), (text, limit) => {
        const cut = cutEnd(text, limit)
        expect(text.startsWith(cut)).toBe(true)
        expect(cut).not.toMatch(HALVES)
        expect(cut.length).toBeLessThanOrEqual(limit)
        expect(cut.length).toBeGreaterThanOrEqual(Math.min(text.length, limit) - 1)
      })
    )
  })

  test('in the middle, and the mark counts what is gone', () => {
    fc.assert(
      fc.property(texts, fc.nat(60), (text, limit) => {
        const cut = cutMiddle(text, limit)
        if (text.length <= limit) return expect(cut).toBe(text)
        const [, begin, dropped, end] = /^(.*)\[(\d+) characters dropped\](.*)$/su.exec(cut) ?? []
        expect(text.startsWith(begin) && text.endsWith(end)).toBe(true)
        expect(begin.length + Number(dropped) + end.length).toBe(text.length)
        expect(begin.length + end.length).toBeLessThanOrEqual(limit)
        expect(cut).not.toMatch(HALVES)
      })
    )
  })

  test('that was there before: a lone surrogate is nobody’s pair', () => {
    expect(cutEnd('ab\ud800cd', 3)).toBe('ab\ud800')
    expect(cutEnd('ab\udc00\ud800', 3)).toBe('ab\udc00')
    expect(cutEnd('\u{1f600}', 0)).toBe('')
    expect(cutEnd('\u{1f600}', 1)).toBe('')
    expect(cutMiddle('\u{1f600}\u{1f600}', 2)).toBe('[4 characters dropped]')
  })
})

describe.each(['', 'a', 'ab', 'abc'])('behind %j, wherever texts are cut', before => {
  const long = before + '😀'.repeat(600_000)
  const large = before + '😀'.repeat(1_500_000)
  /** @param {any} llmobs @type {Record<string, (llmobs: any) => unknown>} */
  const uses = {
    name: llmobs => llmobs.trace({ kind: 'task', name: long }, () => {}),
    error: llmobs =>
      llmobs.trace({ kind: 'task' }, span => {
        span.setTag('error', Object.assign(new TypeError(long), { stack: long }))
      }),
    tag: llmobs => llmobs.trace({ kind: 'task' }, () => llmobs.annotate({ tags: { t: long } })),
    session: llmobs => llmobs.trace({ kind: 'task', sessionId: long }, () => {}),
    model: llmobs => llmobs.trace({ kind: 'llm', modelName: long, modelProvider: long }, () => {}),
    input: llmobs => llmobs.trace({ kind: 'task' }, () => llmobs.annotate({ inputData: large })),
    metadata: llmobs =>
      llmobs.trace({ kind: 'task' }, () => llmobs.annotate({ metadata: { deep: [long, large] } })),
    'the name of a place': llmobs =>
      llmobs.trace({ kind: 'task' }, () => llmobs.annotate({ metadata: { [before + '😀'.repeat(300)]: 1n } }))
  }

  test.each(Object.keys(uses))(
    '%s',
    async where => {
      const { llmobs, intake } = await open({
        maxBufferedBytes: 2 ** 28,
        maxBufferedBytesPerTenant: 2 ** 28,
        requestTimeoutMs: 30_000
      })
      uses[where](llmobs)
      await llmobs.flush({ timeoutMs: 30_000 })
      const [text] = intake.spans().map(span => JSON.stringify(span))
      expect(text).not.toMatch(/\ufffd|\\ud[89a-f]/i)
      expect(text).toContain('😀')
    },
    60_000
  )
})

test('a value of more than 16,000,000 characters is cut so before it is handed over', () => {
  /** @type {string[]} */
  const errors = []
  const text = new Copier(errors).copy(`a${'😀'.repeat(8_000_001)}`, 'input')
  expect(errors).toEqual(['truncated:input'])
  expect(text).not.toMatch(/\ufffd/)
  expect(text).toMatch(/^a😀.*\[\d+ characters dropped\]😀/)
})

test('places and values in messages are cut so, too', async () => {
  /** @type {string[]} */
  const errors = []
  noteError(errors, 'unserializable', `a${'😀'.repeat(200)}`)
  expect(errors[0]).not.toMatch(HALVES)
  const { llmobs } = await open({ onMisuse: 'throw' })
  const { message } = thrownBy(() =>
    llmobs.trace({ kind: 'task' }, () =>
      llmobs.annotate({ metrics: { m: /** @type {any} */ (`a${'😀'.repeat(99)}`) } })
    )
  )
  expect(message).not.toMatch(HALVES)
  expect(message).toContain('😀')
})
