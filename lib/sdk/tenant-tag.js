'use strict'

const { createHmac } = require('node:crypto')

/** 64 bits: enough to tell tenants apart, short in a header of 512 characters. */
const TAG_HEX_DIGITS = 16

/**
 * Says to another service, for one trace only, which tenant that trace belongs to. A digest, so that the
 * header names nobody; keyed with the trace, so that it proves nothing about another trace.
 *
 * @param {import('../routing').Route} route
 * @param {string} traceId
 * @returns {string}
 */
function tenantTag(route, traceId) {
  const digest = createHmac('sha256', `${route.tenant}\n${route.site}`).update(traceId).digest('hex')
  return digest.slice(0, TAG_HEX_DIGITS)
}

module.exports = { tenantTag }
