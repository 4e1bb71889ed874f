'use strict'

const { ANY_LEVELS, JsonWriter } = require('./json-text')

/**
 * @param {Record<string, unknown>} metric of `buildEvaluations` or `buildFeedbacks`
 * @returns {string} JSON text of one metric of the evaluation intake
 */
function encodeEvaluation(metric) {
  return /** @type {string} */ (new JsonWriter([]).write(metric, '', ANY_LEVELS))
}

module.exports = { encodeEvaluation }
