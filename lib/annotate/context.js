'use strict'

const { CODES } = require('../errors')
const { hasMore, isObject, own } = require('../values/own')
const { captureAgent } = require('./agent')
const { annotateFromContext } = require('./annotate')
const { Capture } = require('../values/capture')
const { countGiven } = require('../values/near-names')
const { labelOf } = require('../values/labels')
const { CONTEXT_NAMES } = require('./names')
const { readUnknown } = require('./unknown-names')

/** What `annotationContext` adds to every span that starts inside it. Contexts nest; a nested one is a new object. */
class Annotation {
  /**
   * @param {Annotation | null} outer
   * @param {unknown} options
   * @param {Misuse} misuse
   */
  constructor(outer, options, misuse) {
    const capture = new Capture(misuse)
    const { tags, costTags, name, prompt, agent } = readContext(capture, misuse, options)
    // As in dd-trace each of these replaces the outer one whole; agents add up.
    this.tags = tags ?? outer?.tags
    this.costTags = costTags ?? outer?.costTags
    this.name = contextName(capture, name) ?? outer?.name
    this.prompt = prompt ?? outer?.prompt
    /** @type {Record<string, any>[]} */
    this.manifests = outer === null ? [] : outer.manifests
    if (agent === undefined || agent === null) return
    const manifest = captureAgent(capture, agent)
    if (manifest !== null) this.manifests = [...this.manifests, manifest]
  }
}

/**
 * @param {Capture} capture
 * @param {Misuse} misuse
 * @param {unknown} options
 * @returns {Record<string, any>}
 */
function readContext(capture, misuse, options) {
  /** @type {Record<string, any>} */
  const given = { tags: undefined, costTags: undefined, name: undefined, prompt: undefined, agent: undefined }
  if (!isObject(options)) {
    if (options !== undefined && options !== null)
      capture.warn(`the options of an annotation context must be an object, got ${typeof options}.`)
    return given
  }
  for (const name of Object.keys(given)) {
    try {
      given[name] = own(options, name)
    } catch (error) {
      misuse.caught(error, CODES.INVALID_ANNOTATION)
    }
  }
  if (hasMore(options, countGiven(given)))
    readUnknown(capture, 'annotationContext', CONTEXT_NAMES, options, given)
  return given
}

/**
 * @param {Capture} capture
 * @param {unknown} name
 * @returns {string | undefined}
 */
function contextName(capture, name) {
  const label = labelOf(name)
  if (label === null) capture.warn(`the name of an annotation context must be a string, got ${typeof name}.`)
  return label ?? undefined
}

/**
 * @param {Span} span just started
 * @param {Annotation} annotation
 * @param {Misuse} misuse
 */
function applyAnnotation(span, annotation, misuse) {
  const { tags, costTags, name, prompt } = annotation
  if (name !== undefined) span.name = name
  for (const manifest of annotation.manifests) span.agentManifest = { ...span.agentManifest, ...manifest }
  const hasPrompt = Boolean(prompt) && span.kind === 'llm'
  if (!tags && (costTags === undefined || costTags === null) && !hasPrompt) return
  annotateFromContext(span, { tags, costTags, prompt: hasPrompt ? prompt : undefined }, misuse)
}

module.exports = { Annotation, applyAnnotation }
