'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { outcomeOf } = require('./dd-trace/both-bodies')
const { compare } = require('./dd-trace/compare')
const { FIELDS, MEMBERS } = require('./dd-trace/differences')
const { ANNOTATIONS, METRICS, MISTAKES, SITUATIONS } = require('./dd-trace/program')

const ROOT = path.join(__dirname, '..')
/** Mistakes that are none here. */
const NULLS = ['message', 'tool call', 'tool result', 'result name'].map(what => `annotate: null as ${what}`)
const DIFFERENCES = [...MEMBERS, ...FIELDS]
const shown = DIFFERENCES.filter(({ shows }) => shows !== undefined)

/** @type {import('./dd-trace/both-bodies').Outcome} */
let ddTrace
/** @type {import('./dd-trace/both-bodies').Outcome} */
let spanlane

beforeAll(async () => {
  ddTrace = await outcomeOf('dd-trace')
  spanlane = await outcomeOf('spanlane')
}, 120_000)

describe('the same program, sent by dd-trace 5.132.0 and by this SDK', () => {
  test('is what is compared, whole', () => {
    expect(require('dd-trace/package.json').version).toBe('5.132.0')
    const spans = [...Object.keys(ANNOTATIONS), ...Object.keys(SITUATIONS)]
    // A span without a name bears that of its kind, one of a context that of the context.
    expect(spans.filter(name => !spanlane.spans.has(name))).toEqual(['no name'])
    expect(spans.filter(name => !ddTrace.spans.has(name))).toEqual([
      ...['a BigInt in tool arguments', 'text for metadata', 'a symbol as tag', 'no name']
    ])
    for (const { spans: arrived, metrics } of [ddTrace, spanlane]) {
      expect(arrived.has('tool')).toBe(true)
      expect(Object.keys(METRICS).filter(label => !metrics.has(label))).toEqual([])
    }
    // Each mistake is refused, but for the one that dd-trace takes, and for null, which says nothing.
    expect(Object.keys(MISTAKES).filter(name => !(name in spanlane.thrown))).toEqual(NULLS)
    expect(Object.keys(MISTAKES).filter(name => !(name in ddTrace.thrown))).toEqual([
      'submitEvaluation: NaN as score'
    ])
  })

  test('differs in nothing that is not listed', () => {
    const found = compare(ddTrace, spanlane)
    const unlisted = found.filter(difference => !shown.some(({ shows }) => shows?.(difference)))
    expect(unlisted).toEqual([])
  })

  test.each(shown.map(difference => [difference.what, difference]))('differs in %s', (_what, difference) => {
    const found = compare(ddTrace, spanlane).filter(one => difference.shows?.(one))
    expect(found).not.toEqual([])
  })

  test('is accepted by the intake; of what dd-trace sends, it refuses two bodies', () => {
    expect(spanlane.requests.filter(({ status }) => status !== 202)).toEqual([])
    const problems = ddTrace.requests.filter(({ status }) => status !== 202).map(({ problem }) => problem)
    expect(problems.sort()).toEqual([
      'body holds a lone surrogate, which UTF-8 cannot express',
      expect.stringMatching(/timestamp_ms: expected an integer of 0 or more, saw a number$/)
    ])
  })

  test('goes to the same hosts and paths, and tells them nothing of the machine', () => {
    const endpoints = (/** @type {typeof ddTrace} */ { requests }) =>
      [...new Set(requests.map(({ host, path: to }) => `${host}${to}`))].sort()
    expect(endpoints(spanlane)).toEqual(endpoints(ddTrace))
    for (const { headers } of spanlane.requests) {
      expect(headers['content-type']).toBe('application/json')
      expect(Object.keys(headers).filter(name => name.startsWith('datadog-'))).toEqual([])
    }
  })
})

describe('docs/dd-trace.md', () => {
  /** @returns {string[][]} cells of the rows of its tables */
  const rows = () =>
    fs
      .readFileSync(path.join(ROOT, 'docs', 'dd-trace.md'), 'utf8')
      .split('\n')
      .filter(line => /^\| .* \| (same|better|different) \| .* \|$/.test(line))
      .map(line => line.slice(2, -2).split(' | '))

  test('lists every difference, word for word, and no other', () => {
    const listed = rows().filter(([, verdict]) => verdict !== 'same')
    expect(listed).toEqual(DIFFERENCES.map(({ what, verdict, why }) => [what, verdict, why]))
  })

  test('says of every member whether it is the same', () => {
    const { llmobs } = require('..')
    const members = Object.getOwnPropertyNames(Object.getPrototypeOf(require('dd-trace').llmobs)).filter(
      name => name !== 'constructor'
    )
    const text = rows()
      .map(([what]) => what)
      .join('\n')
    expect(members.length).toBeGreaterThan(10)
    expect(members.filter(name => !text.includes(`\`${name}\``))).toEqual([])
    expect(members.filter(name => !(name in llmobs))).toEqual([])
  })

  test.each(
    DIFFERENCES.filter(({ shownBy }) => shownBy !== undefined).map(({ what, shownBy }) => [what, shownBy])
  )('%s is shown by %s', (_what, file) => {
    expect(fs.existsSync(path.join(ROOT, /** @type {string} */ (file)))).toBe(true)
  })
})
