'use strict'

/** From what was read of somebody else's span to a span of ours. */

const { annotateSpan } = require('../annotate/annotate')
const { isObject } = require('../values/own')
const { saidOf } = require('./event')

/**
 * @param {Route | null} route
 * @returns {boolean} whether one of its targets gets no content
 */
function hidesContent(route) {
  return (route?.targets ?? [route]).some(target => target?.options.captureContent === false)
}

/**
 * @param {Span} span
 * @param {import('./event').Said} said
 * @param {object[]} links
 * @param {Misuse} misuse
 */
function annotateSaid(span, { annotation, errors }, links, misuse) {
  if (links.length > 0) annotation.metadata.span_links = links
  const given = Object.fromEntries(Object.entries(annotation).filter(([, value]) => !isNothing(value)))
  try {
    annotateSpan(span, given, misuse, errors)
  } catch {
    // One field that is not what it should be must not cost the others.
    for (const name of Object.keys(given)) annotateAlone(span, name, given[name], misuse)
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

/** @param {any} value */
function isNothing(value) {
  return value === undefined || (isObject(value) && Object.keys(value).length === 0)
}

/**
 * Tells a span of ours, that goes on, what attributes by the conventions say of it.
 *
 * @param {Span} span
 * @param {OtelSpan} told name, attributes, events, status
 * @param {{ links?: object[], metadata?: Record<string, any> | null }} [more]
 */
function describe(span, told, { links = [], metadata = null } = {}) {
  const said = saidOf(told, {}, hidesContent(span.route), span.kind)
  span.kind = said.kind
  span.name = said.name
  span.texts = /** @type {any} */ (said.texts)
  Object.assign(said.annotation.metadata, metadata)
  annotateSaid(span, said, links, span.instance.misuse.lenient)
  span.error = said.error
}

module.exports = { annotateSaid, describe, hidesContent }
