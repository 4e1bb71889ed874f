'use strict'

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const VALID_DAYS = 2

/**
 * @typedef {{ key: string, cert: string }} Identity PEM texts
 * @typedef {{ ca: string, issue: (names: string[], settings?: { isExpired?: boolean }) => Identity }} Authority
 */

/**
 * Makes a certificate authority that exists only for this test run.
 *
 * @returns {Authority}
 */
function makeAuthority() {
  const authority = inFolder(folder => {
    // biome-ignore format: a command line
    openssl(folder, [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', `${VALID_DAYS}`,
      '-subj', '/CN=spanlane test authority', '-keyout', 'key.pem', '-out', 'cert.pem',
      '-addext', 'keyUsage=critical,keyCertSign,cRLSign'
    ])
    return identity(folder)
  })
  return { ca: authority.cert, issue: (names, settings) => issue(authority, names, settings) }
}

/**
 * @param {Identity} authority
 * @param {string[]} names DNS names (a wildcard stands for one label) or IP addresses
 * @param {{ isExpired?: boolean }} [settings]
 * @returns {Identity}
 */
function issue(authority, names, { isExpired = false } = {}) {
  return inFolder(folder => {
    const alternatives = names.map(name => `${/^[\d.]+$|:/.test(name) ? 'IP' : 'DNS'}:${name}`).join(',')
    fs.writeFileSync(path.join(folder, 'ca.pem'), authority.cert)
    fs.writeFileSync(path.join(folder, 'ca-key.pem'), authority.key)
    fs.writeFileSync(
      path.join(folder, 'leaf.ext'),
      `subjectAltName=${alternatives}\nbasicConstraints=critical,CA:false\nextendedKeyUsage=serverAuth\n`
    )
    // biome-ignore format: a command line
    openssl(folder, [
      'req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-subj', '/CN=spanlane test leaf', '-keyout', 'key.pem', '-out', 'leaf.csr'
    ])
    // biome-ignore format: a command line
    openssl(folder, [
      'x509', '-req', '-in', 'leaf.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial',
      '-days', isExpired ? '-1' : `${VALID_DAYS}`, '-extfile', 'leaf.ext', '-out', 'cert.pem'
    ])
    return identity(folder)
  })
}

/** @param {string} folder @returns {Identity} */
function identity(folder) {
  return {
    key: fs.readFileSync(path.join(folder, 'key.pem'), 'utf8'),
    cert: fs.readFileSync(path.join(folder, 'cert.pem'), 'utf8')
  }
}

/** @param {string} folder @param {string[]} args */
function openssl(folder, args) {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
}

/**
 * @template T
 * @param {(folder: string) => T} work
 * @returns {T}
 */
function inFolder(work) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-certificates-'))
  try {
    return work(folder)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

module.exports = { makeAuthority }
