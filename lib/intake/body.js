'use strict'

const { promisify } = require('node:util')
const zlib = require('node:zlib')

const gunzip = promisify(zlib.gunzip)
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A body this many times over the limit is cut off instead of read to its end. */
const DISCARD_FACTOR = 8

/** An escaped surrogate in JSON text: the only way one can get past strict UTF-8. */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/

/**
 * @typedef {{ bytes: Buffer, tooLarge: boolean }} ReadBody
 * @typedef {{ status: number, problem: string }} Refusal
 */

/**
 * Reads a request body. Over the limit it is read on but not kept, so that the client gets its answer; a body far
 * over the limit is cut off.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {number} maxBytes
 * @returns {Promise<ReadBody | null>} null when the client went away
 */
function readBody(request, maxBytes) {
  return new Promise(resolve => {
    /** @type {Buffer[]} */
    let chunks = []
    let size = 0
    request.on('data', (/** @type {Buffer} */ chunk) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else chunks = []
      if (size > maxBytes * DISCARD_FACTOR) request.destroy()
    })
    request.on('end', () => resolve({ bytes: Buffer.concat(chunks), tooLarge: size > maxBytes }))
    request.on('close', () => resolve(null))
    request.on('error', () => resolve(null))
  })
}

/**
 * @param {Buffer} bytes
 * @param {string | undefined} encoding the content-encoding header
 * @param {number} maxBytes limit after decompression: a gzip bomb stops there
 * @returns {Promise<Buffer | Refusal>}
 */
async function decompress(bytes, encoding, maxBytes) {
  if (encoding === undefined || encoding === 'identity') return bytes
  if (encoding !== 'gzip')
    return { status: 415, problem: `content-encoding ${quote(encoding)} is not supported` }
  try {
    return await gunzip(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge(maxBytes)
    return { status: 400, problem: 'body is not valid gzip' }
  }
}

/**
 * @param {Buffer} bytes
 * @returns {{ json: unknown } | Refusal}
 */
function parse(bytes) {
  let text
  try {
    text = strictUtf8.decode(bytes)
  } catch {
    return { status: 400, problem: 'body is not valid UTF-8' }
  }
  let json
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { status: 400, problem: `body is not valid JSON: ${positionOf(error)}` }
  }
  if (ESCAPED_SURROGATE.test(text) && hasLoneSurrogate(json)) {
    return { status: 400, problem: 'body holds a lone surrogate, which UTF-8 cannot express' }
  }
  return { json }
}

/**
 * Only the position: V8's message quotes the text around the error, and that is somebody's prompt.
 *
 * @param {unknown} error
 */
function positionOf(error) {
  const at = /at position \d+/.exec(String(error))
  return at ? `syntax error ${at[0]}` : 'it ends too early'
}

/**
 * Iterative, because nesting is the sender's choice.
 *
 * @param {unknown} root
 */
function hasLoneSurrogate(root) {
  const open = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value === 'string') {
      if (/\p{Surrogate}/u.test(value)) return true
    } else if (value !== null && typeof value === 'object') {
      for (const [key, member] of Object.entries(value)) open.push(key, member)
    }
  }
  return false
}

/**
 * @param {number} maxBytes
 * @returns {Refusal}
 */
function tooLarge(maxBytes) {
  return { status: 413, problem: `body exceeds the limit of ${maxBytes} bytes` }
}

/** @param {string} text */
function quote(text) {
  return JSON.stringify(text.slice(0, 40))
}

module.exports = { decompress, parse, readBody, tooLarge }
