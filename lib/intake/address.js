'use strict'

const { createHash } = require('node:crypto')

/** @typedef {import('../../testing').Stream} Stream */

/** Datadog's two endpoints: the path, and the host prefix that stands before the site. */
const ENDPOINTS = Object.freeze({
  spans: Object.freeze({ path: '/api/v2/llmobs', hostPrefix: 'llmobs-intake.' }),
  evaluations: Object.freeze({ path: '/api/intake/llm-obs/v2/eval-metric', hostPrefix: 'api.' })
})

/** 48 bits: enough to tell tenants apart in a test, too few to be of use to anyone who finds it in a log. */
const FINGERPRINT_DIGITS = 12

/**
 * @param {string} path
 * @returns {Stream | null}
 */
function streamOfPath(path) {
  if (path === ENDPOINTS.spans.path) return 'spans'
  if (path === ENDPOINTS.evaluations.path) return 'evaluations'
  return null
}

/**
 * The site an intake host belongs to. A host without one of the two prefixes is returned as it is, so that a request
 * sent by hand to 127.0.0.1 is still recorded somewhere.
 *
 * @param {string} host
 * @returns {string}
 */
function siteOfHost(host) {
  const name = host.toLowerCase()
  for (const { hostPrefix } of Object.values(ENDPOINTS)) {
    if (name.startsWith(hostPrefix)) return name.slice(hostPrefix.length).replace(/:443$/, '')
  }
  return name
}

/**
 * Whether the host is the other endpoint's: Datadog answers 404 there.
 *
 * @param {string} host
 * @param {Stream} stream
 */
function isHostOfOtherStream(host, stream) {
  const other = stream === 'spans' ? ENDPOINTS.evaluations : ENDPOINTS.spans
  return host.toLowerCase().startsWith(other.hostPrefix)
}

/** @param {string} key */
function keyFingerprint(key) {
  return createHash('sha256').update(key).digest('hex').slice(0, FINGERPRINT_DIGITS)
}

module.exports = { isHostOfOtherStream, keyFingerprint, siteOfHost, streamOfPath }
