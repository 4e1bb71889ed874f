'use strict'

// `npm run bench:huge`: what values by mistake - a table, a whole file - cost the thread that annotates with them, and what
// stats() costs it beside very many tenants. Milliseconds, the better of two runs. Nothing is asserted: what is read of such
// values is counted in __test__/host/huge-values.test.js.
//   -- --tenants 100000

const { parseArgs } = require('node:util')
const { createLLMObs } = require('..')

const MANY = 1_000_000
const TEXT = Buffer.alloc(100 * MANY, 'a').toString('latin1')

/**
 * @template T
 * @param {number} count
 * @param {(index: number) => T} make
 * @returns {T[]}
 */
const list = (count, make) => Array.from({ length: count }, (_, index) => make(index))
/** @param {number} count @param {(index: number) => unknown} make */
const fields = (count, make) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, make(index)]))

/** @type {[name: string, kind: import('..').SpanKind, options: () => object][]} */
const CASES = [
  ['a text of 100 MB as input', 'llm', () => ({ inputData: TEXT })],
  ['a text of 100 MB in the metadata', 'llm', () => ({ metadata: { text: TEXT } })],
  ['a text of 100 MB as a tag', 'llm', () => ({ tags: { text: TEXT } })],
  ['a prompt template of 100 MB', 'llm', () => ({ prompt: { id: 'p', template: TEXT } })],
  ['100 messages of 1 MB', 'llm', () => ({ inputData: list(100, () => TEXT.slice(0, MANY)) })],
  ['a million messages', 'llm', () => ({ inputData: list(MANY, () => ({ role: 'user', content: 'hi' })) })],
  ['a million documents', 'retrieval', () => ({ outputData: list(MANY, () => ({ text: 'hi' })) })],
  [
    '1,000 tags of 1,000 values',
    'task',
    () => ({ tags: fields(1000, () => list(1000, index => `v${index}`)) })
  ],
  ['1,000 lists of 1,000 numbers', 'task', () => ({ inputData: list(1000, () => list(1000, Math.sqrt)) })],
  ['a million fields of metadata', 'task', () => ({ metadata: fields(MANY, Number) })]
]

/** @param {() => void} run */
function msOf(run) {
  const startMs = performance.now()
  run()
  return performance.now() - startMs
}

/** @param {string} name @param {number[]} times */
function show(name, times) {
  console.log(
    `${Math.min(...times)
      .toFixed(1)
      .padStart(10)} ms  ${name}`
  )
}

const { values } = parseArgs({ options: { tenants: { type: 'string', default: '100000' } } })
const llmobs = createLLMObs({
  mlApp: 'bench',
  apiKey: 'd'.repeat(32),
  intakeUrl: 'http://127.0.0.1:9',
  exitTimeoutMs: 0,
  logger: {}
})
for (const [name, kind, options] of CASES) {
  const made = options()
  const annotate = () => llmobs.trace({ kind }, (/** @type {any} */ span) => llmobs.annotate(span, made))
  show(name, [msOf(annotate), msOf(annotate)])
}
const routes = list(Number(values.tenants), index =>
  llmobs.route({ ddApiKey: String(index).padStart(32, 'k'), ddSite: 'datadoghq.com', tenant: `t${index}` })
)
show(
  `stats() beside ${routes.length} tenants`,
  list(5, () => msOf(() => llmobs.stats().total))
)
show(
  'its rows',
  list(2, () => msOf(() => llmobs.stats().tenants))
)
