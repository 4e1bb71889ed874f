'use strict'

// The text by which an exported span names its lanes. It may come back from a browser.

const { readReference, writeReference } = require('../../lib/routing/reference')

/** @param {number} number @param {number} [chars] */
const lane = (number, chars = 32) => number.toString(16).padStart(chars, '0')
/** @param {number} number @param {string | null} [traceId] */
const named = (number, traceId = null) => ({ reference: lane(number), traceId })
/** @param {number} count */
const lanes = count => Array.from({ length: count }, (_, index) => named(index))

describe('it is written', () => {
  test('as the lanes, and behind each its trace where it has one', () => {
    expect(writeReference([])).toBe('')
    expect(writeReference([named(1)])).toBe(lane(1))
    expect(writeReference([named(1), named(2, '77'), named(3)])).toBe(`${lane(1)},${lane(2)}/77,${lane(3)}`)
  })
})

describe('it is read', () => {
  test.each([
    ['nothing', '', []],
    ['separators', ',,,', []],
    ['one lane', lane(1), [named(1)]],
    [
      'lanes, with traces and without',
      `${lane(1)},${lane(2)}/77,${lane(3)}`,
      [named(1), named(2, '77'), named(3)]
    ],
    ['lanes between separators', `,,${lane(1)},,${lane(2)},`, [named(1), named(2)]],
    ['a lane with more than a trace', `${lane(1)}/77/88`, [named(1, '77')]],
    [
      'a lane again, with the trace it was named with first',
      `${lane(1)}/7,${lane(2)},${lane(1)}/8`,
      [named(1, '7'), named(2)]
    ],
    ['a lane again, without the trace that it has later', `${lane(1)},${lane(1)}/8`, [named(1)]]
  ])('with %s', (_, text, expected) => {
    expect(readReference(text)).toEqual(expected)
  })

  test('up to 16 lanes, and the rest is left', () => {
    expect(readReference(writeReference(lanes(16)))).toEqual(lanes(16))
    expect(readReference(writeReference(lanes(17)))).toEqual(lanes(16))
  })

  test('with lanes of 80 characters, and no longer one', () => {
    expect(readReference(lane(1, 80))).toEqual([{ reference: lane(1, 80), traceId: null }])
    expect(readReference(`${lane(1, 81)},${lane(2)}`)).toEqual([named(2)])
    expect(readReference(`${lane(1)}/${'7'.repeat(47)},${lane(2)}/${'7'.repeat(48)}`)).toEqual([
      named(1, '7'.repeat(47))
    ])
  })
})

describe('of a long text the first 4096 characters are read', () => {
  /** A text of so many characters that names one lane again and again, and another one last. @param {number} chars */
  function ending(chars) {
    const last = `,${lane(2)}`
    const many = `${lane(1)},`.repeat(200)
    return (
      `${many.slice(0, chars - last.length - 32)}`.replace(/[^,]*$/, '').padEnd(chars - last.length, ',') +
      last
    )
  }

  test('all of it when there are no more', () => {
    expect(ending(4096)).toHaveLength(4096)
    expect(readReference(ending(4096))).toEqual([named(1), named(2)])
  })

  test('a lane that ends there counts when another one begins behind it', () => {
    expect(readReference(`${ending(4096)},${lane(3)}`)).toEqual([named(1), named(2)])
  })

  test('a lane that goes on behind them does not', () => {
    expect(readReference(ending(4097))).toEqual([named(1)])
    expect(readReference(`${ending(4096)}/77`)).toEqual([named(1)])
    expect(readReference(`${ending(4096)}/77,${lane(3)}`)).toEqual([named(1)])
  })

  test('nothing when no lane ends within them', () => {
    for (const endless of [
      'f'.repeat(4097),
      `${'f'.repeat(4097)},${lane(1)},`,
      `${'/'.repeat(4097)},${lane(1)}/7`
    ]) {
      expect(readReference(endless)).toEqual([])
    }
  })
})
