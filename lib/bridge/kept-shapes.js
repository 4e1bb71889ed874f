'use strict'

/**
 * The engine forgets a shape when no object of it is alive at a full collection, and with it the compiled code that relies
 * on it (`lib/sdk/kept-shapes.js`). One of each that is made of an event of dd-trace stays alive; they say nothing, and are
 * never sent. The events are not ours to keep: what reads them is shown so many shapes at once that it comes to rely on none.
 */

const { ForeignSpan, lineageOfEvent } = require('./foreign-span')
const { readInManyShapes } = require('../values/many-shapes')

const MESSAGES = [{ content: '', role: '' }]

/** @type {unknown[]} one of each, for this thread */
const kept = []

/**
 * Never throws and counts nothing.
 *
 * @param {Instance} instance
 */
function keepShapes(instance) {
  if (kept.length > 0) return
  const events = readInManyShapes(eventOfShape, event => readOne(instance, event))
  kept.push(...events, ...readOne(instance, events[0]))
}

/**
 * @param {Instance} instance
 * @param {Record<string, any>} event
 */
function readOne(instance, event) {
  const lineage = lineageOfEvent(null, event)
  const spans = [lineage, null].map(of => new ForeignSpan(instance, event, null, of, undefined))
  return [lineage, ...spans, ...spans.map(span => span.eventFor(instance.config))]
}

/**
 * @param {string} name of its first fields, which makes their shapes
 * @returns {Record<string, any>} an event as dd-trace formats it
 */
function eventOfShape(name) {
  return {
    [name]: 0,
    trace_id: '1',
    span_id: '1',
    parent_id: 'undefined',
    name: '',
    tags: ['version:'],
    start_ns: 0,
    duration: 0,
    status: 'ok',
    meta: {
      [name]: 0,
      'span.kind': 'llm',
      model_name: '',
      model_provider: '',
      metadata: { temperature: 0.5 },
      input: { [name]: 0, messages: MESSAGES },
      output: { [name]: 0, messages: MESSAGES }
    },
    metrics: { input_tokens: 0 },
    _dd: { [name]: 0, trace_id: '1', span_id: '1' }
  }
}

module.exports = { keepShapes }
