'use strict'

const { createHash } = require('node:crypto')

const KEYS = 6

/**
 * Keys that a seed decides: the process that uses them and the test that looks for them need not exchange them.
 *
 * @param {string} seed
 * @returns {string[]} 32 hex digits each
 */
function keysOf(seed) {
  return Array.from({ length: KEYS }, (_, index) =>
    createHash('sha256').update(`${seed} ${index}`).digest('hex').slice(0, 32)
  )
}

/**
 * Every form in which a key could be printed.
 *
 * @param {string} key
 * @returns {string[]}
 */
function formsOf(key) {
  const half = key.length / 2
  const reversed = [...key].reverse().join('')
  const forms = [key, key.slice(0, half), key.slice(half), reversed, reversed.slice(0, half)]
  // In base64 a text has three forms, by its place; the signs at both ends depend on what is beside it.
  for (const before of ['', 'x', 'xx']) {
    forms.push(
      Buffer.from(before + key)
        .toString('base64')
        .slice(4, -4)
    )
  }
  const bytes = Buffer.from(key)
  forms.push(
    bytes.toString('hex'),
    bytes.toString('utf16le').slice(1),
    [...bytes].join(', '),
    [...bytes].join(',')
  )
  return [...forms, ...forms.map(form => form.toUpperCase())]
}

/**
 * @param {string} text
 * @param {string[]} keys
 * @returns {string[]} where something of a key was found, without the key
 */
function findKeys(text, keys) {
  const found = []
  for (const [index, key] of keys.entries()) {
    for (const form of new Set(formsOf(key))) {
      const at = text.indexOf(form)
      if (at === -1) continue
      const line = text.slice(text.lastIndexOf('\n', at) + 1, at)
      found.push(`key ${index} after ${JSON.stringify(line.slice(0, 200))}`)
    }
  }
  return found
}

module.exports = { findKeys, formsOf, keysOf }
