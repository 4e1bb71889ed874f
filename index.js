'use strict'

const { CODES, SpanlaneError, refused } = require('./lib/errors')
const { createLLMObs, llmobs } = require('./lib/sdk')

module.exports = { SpanlaneError, createLLMObs, llmobs }

// What everybody calls first: on this object it would be "not a function", which says nothing.
Object.defineProperty(module.exports, 'init', {
  // Whatever the prototype of all objects was given.
  __proto__: null,
  value() {
    throw refused(
      CODES.NOT_SUPPORTED,
      "the package is not llmobs, it has it: const { llmobs } = require('spanlane'), then llmobs.init(options)"
    )
  }
})
