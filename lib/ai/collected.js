'use strict'

/**
 * Answers that nobody reads to their end are never told of again: what the AI SDK holds of them is collected, and then
 * their spans end. What is registered must not be reachable from what leaves.
 *
 * @type {FinalizationRegistry<{ leave: () => void }>}
 */
const collected = new FinalizationRegistry(abandoned => abandoned.leave())

module.exports = { collected }
