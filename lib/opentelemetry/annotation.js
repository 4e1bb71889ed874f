'use strict'

/** From what was read of somebody else's span to a span of ours. */

const { annotateSpan } = require('../annotate/annotate')
const { isObject } = require('../values/own')

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

module.exports = { annotateSaid, hidesContent }
