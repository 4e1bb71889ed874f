'use strict'

const v8 = require('node:v8')
const { canSay, looksOneByte } = require('../../lib/record/one-byte')

/** More than the engine makes a string of one-byte characters of by itself, when it gets them as two. */
const EXTERNAL_CHARACTERS = 1_200_000

/** @param {string} text @returns {string} held as two bytes a character, if it is large enough */
function asTwoByte(text) {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}

describe('whether a text can go as one byte a character, found out without the engine saying so', () => {
  const rows = [
    ['too short to ask', 'x'.repeat(511), false],
    ['just long enough', 'x'.repeat(512), true],
    ['of all one-byte characters', '\0é\xff'.repeat(1000), true],
    ['with one character beyond', `${'x'.repeat(1000)}\u0100`, false],
    ['large', 'x'.repeat(EXTERNAL_CHARACTERS), true],
    ['large, of parts', ['é'.repeat(500_000), 'x'.repeat(500_000)].join(' '), true],
    ['large, with a last character beyond', `${'x'.repeat(EXTERNAL_CHARACTERS)}\u0100`, false],
    ['large, with a first character beyond', `\uffff${'x'.repeat(EXTERNAL_CHARACTERS)}`, false],
    ['large, without any beyond, but held as two bytes', asTwoByte('x'.repeat(EXTERNAL_CHARACTERS)), false],
    ['the part of one that is', asTwoByte('x'.repeat(EXTERNAL_CHARACTERS)).slice(7, 600_007), false]
  ]
  test.each(rows)('%s', (_, text, expected) => {
    expect(looksOneByte(/** @type {string} */ (text))).toBe(expected)
  })
})

test.each([
  ['20.20.2', false],
  ['22.14.0', false],
  ['22.15.0', true],
  ['22.23.5', true],
  ['23.9.0', false],
  ['23.10.0', true],
  ['24.0.0', true],
  ['26.1.0', true]
])('Node %s can say it itself: %s', (version, expected) => {
  expect(canSay(version)).toBe(expected)
})

test('this one can as it is thought to', () => {
  const isThere = 'isStringOneByteRepresentation' in v8
  expect(canSay(process.versions.node)).toBe(isThere)
})
