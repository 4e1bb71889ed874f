'use strict'

const { Buffer } = require('node:buffer')
const { readFileSync } = require('node:fs')
const { CODES, misuse } = require('../errors')
const { typeName } = require('../values/own')
const { warning } = require('../warnings')

/**
 * The roots that Node itself would trust, plus the caller's own. The core trusts these and nothing else, so
 * that a corporate root known to Node is known here, and a container without certificate files works.
 *
 * @param {string[]} ownRoots PEM texts
 * @param {string | undefined} extraRootsFile the file Node adds to its roots
 * @param {import('./logger').SafeLogger} logger
 * @returns {string[]} PEM texts
 */
function trustedRoots(ownRoots, extraRootsFile, logger) {
  // Loading it takes longer than all of this package: not at import.
  const tls = /** @type {typeof import('node:tls') & { getCACertificates?: (type: string) => string[] }} */ (
    require('node:tls')
  )
  if (typeof tls.getCACertificates === 'function') {
    return [...tls.getCACertificates('default'), ...ownRoots]
  }
  return [...tls.rootCertificates, ...extraRoots(extraRootsFile, logger), ...ownRoots]
}

/**
 * @param {string | undefined} file
 * @param {import('./logger').SafeLogger} logger
 * @returns {string[]}
 */
function extraRoots(file, logger) {
  if (file === undefined) return []
  try {
    return [readFileSync(file, 'utf8')]
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    const what = `NODE_EXTRA_CA_CERTS could not be read (${code})`
    logger.warn(warning('certificates', what, 'correct the path, or give the option "ca"'))
    return []
  }
}

/**
 * @param {unknown} option the `ca` option: PEM text, its bytes, or an array of them
 * @returns {string[]}
 */
function ownRoots(option) {
  if (option === undefined) return []
  const items = Array.isArray(option) ? option : [option]
  return items.map(item => {
    const text =
      typeof item === 'string' ? item : item instanceof Uint8Array ? Buffer.from(item).toString() : null
    if (text === null) {
      throw misuse(
        CODES.INVALID_OPTION,
        `option "ca" must be PEM text, a Buffer, or an array of them, got ${typeName(item)}`
      )
    }
    if (!text.includes('-----BEGIN CERTIFICATE-----')) {
      throw misuse(
        CODES.INVALID_OPTION,
        'option "ca" holds no PEM certificate ("-----BEGIN CERTIFICATE-----")'
      )
    }
    return text
  })
}

module.exports = { ownRoots, trustedRoots }
