'use strict'

const { hasOwn, isObject, own } = require('../values/own')
const { captureAgent } = require('./agent')
const { annotateFromContext } = require('./annotate')
const { Capture } = require('../values/capture')

/** What `annotationContext` adds to every span that starts inside it. Contexts nest; a nested one is a new object. */
class Annotation {
  /**
   * @param {Annotation | null} outer
   * @param {unknown} options
   * @param {import('../options/logger').SafeLogger} logger
   */
  constructor(outer, options, logger) {
    const given = isObject(options) ? options : {}
    // As in dd-trace each of these replaces the outer one whole, also by undefined; agents add up.
    /** @type {any} */
    this.tags = inherit(given, outer, 'tags')
    /** @type {any} */
    this.costTags = inherit(given, outer, 'costTags')
    /** @type {any} */
    this.name = inherit(given, outer, 'name')
    /** @type {any} */
    this.prompt = inherit(given, outer, 'prompt')
    /** @type {Record<string, any>[]} */
    this.manifests = outer === null ? [] : outer.manifests
    const agent = own(given, 'agent')
    if (agent === undefined || agent === null) return
    const manifest = captureAgent(new Capture(logger), agent)
    if (manifest !== null) this.manifests = [...this.manifests, manifest]
  }
}

/**
 * @param {Record<string, any>} given
 * @param {Annotation | null} outer
 * @param {'tags' | 'costTags' | 'name' | 'prompt'} name
 * @returns {any}
 */
function inherit(given, outer, name) {
  return hasOwn(given, name) ? own(given, name) : outer?.[name]
}

/**
 * @param {import('../trace/span').Span} span just started
 * @param {Annotation} annotation
 * @param {import('../options/logger').SafeLogger} logger
 */
function applyAnnotation(span, annotation, logger) {
  const { tags, costTags, name, prompt } = annotation
  if (typeof name === 'string' && name !== '') span.name = name
  for (const manifest of annotation.manifests) span.agentManifest = { ...span.agentManifest, ...manifest }
  const hasPrompt = Boolean(prompt) && span.kind === 'llm'
  if (!tags && (costTags === undefined || costTags === null) && !hasPrompt) return
  annotateFromContext(span, { tags, costTags, prompt: hasPrompt ? prompt : undefined }, logger)
}

module.exports = { Annotation, applyAnnotation }
