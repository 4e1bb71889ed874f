'use strict'

const fs = require('node:fs')
const { meaningOf } = require('../../lib/opentelemetry/conventions')
const { fixture, sampleNames } = require('./setup')

/** Samples of each convention, by the beginnings of their names. */
const CONVENTIONS = [
  ['GenAI, present names (`@ai-sdk/otel`)', /^vercel-ai-v7-genai-/],
  ['GenAI, names of before (`@opentelemetry/instrumentation-openai`)', /^otel-openai-/],
  ['OpenInference', /^oi-/],
  ['Traceloop', /^traceloop-/],
  ['Vercel AI SDK 5', /^vercel-ai-v5-/],
  ['Vercel AI SDK 6', /^vercel-ai-v6-/],
  ['Langfuse', /^langfuse-/]
]
/** Of no convention for generative AI. */
const GENERAL = /^(?:server|http|network|url)\./
/** What there is no field for, by the intake's own documents: names of agents, versions, what an SDK says of itself. */
const KNOWN_TAGS = [
  'tags.user_id',
  'tags.langfuse_environment',
  'tags.trace_name',
  'tags.tag',
  'tags.workflow_name',
  'tags.entity_path',
  'tags'
]

/** @param {string} attribute @returns {'field' | 'metadata' | 'tags' | 'left out' | 'unknown'} */
function placeOf(attribute) {
  const { row, object, isNothing } = meaningOf(attribute)
  if (row === undefined) return 'unknown'
  if (isNothing) return 'left out'
  return object === 'metadata' || object === 'tags' ? object : 'field'
}

/** @param {RegExp} names @returns {{ spans: number, attributes: string[] }} those that the convention has names for */
function samplesOf(names) {
  const spans = sampleNames()
    .filter(name => names.test(name))
    .flatMap(name => fixture(name).spans)
    .filter(({ scope }) => scope.name !== 'http-lib')
  const attributes = spans.flatMap(span => Object.keys(span.attributes)).filter(name => !GENERAL.test(name))
  return { spans: spans.length, attributes }
}

const SHARES = CONVENTIONS.map(([title, names]) => {
  const { spans, attributes } = samplesOf(/** @type {RegExp} */ (names))
  const counts = { field: 0, metadata: 0, tags: 0, 'left out': 0, unknown: 0 }
  for (const attribute of attributes) counts[placeOf(attribute)]++
  return { title, spans, attributes: attributes.length, counts }
})

/** @param {number} count @param {number} all */
const percent = (count, all) => `${Math.round((100 * count) / all)} %`

test.each(SHARES)(
  '$title: no attribute is left to the rule for unknown ones',
  ({ spans, attributes, counts }) => {
    expect(spans).toBeGreaterThan(0)
    expect(attributes).toBeGreaterThan(10)
    expect(counts.unknown).toBe(0)
  }
)

test('only what the intake has no field for becomes a tag', () => {
  const attributes = CONVENTIONS.flatMap(([, names]) => samplesOf(/** @type {RegExp} */ (names)).attributes)
  const tags = attributes.filter(name => placeOf(name) === 'tags').map(name => meaningOf(name).row?.to)
  expect(tags.filter(to => !KNOWN_TAGS.includes(`${to}`))).toEqual([])
})

test('the document has the shares', () => {
  const text = fs.readFileSync('docs/instrumentation.md', 'utf8')
  const rows = SHARES.map(
    ({ title, spans, attributes, counts }) =>
      `| ${title} | ${spans} | ${attributes} | ${percent(counts.field, attributes)} | ${percent(counts.metadata, attributes)} | ` +
      `${percent(counts.tags, attributes)} | ${percent(counts['left out'], attributes)} |`
  )
  expect(rows.filter(row => !text.includes(row))).toEqual([])
})
