'use strict'

const { Module } = require('node:module')
const path = require('node:path')
const { CODES, refused } = require('../errors')

/**
 * The copy of dd-trace behind a running tracer, and the classes of it that the bridge touches. A process may
 * hold several copies (one injected, one in node_modules); all but one only hand out the first one's tracer.
 */

/** Releases whose internals are known. The self-test decides about each of them again, at run time. */
const SUPPORTED = Object.freeze([
  { major: 5, minor: 83 },
  { major: 6, minor: 0 }
])
const SUPPORTED_TEXT = '>=5.83.0 <7'

/** Where the class of a tracer is defined, from the root of the package. */
const TRACER_FILE = /[\\/]packages[\\/]dd-trace[\\/]src[\\/](noop[\\/])?proxy\.js$/

const SOURCES = './packages/dd-trace/src/llmobs'

/** What the bridge changes or calls. One that is missing means that dd-trace has changed. */
const MEMBERS = /** @type {const} */ ({
  LLMObs: [
    'routingContext',
    'trace',
    'exportSpan',
    'submitEvaluation',
    'flush',
    'annotate',
    'annotationContext'
  ],
  NoopLLMObs: ['routingContext'],
  Tagger: ['registerLLMObsSpan', '_setTag'],
  Processor: ['process', 'format'],
  SpanWriter: ['append'],
  EvaluationWriter: ['append']
})

/**
 * @typedef {object} Peer
 * @property {string} version
 * @property {any} LLMObs class behind `tracer.llmobs`
 * @property {any} NoopLLMObs class of `tracer.llmobs` before `init` and where LLM Observability cannot run
 * @property {any} Tagger
 * @property {any} Processor
 * @property {any} SpanWriter
 * @property {any} EvaluationWriter
 * @property {Record<string, string>} tags names of what dd-trace keeps about a span
 * @property {import('node:async_hooks').AsyncLocalStorage<any>} storage
 */

/** One for each copy that was ever attached to. @type {Map<string, Peer>} */
const peers = new Map()

/**
 * @param {any} tracer
 * @returns {Peer}
 * @throws {import('../errors').SpanlaneError} `SPANLANE_UNSUPPORTED_DD_TRACE`
 */
function peerOf(tracer) {
  const root = rootOf(tracer)
  const known = peers.get(root)
  if (known !== undefined) return known
  const peer = load(root)
  peers.set(root, peer)
  return peer
}

/**
 * @param {any} tracer
 * @returns {string} the package's folder
 */
function rootOf(tracer) {
  const tracerClass = tracer.constructor
  // The cache of all CommonJS modules, also of those that ES modules imported.
  const cache = /** @type {Record<string, NodeModule | undefined>} */ (/** @type {any} */ (Module)._cache)
  for (const file of Object.keys(cache)) {
    if (TRACER_FILE.test(file) && cache[file]?.exports === tracerClass) {
      return file.slice(0, file.search(TRACER_FILE))
    }
  }
  throw unsupported(
    'this tracer was not loaded from the files of dd-trace, so it is part of a bundle: keep dd-trace and ' +
      'spanlane out of it (esbuild: external: ["dd-trace", "spanlane"]; webpack: ' +
      'externals: { "dd-trace": "commonjs dd-trace", spanlane: "commonjs spanlane" })'
  )
}

/**
 * @param {string} root
 * @returns {Peer}
 */
function load(root) {
  const fromPeer = Module.createRequire(path.join(root, 'package.json'))
  const { version } = fromPeer('./package.json')
  if (!isSupported(version)) {
    throw unsupported(`dd-trace ${version} is not supported: spanlane works with ${SUPPORTED_TEXT}`)
  }
  /** @type {Peer} */
  let peer
  try {
    peer = {
      version,
      LLMObs: fromPeer(`${SOURCES}/sdk.js`),
      NoopLLMObs: fromPeer(`${SOURCES}/noop.js`),
      Tagger: fromPeer(`${SOURCES}/tagger.js`),
      Processor: fromPeer(`${SOURCES}/span_processor.js`),
      SpanWriter: fromPeer(`${SOURCES}/writers/spans.js`),
      EvaluationWriter: fromPeer(`${SOURCES}/writers/evaluations.js`),
      tags: fromPeer(`${SOURCES}/constants/tags.js`),
      storage: fromPeer(`${SOURCES}/storage.js`).storage
    }
  } catch (error) {
    throw changed(version, `it has no ${/** @type {Error} */ (error).message.split('\n', 1)[0]}`)
  }
  checkMembers(peer)
  return peer
}

/** @param {Peer} peer */
function checkMembers(peer) {
  for (const [name, methods] of Object.entries(MEMBERS)) {
    const { prototype } = peer[/** @type {keyof typeof MEMBERS} */ (name)] ?? {}
    for (const method of methods) {
      if (typeof prototype?.[method] !== 'function')
        throw changed(peer.version, `it has no ${name}.${method}`)
    }
  }
  if (typeof peer.storage?.getStore !== 'function') throw changed(peer.version, 'it has no storage')
  if (typeof peer.Tagger.tagMap?.get !== 'function') throw changed(peer.version, 'it has no Tagger.tagMap')
}

/**
 * @param {string} version as in package.json
 * @returns {boolean}
 */
function isSupported(version) {
  const [major, minor] = version.split('.').map(Number)
  return SUPPORTED.some(since => since.major === major && minor >= since.minor)
}

/**
 * @param {string} version
 * @param {string} what
 */
function changed(version, what) {
  return unsupported(
    `dd-trace ${version} works differently from the versions that spanlane knows: ${what}. ` +
      'Nothing was routed; use another version of one of them, or the option onUnsupported: "pass"'
  )
}

/** @param {string} message */
function unsupported(message) {
  return refused(CODES.UNSUPPORTED_DD_TRACE, message)
}

module.exports = { changed, peerOf }
