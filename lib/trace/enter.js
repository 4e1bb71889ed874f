'use strict'

const { CODES } = require('../errors')
const { ROOT_STORE, Store } = require('../routing/context')
const { endWith } = require('./ending')
const { Watch } = require('./watch')
const { later } = require('../values/later')
const { inSpan, warning } = require('../warnings')

const annotationContexts = later(() => require('../annotate/context'))
const binding = later(() => require('./bind'))
const headers = later(() => require('./trace-headers'))

/**
 * @param {Instance} instance
 * @param {unknown} options
 * @param {() => unknown} fn
 */
function enterRoute(instance, options, fn) {
  if (!instance.enabled) return fn()
  const route = instance.routeForContext(options)
  const { span, annotation, remote } = instance.storage.getStore() ?? ROOT_STORE
  return runIn(instance, new Store(route, span, annotation, remote), fn)
}

/**
 * @param {Instance} instance
 * @param {unknown} options
 * @param {() => unknown} fn
 */
function enterAnnotation(instance, options, fn) {
  if (!instance.enabled) return fn()
  const { route, span, annotation, remote } = instance.storage.getStore() ?? ROOT_STORE
  const inner = new (annotationContexts().Annotation)(annotation, options, instance.misuse)
  return runIn(instance, new Store(route, span, inner, remote), fn)
}

/**
 * @param {Instance} instance
 * @param {unknown} carrier
 * @param {() => unknown} fn
 */
function enterRemote(instance, carrier, fn) {
  if (!instance.enabled) return fn()
  const remote = remoteIn(instance, carrier)
  if (remote === null) return fn()
  const { route, annotation } = instance.storage.getStore() ?? ROOT_STORE
  return runIn(instance, new Store(route, null, annotation, remote), fn)
}

/**
 * @param {Instance} instance
 * @param {unknown} carrier
 * @returns {RemoteParent | null} null when it names no span
 */
function remoteIn(instance, carrier) {
  try {
    return headers().extractHeaders(carrier, instance.config.tagsHeaderChars)
  } catch (error) {
    instance.misuse.caught(error, CODES.INVALID_CARRIER)
    return null
  }
}

/**
 * @param {Instance} instance
 * @param {unknown} carrier
 */
function injectActive(instance, carrier) {
  if (!instance.enabled) return
  const { span, remote } = instance.storage.getStore() ?? ROOT_STORE
  try {
    if (headers().injectHeaders(span, remote, carrier, instance.config.tagsHeaderChars)) return
    instance.logger.warnRarely('inject', 60_000, headersTooLong(span))
  } catch (error) {
    instance.misuse.caught(error, CODES.INVALID_CARRIER)
  }
}

/**
 * @param {{ kind: string, name: unknown } | null} span
 * @returns {string}
 */
function headersTooLong(span) {
  return warning(
    'headers_too_long',
    `x-datadog-tags would be too long: the trace context is not passed on${inSpan(span)}`,
    'shorten the session or the application, or raise DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH here and there'
  )
}

/**
 * @param {Instance} instance
 * @param {Function} fn
 * @returns {Function} runs `fn` in the context of this moment
 */
function bindFunction(instance, fn) {
  const store = instance.storage.getStore() ?? ROOT_STORE
  /** @this {unknown} */
  return function bound(/** @type {unknown[]} */ ...args) {
    return runIn(instance, store, () => fn.apply(this, args))
  }
}

/**
 * @param {Instance} instance
 * @param {object} stream
 * @returns {object} the same, doing what it does in the context of this moment
 */
function bindStream(instance, stream) {
  return binding().bindToStore(instance.storage, instance.storage.getStore() ?? ROOT_STORE, stream)
}

/**
 * What `fn` returns and does later stays in the context, too.
 *
 * @param {Instance} instance
 * @param {Store} store
 * @param {() => unknown} fn
 */
function runIn({ storage }, store, fn) {
  const before = Watch.now
  return endWith(storage, store, before, null, storage.run(store, fn))
}

module.exports = {
  bindFunction,
  bindStream,
  enterAnnotation,
  enterRemote,
  enterRoute,
  headersTooLong,
  injectActive
}
