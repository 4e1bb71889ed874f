'use strict'

/** From what was read of somebody else's span to a span of ours. */

const { annotateCollected, annotateSpan } = require('../annotate/annotate')
const { bare } = require('../values/bare')
const { saidOf } = require('./event')

/**
 * @param {Route | null} route
 * @returns {boolean} whether one of its targets gets no content
 */
function hidesContent(route) {
  if (route === null) return false
  if (route.targets === null) return route.options.captureContent === false
  return route.targets.some(target => target.options.captureContent === false)
}

/**
 * @param {Span} span
 * @param {import('./event').Said} said
 * @param {Misuse} misuse
 */
function annotateSaid(span, { annotation, isPlain, errors }, misuse) {
  try {
    annotateCollected(span, annotation, isPlain, misuse, errors)
  } catch {
    // One field that is not what it should be must not cost the others.
    for (const [name, value] of Object.entries(annotation)) {
      if (value !== undefined) annotateAlone(span, name, value, misuse)
    }
  }
}

/**
 * @param {Span} span
 * @param {string} name
 * @param {unknown} value
 * @param {Misuse} misuse
 */
function annotateAlone(span, name, value, misuse) {
  try {
    annotateSpan(span, { [name]: value }, misuse, [])
  } catch {
    annotateSpan(span, {}, misuse, [`unmapped:${name}`])
  }
}

/**
 * Tells a span of ours, that goes on, what attributes by the conventions say of it.
 *
 * @param {Span} span
 * @param {OtelSpan} told name, attributes, events, status
 * @param {Record<string, any> | null} [metadata] more of it
 */
function describe(span, told, metadata = null) {
  const said = saidOf(told, null, hidesContent(span.route), span.kind)
  span.kind = said.kind
  span.name = said.name
  span.texts = /** @type {any} */ (said.texts)
  if (metadata !== null) {
    said.annotation.metadata = Object.assign(said.annotation.metadata ?? bare(), metadata)
    said.isPlain.metadata = false
  }
  annotateSaid(span, said, span.instance.misuse.lenient)
  span.error = said.error
}

module.exports = { annotateSaid, describe, hidesContent }
