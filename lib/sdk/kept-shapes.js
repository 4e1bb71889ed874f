'use strict'

/**
 * An engine forgets a shape when no object of it is alive at a full collection, and with it the compiled code of all
 * functions that rely on it. Between two requests no span is alive: without the objects here, each collection would be
 * followed by thousands of spans in slow code. They say nothing, and are never sent.
 */

const { AnnotationOptions, TraceOptions } = require('../event/fields')
const { annotateSpan } = require('../annotate/annotate')
const { Misuse } = require('../misuse')
const { Store } = require('../routing/context')
const { NO_OPTIONS, Route } = require('../routing/routing')
const { startByHand } = require('../trace/by-hand')
const { SpanOptions, startSpan } = require('../trace/start')
const { endWith } = require('../trace/ending')
const { Capture } = require('../values/capture')
const { Copier } = require('../values/copy')
const { NativePromise } = require('../values/native-promise')

const SILENT = new Misuse('warn', { warnRarely() {} })
/** A text: an empty one would not be kept. */
const SAID = 'nothing'
const MESSAGE = Object.freeze({ role: '', content: '' })
/** By kind: a span of each is annotated in a shape of its own. */
const ANNOTATIONS = Object.freeze({
  llm: {
    inputData: [MESSAGE],
    outputData: [MESSAGE],
    metadata: { temperature: 0 },
    metrics: { inputTokens: 0 }
  },
  embedding: { inputData: [{ text: '' }], outputData: SAID },
  retrieval: { inputData: SAID, outputData: [{ text: '', name: '', id: '', score: 0 }] },
  tool: { inputData: SAID, outputData: SAID, tags: { version: '' } }
})

/** @type {unknown[]} one of each, for this thread */
const kept = []

/**
 * Never throws and counts nothing.
 *
 * @param {Instance} instance the first of this thread that records
 */
function keepShapes(instance) {
  if (kept.length > 0) return
  const route = new Route(instance.core, null, NO_OPTIONS, false)
  const store = new Store(route, null, null, null)
  const { openSpans } = instance
  for (const [kind, annotation] of Object.entries(ANNOTATIONS)) {
    const options = new SpanOptions({ kind, name: kind, modelName: kind, modelProvider: kind }, false)
    const inner = instance.storage.run(store, startSpan, instance, options, kind)
    const span = /** @type {Span} */ (inner.span)
    annotateSpan(span, annotation, SILENT)
    const endless = new NativePromise(() => {})
    kept.push(options, inner, endless, endWith(instance.storage, inner, 0, span, endless))
  }
  kept.push(instance.storage.run(store, startByHand, instance, { kind: 'llm', startMs: 0 }))
  instance.openSpans = openSpans
  kept.push(new Capture(SILENT), new Copier([]), new AnnotationOptions(), new TraceOptions())
}

module.exports = { keepShapes }
