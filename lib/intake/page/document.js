'use strict'

const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const path = require('node:path')

const FILE = path.join(__dirname, 'index.html')

/** @type {{ html: Buffer, policy: string } | null} */
let read = null

/**
 * The page, and what it may do: its own script and style by their hashes, its own intake, and nothing else.
 *
 * @returns {{ html: Buffer, policy: string }}
 */
function pageDocument() {
  if (read !== null) return read
  const html = readFileSync(FILE)
  const text = html.toString('utf8')
  read = {
    html,
    policy: [
      "default-src 'none'",
      `script-src '${hashOf(text, 'script')}'`,
      `style-src '${hashOf(text, 'style')}'`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'"
    ].join('; ')
  }
  return read
}

/** @param {string} text @param {string} element the only one of its name */
function hashOf(text, element) {
  const from = text.indexOf(`<${element}>`) + element.length + 2
  const content = text.slice(from, text.indexOf(`</${element}>`, from))
  return `sha256-${createHash('sha256').update(content).digest('base64')}`
}

module.exports = { pageDocument }
