'use strict'

/** What stands in the place of one. */
const HIDDEN_TEXT = '[not shown]'

/** Headers that let somebody act as the one who sent them, and the lists in which servers give all headers. */
const CREDENTIALS = new Set([
  'api-key',
  'authorization',
  'cookie',
  'cookies',
  'dd-api-key',
  'dd-application-key',
  'proxy-authorization',
  'rawheaders',
  'set-cookie',
  'x-access-token',
  'x-amz-security-token',
  'x-api-key',
  'x-auth-token',
  'x-csrf-token',
  'x-forwarded-access-token',
  'x-goog-api-key',
  'x-xsrf-token'
])
const LONGEST = Math.max(...[...CREDENTIALS].map(name => name.length))
const SHORTEST = Math.min(...[...CREDENTIALS].map(name => name.length))

/**
 * @param {string | number} key
 * @param {unknown} value
 * @returns {boolean} whether it is a header's value that nobody but its receiver may see
 */
function isCredential(key, value) {
  if (typeof key !== 'string' || key.length < SHORTEST || key.length > LONGEST) return false
  return (typeof value === 'string' || typeof value === 'object') && CREDENTIALS.has(key.toLowerCase())
}

module.exports = { HIDDEN_TEXT, isCredential }
