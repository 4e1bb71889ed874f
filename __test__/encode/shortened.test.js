'use strict'

// Texts of an event that cannot be sent whole are cut before they are copied. What is sent of them is what it was when
// the core cut them alone, but for the counts in the marks.

const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { HandOver } = require('../../lib/event/hand-over')
const { LIMITS } = require('../../lib/options/option-rules')
const { SENDABLE_CHARACTERS, keptCharacters, shortened } = require('../../lib/values/shorten')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { openRawIntake } = require('../support/raw-intake')
const { plainText } = require('./plain-event')

const MARK = /\[\.\.\. (\d+) bytes removed \.\.\.\]/
const MARKS = new RegExp(MARK, 'g')

/** Characters of one, two and four bytes, and those that JSON escapes. */
const CHARACTERS = ['x', 'é', '一', '😀', '"', '\n', '\u0001']

describe('a cut text', () => {
  test('keeps both ends, divides no character and says what is gone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 300 }).map(list => list.join('')),
        fc.integer({ min: 0, max: 300 }),
        (text, characters) => {
          const cut = shortened(text, characters)
          if (cut === text) return expect(text.length).toBeLessThan(characters + 40)
          const [mark, count] = MARK.exec(cut) ?? []
          const [begin, end] = cut.split(/** @type {string} */ (mark))
          expect(text.startsWith(begin) && text.endsWith(end)).toBe(true)
          expect(begin.length + Number(count) + end.length).toBe(text.length)
          expect(cut.length).toBeLessThan(text.length)
          expect(cut).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/)
        }
      )
    )
  })
})

describe('how much the longest texts keep', () => {
  const many = (/** @type {number} */ count, /** @type {number} */ length) =>
    Array(count).fill('x'.repeat(length))

  test('all of it, up to what one event may hold', () => {
    expect(SENDABLE_CHARACTERS).toBe(LIMITS.maxEventBytes[2])
    expect(keptCharacters([{ a: [many(5, 1_000_000)] }, 7, null, undefined])).toBe(Number.POSITIVE_INFINITY)
  })

  test('what the shorter ones leave to each of them, and a margin', () => {
    expect(keptCharacters([many(5, 1_000_000), 'x'])).toBe(999_999 + 64)
    expect(keptCharacters([many(1, 4_000_000), { deep: many(1, 3_000_000) }])).toBe(2_500_000 + 64)
    expect(keptCharacters([many(2, 9_000_000), many(4, 1_000_000)])).toBe(833_333 + 64)
  })

  test('never less than 1,000: names are no longer', () => {
    expect(keptCharacters([many(30_000, 900)])).toBe(1064)
  })
})

test('what arrives is what the core alone makes of the whole texts, but for the count', async () => {
  const intake = await openRawIntake()
  const handOver = new HandOver(intake.core)
  try {
    for (const character of CHARACTERS) {
      const { route } = intake
      const span = newSpan('llm', { route, startNs: 1n, durationNs: 1n, metadata: { kept: 'k'.repeat(500) } })
      const said = (/** @type {number} */ count) => `begin${character.repeat(count)}end`
      annotateSpan(span, { inputData: said(4_100_000), outputData: said(2_600_000) })
      handOver.submitSpan(0, span, /** @type {any} */ (CONFIG), span.lineage, null)
      handOver.submitForeign(0, whole(plainText(span, CONFIG)), /** @type {any} */ (CONFIG), route.laneId)
      const [cut, uncut] = await intake.events()
      expect(cut.replace(MARKS, 'MARK') === uncut.replace(MARKS, 'MARK')).toBe(true)
      const counts = (/** @type {string} */ text) =>
        [...text.matchAll(MARKS)].map(([, count]) => Number(count))
      expect(counts(cut).length).toBe(2)
      for (const [index, count] of counts(uncut).entries()) {
        expect(counts(cut)[index]).toBeLessThanOrEqual(count)
        // A character that was not copied is one byte.
        if (character === 'x') expect(counts(cut)[index]).toBe(count)
      }
    }
  } finally {
    await intake.close()
  }
}, 120_000)

/** @param {string} text of an event */
function whole(text) {
  return {
    eventFor: () => ({
      write(/** @type {import('../../lib/record/values').ValueWriter} */ writer) {
        writer.expect(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
        writer.write(JSON.parse(text))
      }
    })
  }
}
