'use strict'

/** What the calls of an LLMObs object do, in one place: it is loaded with the first of them, not with the package. */

const { isDisabledByEnv } = require('../options/options')
const { isObject, own } = require('../values/own')
const { withFlush } = require('../serverless')
const { annotate } = require('./annotate-call')
const { checkProcessor, checkStream, notSupported, rotationKey, timeoutOption } = require('./call-options')
const { decorate } = require('../trace/decorate')
const {
  bindFunction,
  bindStream,
  enterAnnotation,
  enterRemote,
  enterRoute,
  injectActive
} = require('../trace/enter')
const { exportSpan, spanOrActive } = require('../trace/export')
const { checkFunction, trace } = require('../trace/trace')
const { wrap } = require('../trace/wrap')

module.exports = {
  annotate,
  bindFunction,
  bindStream,
  // Told as it is that it throws, a compiler would want its caller to name it.
  checkFunction: /** @type {(caller: string, fn: unknown) => void} */ (checkFunction),
  checkProcessor,
  checkStream,
  decorate,
  enterAnnotation,
  enterRemote,
  enterRoute,
  exportSpan,
  injectActive,
  isDisabledByEnv,
  isObject,
  notSupported,
  own,
  rotationKey,
  spanOrActive,
  timeoutOption,
  trace,
  withFlush,
  wrap
}
