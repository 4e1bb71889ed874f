'use strict'

// All services of a trace decide the same about it: the hash is that of Datadog's tracers.

const { Sampler } = require('../../lib/routing/sampling')

const HALF = 1n << 63n
/** A trace whose hash is one: the factor times it is one more than a multiple of 2^64. */
const ONE = inverseOf(1111111111111111111n)

/** @param {bigint} odd @returns {bigint} */
function inverseOf(odd) {
  let inverse = odd
  for (let round = 0; round < 6; round++) inverse = BigInt.asUintN(64, inverse * (2n - odd * inverse))
  return inverse
}

/** @param {bigint} hash @returns {string} the decimal number of a trace with that hash */
const traceOf = hash => String(BigInt.asUintN(64, hash * ONE))

/** @param {number} rate @param {any} trace */
const decide = (rate, trace) => new Sampler(rate).decide(trace)

describe('a trace is sampled', () => {
  test.each([
    ['12078589664685934330', '0'],
    ['13794769880582338323', '1'],
    ['1882305164521835798', '1'],
    ['5198373796167680436', '0'],
    ['6272545487220484606', '1'],
    ['8696342848850656916', '1'],
    ['18444899399302180860', '0'],
    ['18444899399302180861', '0'],
    ['18444899399302180862', '1'],
    ['18444899399302180863', '1']
  ])('as by the other tracers: %s', (traceId, expected) => {
    expect(decide(0.5, traceId)).toBe(expected)
  })

  test('up to its rate, and no further', () => {
    expect(decide(0.5, traceOf(HALF - 1n))).toBe('1')
    expect(decide(0.5, traceOf(HALF))).toBe('1')
    expect(decide(0.5, traceOf(HALF + 1n))).toBe('0')
    expect(decide(0.25, traceOf(HALF / 2n))).toBe('1')
    expect(decide(0.25, traceOf(HALF / 2n + 1n))).toBe('0')
    expect(decide(Number.MIN_VALUE, traceOf(0n))).toBe('1')
    expect(decide(Number.MIN_VALUE, traceOf(1n))).toBe('0')
  })

  test('always at a rate of 1, never at 0, and nobody looks at its id', () => {
    const unasked = {
      toString() {
        throw new Error('the text of an id is made when it is asked for')
      }
    }
    expect([decide(1, unasked), decide(0, unasked)]).toEqual(['1', '0'])
    expect(decide(0, '0'.repeat(32))).toBe('0')
  })
})

describe('its id is', () => {
  test('hex digits, of which the lower 16 count', () => {
    for (const [hash, expected] of /** @type {[bigint, string][]} */ ([
      [HALF - 1n, '1'],
      [HALF + 1n, '0']
    ])) {
      const hex = BigInt(traceOf(hash)).toString(16).padStart(16, '0')
      expect(hex).toMatch(/[a-f]/)
      for (const above of ['', '6925f00c00000000', 'f'.repeat(16)]) {
        expect(decide(0.5, above + hex)).toBe(expected)
      }
    }
  })

  test('hex digits where there are 32, though all of them are decimal', () => {
    const texts = Array.from({ length: 40 }, (_, index) => String(10 + index))
    const [asHex, asNumber, found] = [
      texts.map(text => decide(0.5, String(BigInt(`0x${text}`)))),
      texts.map(text => decide(0.5, text)),
      texts.map(text => decide(0.5, text.padStart(32, '0')))
    ]
    expect(found).toEqual(asHex)
    expect(found).not.toEqual(asNumber)
    expect(texts.map(text => decide(0.5, text.padStart(31, '0')))).toEqual(asNumber)
    expect(texts.map(text => decide(0.5, text.padStart(33, '0')))).toEqual(asNumber)
  })

  test('a decimal number otherwise, where it has no other digits', () => {
    expect(decide(0.5, traceOf(HALF))).toBe('1')
    expect(decide(0.5, `${traceOf(HALF)}f`)).toBe(decide(0.5, String(BigInt(`0x${traceOf(HALF)}f`))))
    expect(decide(0.5, 'f')).toBe(decide(0.5, '15'))
  })

  test('what gives it as text', () => {
    expect(decide(0.5, { toString: () => traceOf(HALF) })).toBe('1')
    expect(decide(0.5, { toString: () => traceOf(HALF + 1n) })).toBe('0')
  })
})

test.each([
  [0, '0'],
  [1, '1'],
  [0.5, '0.5'],
  [0.123456, '0.123456'],
  [0.1234564, '0.123456'],
  [0.1234566, '0.123457'],
  [0.1234567, '0.123457'],
  [0.000001, '0.000001'],
  [0.0000004, '0'],
  [0.0000001, '0'],
  [0.9999999, '1']
])('the rate %p goes on the wire as %p', (rate, text) => {
  expect(new Sampler(rate).rateText).toBe(text)
})
