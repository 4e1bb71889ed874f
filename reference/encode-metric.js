'use strict'

const { ANY_LEVELS, JsonWriter } = require('../lib/values/json-text')

/**
 * @param {Record<string, unknown>} metric of `buildEvaluations`, `buildFeedbacks` or `foreignMetric`
 * @returns {string | undefined} JSON text of one metric of the evaluation intake; undefined for one whose `toJSON` says
 *   so, which only another tracer's can
 */
function encodeMetric(metric) {
  return new JsonWriter([]).write(metric, '', ANY_LEVELS)
}

module.exports = { encodeMetric }
