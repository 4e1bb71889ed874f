'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { SpanlaneSpanProcessor } = require('../../opentelemetry')

const FIXTURES = path.join(__dirname, '..', 'fixtures', 'otel')
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN')

/** Spans that published packages emitted, by name of the file. @returns {string[]} */
function sampleNames() {
  const names = fs.readdirSync(FIXTURES).filter(name => /^(?!.*(?:golden|logrecords)).*\.json$/.test(name))
  return names.map(name => name.replace(/\.json$/, ''))
}

/** @param {string} name @returns {any} */
function fixture(name) {
  return JSON.parse(fs.readFileSync(path.join(FIXTURES, `${name}.json`), 'utf8'))
}

/** @param {any} span active in it @returns {any} a context of OpenTelemetry */
function contextOf(span) {
  return { getValue: (/** @type {symbol} */ key) => (key === SPAN_KEY ? span : undefined) }
}

/**
 * A span as the SDK hands it over, in the shape of 2.x.
 *
 * @param {Record<string, any>} given
 */
function otelSpan(given) {
  const { traceId = 'a'.repeat(32), spanId = randomId(), ...rest } = given
  const context = { traceId, spanId, traceFlags: given.traceFlags ?? 1 }
  const now = Date.now()
  return {
    name: 'span',
    kind: 0,
    startTime: [Math.floor(now / 1000), 0],
    endTime: [Math.floor(now / 1000) + 1, 500],
    status: { code: 0 },
    attributes: {},
    events: [],
    links: [],
    instrumentationScope: { name: rest.scope?.name ?? 'test' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    ...rest,
    spanContext: () => context
  }
}

let lastId = 0

function randomId() {
  return (++lastId).toString(16).padStart(16, '0')
}

/**
 * Passes spans through a processor as the SDK does: parents start before and end after.
 *
 * @param {any} processor
 * @param {any[]} spans in the order of their ends
 */
function drive(processor, spans) {
  const byId = new Map(spans.map(span => [span.spanContext().spanId, span]))
  const started = new Set()
  /** @param {any} span */
  const start = span => {
    if (started.has(span)) return
    started.add(span)
    const parent = byId.get(span.parentSpanId)
    if (parent !== undefined) start(parent)
    processor.onStart(span, contextOf(parent))
  }
  for (const span of spans) start(span)
  for (const span of spans) processor.onEnd(span)
}

/**
 * A sample as spans of today: older ones than a day are not sent.
 *
 * @param {string} name
 */
function sampleSpans(name) {
  const { spans } = fixture(name)
  const shift = Math.floor(Date.now() / 1000) - 60 - spans[0].startTime[0]
  return spans.map((/** @type {any} */ span) =>
    otelSpan({
      ...span,
      startTime: [span.startTime[0] + shift, span.startTime[1]],
      endTime: [span.endTime[0] + shift, span.endTime[1]]
    })
  )
}

/** @param {any} event @returns {any} without what differs from run to run and from version to version */
function lasting({ start_ns: _, ...event }) {
  const tags = event.tags.filter(
    (/** @type {string} */ tag) => !/^(ddtrace\.version|version|env|service):/.test(tag)
  )
  return { ...event, tags }
}

/** @param {any} llmobs @param {any} [options] */
function processorOf(llmobs, options) {
  return new SpanlaneSpanProcessor({ llmobs, ...options })
}

module.exports = {
  FIXTURES,
  contextOf,
  drive,
  fixture,
  lasting,
  otelSpan,
  processorOf,
  sampleNames,
  sampleSpans
}
