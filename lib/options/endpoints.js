'use strict'

/** Where to send instead, and through what. One that cannot be used disables the instance. */

const { URL } = require('node:url')
const { CODES, misuse } = require('../errors')
const rules = require('./option-rules')
const { own } = require('../values/own')
const { warning } = require('../warnings')

/** @typedef {import('./logger').SafeLogger} SafeLogger */

/**
 * Falling back to the real sites would send the data where its owner did not want it.
 *
 * @param {Record<string, any>} options
 * @param {string | undefined} variable
 * @param {SafeLogger} logger
 * @returns {{ value: string | null, page?: string | null, unusable: boolean }} `page`: where a local intake that the
 *   environment names may show a page
 */
function intakeUrl(options, variable, logger) {
  const option = rules.optionalString(options, 'intakeUrl')
  const text = option ?? variable
  if (text === undefined) return { value: null, unusable: false }
  const problem = intakeUrlProblem(text)
  if (problem === null) {
    const value = text.replace(/\/+$/, '')
    return { value, page: option === undefined ? pageOf(value) : null, unusable: false }
  }
  if (option !== undefined) throw misuse(CODES.INVALID_OPTION, `option "intakeUrl" ${problem}`)
  const what = `SPANLANE_INTAKE_URL ${problem}: LLM Observability is disabled`
  logger.warn(warning('wrong_environment', what, 'correct the variable, or unset it'))
  return { value: null, unusable: true }
}

/**
 * @param {string} text
 * @returns {string | null}
 */
function intakeUrlProblem(text) {
  if (!URL.canParse(text)) return 'must be an absolute URL, as http://127.0.0.1:7726'
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return 'must hold no user, password, query or fragment'
  }
  if (url.protocol === 'https:') return null
  if (url.protocol !== 'http:') return 'must start with https: or http:'
  const isLoopback = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)$/.test(url.hostname)
  return isLoopback ? null : 'must use https: unless its host is a loopback address'
}

/**
 * A program that is told by the environment where to send is being looked at. What a test starts by itself is asked for
 * nothing else than what the test is about.
 *
 * @param {string} value of SPANLANE_INTAKE_URL
 * @returns {string | null}
 */
function pageOf(value) {
  const { protocol, pathname, origin } = new URL(value)
  return protocol === 'http:' && pathname === '/' ? origin : null
}

/**
 * Going round a proxy is for the operator to decide.
 *
 * @param {Record<string, any>} options
 * @param {string | undefined} variable
 * @param {SafeLogger} logger
 * @returns {{ value: string | null, unusable: boolean }}
 */
function proxyUrl(options, variable, logger) {
  const given = own(options, 'proxy')
  if (given === false || given === null) return { value: null, unusable: false }
  const option = rules.optionalText(options, 'proxy')
  const text = option ?? variable
  if (text === undefined) return { value: null, unusable: false }
  const url = text.includes('://') ? text : `http://${text}`
  const protocol = URL.canParse(url) ? new URL(url).protocol : ''
  if (/^https?:$/.test(protocol)) return { value: text, unusable: false }
  // The text may hold a password, so it is not shown.
  const socks = protocol.startsWith('socks') ? ' (SOCKS is not supported)' : ''
  const problem = `must be the URL of an http: or https: proxy${socks}`
  if (option !== undefined) throw misuse(CODES.INVALID_OPTION, `option "proxy" ${problem}`)
  const what = `HTTPS_PROXY (or ALL_PROXY) ${problem}: LLM Observability is disabled`
  const cure = 'set HTTPS_PROXY or the option "proxy" to one, or "proxy" to false, to go without'
  logger.warn(warning('wrong_environment', what, cure))
  return { value: null, unusable: true }
}

module.exports = { intakeUrl, proxyUrl }
