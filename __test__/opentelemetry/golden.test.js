'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { SpanlaneLogRecordProcessor } = require('../../opentelemetry')
const { rowOf } = require('../../lib/opentelemetry/conventions')
const { sdk } = require('../sdk/setup')
const {
  FIXTURES,
  contextOf,
  drive,
  fixture,
  lasting,
  otelSpan,
  processorOf,
  sampleNames,
  sampleSpans
} = require('./setup')

const { open } = sdk()
/** `UPDATE_GOLDEN=1 npx jest golden` writes what comes out now: read the difference before it is committed. */
const IS_UPDATE = process.env.UPDATE_GOLDEN === '1'

/** @param {string} name @param {any[]} events */
function expectGolden(name, events) {
  const file = path.join(FIXTURES, `${name}.golden.json`)
  const found = events.map(lasting)
  if (IS_UPDATE) fs.writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`)
  expect(found).toEqual(JSON.parse(fs.readFileSync(file, 'utf8')))
}

test('there are samples of every convention', () => {
  expect(sampleNames().length).toBeGreaterThan(25)
  expect(new Set(sampleNames().map(name => name.split('-')[0]))).toEqual(
    new Set(['langfuse', 'oi', 'otel', 'traceloop', 'vercel'])
  )
})

test.each(sampleNames())('%s: what the published package emitted becomes these events', async name => {
  const { llmobs, intake, log } = await open()
  const processor = processorOf(llmobs)
  drive(processor, sampleSpans(name))
  await processor.forceFlush()
  expectGolden(name, intake.spans())
  expect(log.lines).toEqual([])
})

test('otel-openai-logrecords: content of log records becomes the content of their spans', async () => {
  const { llmobs, intake } = await open()
  const processor = processorOf(llmobs)
  const logs = new SpanlaneLogRecordProcessor()
  const records = fixture('otel-openai-logrecords')
  // Three calls of the old events, and between them one of the new event.
  for (const [index, [from, to]] of [
    [0, 3],
    [3, 5],
    [5, 7],
    [7, 8]
  ].entries()) {
    const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai' }
    const span = otelSpan({ name: `call ${index}`, spanId: `${index + 1}`.padStart(16, '0'), attributes })
    processor.onStart(span, contextOf(undefined))
    for (const record of records.slice(from, to)) logs.onEmit(record, contextOf(span))
    processor.onEnd(span)
  }
  await processor.forceFlush()
  expectGolden('otel-openai-logrecords', intake.spans())
})

/** Of each convention: the samples' attributes that land in a field of their own. */
test('no attribute of a convention in the samples is left to the rule for unknown ones', () => {
  /** @type {Record<string, Set<string>>} */
  const unknown = {}
  let known = 0
  for (const name of sampleNames()) {
    for (const { attributes, scope } of fixture(name).spans) {
      if (scope.name === 'http-lib') continue
      for (const attribute of Object.keys(attributes)) {
        if (rowOf(attribute) !== undefined) known++
        else {
          unknown[scope.name] ??= new Set()
          unknown[scope.name].add(attribute)
        }
      }
    }
  }
  // Of no convention for generative AI: they are tags.
  const general = new Set(['server.address', 'server.port', 'http.response.status_code'])
  for (const names of Object.values(unknown))
    expect([...names].filter(name => !general.has(name))).toEqual([])
  expect(known).toBeGreaterThan(900)
})
