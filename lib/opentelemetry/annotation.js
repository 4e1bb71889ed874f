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
 * @param {object[]} links
 * @param {Misuse} misuse
 */
function annotateSaid(span, { annotation, isPlain, errors }, links, misuse) {
  if (links.length > 0) {
    annotation.metadata = Object.assign(annotation.metadata ?? bare(), { span_links: links })
    isPlain.metadata = false
  }
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
 * @param {{ links?: object[], metadata?: Record<string, any> | null }} [more]
 */
function describe(span, told, { links = [], metadata = null } = {}) {
  const said = saidOf(told, null, hidesContent(span.route), span.kind)
  span.kind = said.kind
  span.name = said.name
  span.texts = /** @type {any} */ (said.texts)
  if (metadata !== null) {
    said.annotation.metadata = Object.assign(said.annotation.metadata ?? bare(), metadata)
    said.isPlain.metadata = false
  }
  annotateSaid(span, said, links, span.instance.misuse.lenient)
  span.error = said.error
}

module.exports = { annotateSaid, describe, hidesContent }
