'use strict'

const { LLMObs } = require('./llmobs')

/** The process's own instance. Nothing is opened before its first use. */
const llmobs = new LLMObs(true)

/**
 * Makes an instance with a core of its own.
 *
 * @param {Record<string, any>} [options]
 * @returns {LLMObs}
 */
function createLLMObs(options = {}) {
  return new LLMObs(false).init(options)
}

module.exports = { createLLMObs, llmobs }
