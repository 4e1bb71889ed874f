'use strict'

/**
 * Requests, responses, sockets, streams: what a handler is given by its server, and what the server knows of its user
 * hangs on it - credentials, cookies, whole connections. In content they are a note; of a request, method and path.
 */

const { fieldOf, methodOf } = require('./methods')

const { getPrototypeOf } = Object
const ObjectPrototype = Object.prototype
const ArrayPrototype = Array.prototype
const toTag = ObjectPrototype.toString

/** Of the platform's classes, those that hold headers, bodies, connections, or nothing that can be shown. */
const HOST_TAGS = new Set([
  'AbortController',
  'AbortSignal',
  'ArrayBuffer',
  'Blob',
  'Crypto',
  'CryptoKey',
  'File',
  'FormData',
  'Headers',
  'MessagePort',
  'ReadableStream',
  'Request',
  'Response',
  'SharedArrayBuffer',
  'TransformStream',
  'WebSocket',
  'WritableStream'
])

const MAX_METHOD_CHARACTERS = 20
const MAX_PATH_CHARACTERS = 200

/**
 * @param {any} value
 * @returns {string | null} what stands for it, or null when it is no object of the host
 */
function noteOfHostObject(value) {
  try {
    const prototype = getPrototypeOf(value)
    if (prototype === ObjectPrototype || prototype === ArrayPrototype || prototype === null) return null
    const tag = toTag.call(value).slice(8, -1)
    if (!HOST_TAGS.has(tag) && !isStreamLike(value) && !isRequestLike(value)) return null
    const name = tag === 'Object' ? nameOf(prototype) : tag
    const detail = detailOf(value)
    return detail === '' ? `[${name}]` : `[${name}: ${detail}]`
  } catch {
    return null
  }
}

/** @param {number} bytes */
function noteOfBytes(bytes) {
  return `[binary: ${bytes} bytes]`
}

/** Streams, sockets, servers, and what their emitters are made of. @param {any} value */
function isStreamLike(value) {
  if (methodOf(value, 'on') === null || methodOf(value, 'emit') === null) return false
  return (
    methodOf(value, 'pipe') !== null ||
    methodOf(value, 'write') !== null ||
    methodOf(value, 'listen') !== null ||
    methodOf(value, 'setHeader') !== null
  )
}

/** Requests and responses of other classes: both have headers. @param {any} value */
function isRequestLike(value) {
  const headers = fieldOf(value, 'headers')
  if (typeof headers !== 'object' || headers === null) return false
  return (
    (typeof fieldOf(value, 'method') === 'string' && typeof fieldOf(value, 'url') === 'string') ||
    (typeof fieldOf(value, 'status') === 'number' && methodOf(value, 'text') !== null)
  )
}

/** @param {any} value @returns {string} method and path, or status */
function detailOf(value) {
  const method = fieldOf(value, 'method')
  const url = fieldOf(value, 'url')
  if (typeof method === 'string' && typeof url === 'string') {
    return `${method.slice(0, MAX_METHOD_CHARACTERS)} ${pathOf(url).slice(0, MAX_PATH_CHARACTERS)}`
  }
  const status = fieldOf(value, 'statusCode') ?? fieldOf(value, 'status')
  return typeof status === 'number' ? `${status}` : ''
}

/** Without host, user, query and fragment. @param {string} url */
function pathOf(url) {
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return path.split(/[?#]/, 1)[0] || '/'
}

/** @param {any} prototype */
function nameOf(prototype) {
  const name = fieldOf(fieldOf(prototype, 'constructor'), 'name')
  return typeof name === 'string' && name !== '' ? name.slice(0, 60) : 'Object'
}

module.exports = { noteOfBytes, noteOfHostObject }
