'use strict'

// Ids: what they are made of, wherever random bits come from.

const { fillRandom } = require('../../lib/binding')
const { newSpanId, newTraceId } = require('../../lib/trace/ids')

/** More than one look at the generator gives. */
const COUNT = 10_000

/** @param {Int32Array} words @returns {number} bits that are set */
function bitsIn(words) {
  let bits = 0
  for (const word of words)
    for (let rest = word >>> 0; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  return bits
}

test('the native part fills memory with random bits, to its ends and not beyond', () => {
  const memory = new Int32Array(4098)
  const words = memory.subarray(1, 4097)
  fillRandom(words)
  expect([memory[0], memory[4097]]).toEqual([0, 0])
  // 65,536 of 131,072, and the chance of so much more or less is below one in a billion.
  expect(Math.abs(bitsIn(words) - 65_536)).toBeLessThan(1200)
  expect(new Set(words).size).toBeGreaterThan(4000)
  const before = words.slice()
  fillRandom(words)
  expect(words.filter((word, index) => word === before[index]).length).toBeLessThan(10)
})

test('what the native part cannot fill Node does', () => {
  const words = new Int32Array(16)
  jest.isolateModules(() => {
    jest.doMock('../../lib/addon', () => ({ openAddon: () => ({ addon: null, reason: 'not here' }) }))
    require('../../lib/binding').fillRandom(words)
  })
  expect(new Set(words).size).toBeGreaterThan(10)
})

test('ids of spans are positive numbers of 63 bits, no two alike', () => {
  const ids = Array.from({ length: COUNT }, () => BigInt(`${newSpanId()}`))
  expect(new Set(ids).size).toBe(COUNT)
  expect(ids.every(id => id > 0n && id < 1n << 63n)).toBe(true)
  expect(ids.some(id => id > 1n << 62n)).toBe(true)
})

test('ids of traces are the second of the start, zeros and random bits, no two alike', () => {
  const ids = Array.from({ length: COUNT }, () => `${newTraceId(1_700_000_000_999_999_999n)}`)
  expect(new Set(ids).size).toBe(COUNT)
  expect(ids.filter(id => !/^6553f1000{8}[0-9a-f]{16}$/.test(id))).toEqual([])
})
