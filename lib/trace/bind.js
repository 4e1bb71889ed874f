'use strict'

const { methodOf } = require('../values/methods')
const { isAsyncIterable, isIterator, substituteFor, watchIterator } = require('./iterators')
const { bindListeners, isNodeStream } = require('./node-streams')
const { sourceOf, watchSource } = require('./results')
const { Watch } = require('./watch')
const { isWebStream } = require('./web-streams')

/**
 * Runs what a stream does in the context given: the body of a generator, the pulls of a web stream, the listeners of
 * an emitter. The same object is returned; an iterable that cannot be changed comes back as one that can be iterated.
 *
 * @param {Contexts} contexts
 * @param {Store} store
 * @param {any} stream
 * @returns {any}
 */
function bindToStore(contexts, store, stream) {
  const source = sourceOf(stream) ?? stream
  let watch = Watch.find(contexts, source)
  if (watch === undefined) {
    watch = new Watch(contexts, store)
    const isWatched = watchSource(contexts, watch, source) || watchIterator(watch, source)
    if (!isWatched && isFrozenIterable(source)) return substituteFor(watch, source)
    watch.keep(source)
  }
  watch.settleIn(store)
  if (methodOf(source, 'emit') !== null) bindListeners(watch, source)
  return stream
}

/** @param {any} source that could not be watched */
function isFrozenIterable(source) {
  return isAsyncIterable(source) && !isIterator(source) && !isNodeStream(source) && !isWebStream(source)
}

module.exports = { bindToStore }
