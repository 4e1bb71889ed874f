'use strict'

const { CODES, misuse, refused } = require('../errors')
const { annotateSpan } = require('../annotate/annotate')
const { spanOrActive } = require('../trace/export')
const { Span } = require('../trace/span')

/**
 * `annotate(options)` or `annotate(span, options)`: finds the span and the options, and checks that they fit.
 *
 * @param {import('./instance').Instance} instance
 * @param {unknown} span
 * @param {unknown} options
 */
function annotate(instance, span, options) {
  if (!instance.enabled) return
  if (span && !options && !Span.is(span)) {
    options = span
    span = undefined
  }
  const annotated = spanOrActive(instance, span)
  if (!options) throw misuse(CODES.INVALID_ANNOTATION, 'No options provided for annotation.')
  if (annotated.finished) throw refused(CODES.SPAN_FINISHED, 'Cannot annotate a finished span')
  annotateSpan(annotated, options, instance.logger)
}

module.exports = { annotate }
