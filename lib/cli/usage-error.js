'use strict'

const { parseArgs } = require('node:util')

/** A wrong command line: the message is for the person who typed it. */
class UsageError extends Error {}

/**
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} O
 * @param {string[]} args
 * @param {O} options
 */
function valuesOf(args, options) {
  try {
    return parseArgs({ args, strict: true, allowPositionals: false, options }).values
  } catch (error) {
    // The rest of node's message explains how to pass an argument that looks like an option; there is none here.
    throw new UsageError(String(/** @type {Error} */ (error).message).split('. ')[0])
  }
}

module.exports = { UsageError, valuesOf }
