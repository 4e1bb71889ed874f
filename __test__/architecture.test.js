'use strict'

const path = require('node:path')
const ts = require('typescript')
const { exports: exported } = require('../package.json')
const {
  exportsOf,
  functionsOf,
  nodesOf,
  requiredBy,
  requiresOf,
  textOf,
  trackedFiles,
  typesNamedBy
} = require('./support/sources')

/**
 * Who may require whom. A row is a folder or a file of `lib/`; the longest one that fits a file is its room. The table
 * in ARCHITECTURE.md says the same, and what each room sees.
 *
 * @type {Record<string, string[]>}
 */
const ROOMS = {
  // biome-ignore format: a list of names
  sdk: [
    'options', 'routing', 'trace', 'annotate', 'evaluate', 'values', 'event',
    'event/fields', 'binding', 'errors', 'exit', 'metrics', 'misuse', 'outcomes', 'report-text', 'serverless',
    'warnings'
  ],
  options: ['values', 'errors', 'warnings'],
  routing: ['options', 'values', 'errors', 'warnings'],
  trace: ['routing', 'annotate', 'event/fields', 'values', 'binding', 'errors', 'warnings'],
  annotate: ['event/fields', 'values', 'errors'],
  evaluate: ['trace', 'annotate', 'values', 'errors'],
  values: ['errors', 'warnings'],
  event: ['event/fields', 'trace', 'values', 'record', 'binding', 'warnings'],
  'event/fields': ['values', 'record'],
  record: [],
  bridge: ['sdk', 'trace', 'values', 'event', 'record', 'errors', 'warnings'],
  opentelemetry: [
    'sdk',
    'options',
    'routing',
    'trace',
    'annotate',
    'evaluate',
    'event/fields',
    'values',
    'errors'
  ],
  ai: ['sdk', 'opentelemetry', 'trace', 'values'],
  'openai-agents': ['sdk', 'opentelemetry', 'trace', 'values'],
  langchain: ['sdk', 'opentelemetry', 'trace', 'values'],
  clients: ['sdk', 'opentelemetry', 'trace', 'values', 'errors'],
  intake: [],
  cli: ['intake'],
  binding: ['addon', 'report-text', 'errors', 'warnings'],
  addon: [],
  serverless: ['values', 'errors'],
  exit: ['signals', 'values'],
  signals: [],
  metrics: [],
  outcomes: ['warnings'],
  'report-text': [],
  misuse: ['errors', 'warnings'],
  errors: [],
  warnings: []
}
/** What users load. */
const ENTRIES = Object.values(exported)
  .map(entry => entry.require?.default ?? '')
  .filter(file => file.endsWith('.js'))
  .map(file => path.posix.normalize(file))
const SOURCES = [...ENTRIES, ...trackedFiles('lib/*.js', 'bin/*.js')]
const LINES_MAX = 80
/** Its callback is a list of tests. */
const LIST_OF_TESTS = /^describe(?:InBrowser)?\b/

/** @param {string} target @returns {string | null} null: no JavaScript file of ours */
function fileOf(target) {
  const candidates = [target, `${target}.js`, `${target}/index.js`]
  return candidates.find(file => SOURCES.includes(file)) ?? null
}

/** @param {string} file @returns {string} its room, or the file itself when it is in none */
function roomOf(file) {
  const fitting = Object.keys(ROOMS).filter(
    room => file === `lib/${room}.js` || file.startsWith(`lib/${room}/`)
  )
  return fitting.sort((left, right) => right.length - left.length)[0] ?? file
}

/** @param {(file: string) => string[]} namesOf @returns {{ file: string, target: string }[]} one for each file named */
function namedFiles(namesOf) {
  return SOURCES.flatMap(file =>
    namesOf(file).flatMap(name => {
      const target = fileOf(name)
      return target === null ? [] : [{ file, target }]
    })
  )
}

/**
 * @param {Record<string, string[]>} graph
 * @returns {string[]} one for each edge that leads back to where a way came from
 */
function circlesOf(graph) {
  /** @type {string[]} */
  const circles = []
  /** @type {Set<string>} */
  const done = new Set()
  /** @param {string} node @param {string[]} way */
  const visit = (node, way) => {
    if (way.includes(node)) circles.push([...way.slice(way.indexOf(node)), node].join(' -> '))
    if (way.includes(node) || done.has(node)) return
    for (const next of graph[node] ?? []) visit(next, [...way, node])
    done.add(node)
  }
  for (const node of Object.keys(graph)) visit(node, [])
  return circles
}

/** @param {ts.Node} node @returns {boolean} whether it reads the environment, or what could */
function readsEnvironment(node) {
  const isProcess = (/** @type {ts.Node | undefined} */ value) => value?.getText() === 'process'
  if (ts.isPropertyAccessExpression(node)) return isProcess(node.expression) && node.name.text === 'env'
  if (ts.isElementAccessExpression(node)) return isProcess(node.expression)
  if (ts.isVariableDeclaration(node)) {
    return (
      isProcess(node.initializer) || /^require\('(node:)?process'\)/.test(node.initializer?.getText() ?? '')
    )
  }
  return false
}

test('there is something to look at', () => {
  expect(ENTRIES).toContain('index.js')
  expect(SOURCES.length).toBeGreaterThan(50)
  expect(requiredBy('index.js')).toEqual(['lib/errors', 'lib/sdk'])
  expect(fileOf('lib/sdk')).toBe('lib/sdk/index.js')
  expect(circlesOf({ a: ['b'], b: ['c'], c: ['b', 'd'], d: [] })).toEqual(['b -> c -> b'])
})

test('only lib/options/options.js reads the environment', () => {
  expect(SOURCES.filter(file => nodesOf(file).some(readsEnvironment))).toEqual(['lib/options/options.js'])
})

test('only lib/binding.js requires the native part', () => {
  const users = SOURCES.filter(file => requiredBy(file).some(target => /^lib\/native(\/|$)/.test(target)))
  expect(users).toEqual(['lib/binding.js'])
  const opens = (/** @type {ts.Node} */ node) =>
    (ts.isPropertyAccessExpression(node) && node.name.text === 'dlopen') ||
    (ts.isStringLiteralLike(node) && node.text.endsWith('.node'))
  expect(SOURCES.filter(file => nodesOf(file).some(opens))).toEqual([])
})

test('nothing but Node itself is required', () => {
  const others = SOURCES.flatMap(file =>
    requiresOf(file)
      .filter(target => !/^'(node:|\.)/.test(target))
      .map(target => `${file}: ${target}`)
  )
  expect(others).toEqual([])
})

test('what is published requires nothing that is not', () => {
  const outside = SOURCES.flatMap(file =>
    requiredBy(file)
      .filter(target => fileOf(target) === null)
      .filter(target => target !== 'package.json' && !(file === 'lib/binding.js' && target === 'lib/native'))
      .map(target => `${file} -> ${target}`)
  )
  expect(outside).toEqual([])
})

describe('the rooms of lib/', () => {
  test('every file is in one, and every one has a file', () => {
    const inside = SOURCES.filter(file => file.startsWith('lib/'))
    expect(inside.filter(file => roomOf(file) === file)).toEqual([])
    expect([...new Set(inside.map(roomOf))].sort()).toEqual(Object.keys(ROOMS).sort())
  })

  test('each requires only what it may', () => {
    const wrong = namedFiles(requiredBy).filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)]
      return from in ROOMS && from !== to && !ROOMS[from].includes(to)
    })
    expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([])
  })

  test('none of them is in a circle, and no file either', () => {
    expect(circlesOf(ROOMS)).toEqual([])
    /** @type {Record<string, string[]>} */
    const files = {}
    for (const { file, target } of namedFiles(requiredBy)) files[file] = [...(files[file] ?? []), target]
    expect(circlesOf(files)).toEqual([])
  })

  test('ARCHITECTURE.md has the same table', () => {
    const rows = [
      ...textOf('ARCHITECTURE.md').matchAll(/^\| `([\w-]+(?:\/[\w-]+)*)\/?`[^|]*\| ([^|]*) \|.*\|$/gm)
    ]
    const told = rows
      .map(([, room, names]) => [room, [...names.matchAll(/`([\w/-]+)`/g)].map(([, name]) => name)])
      .filter(([room]) => room in ROOMS)
    expect(Object.fromEntries(told)).toEqual(ROOMS)
  })

  test('below sdk/ nothing knows the public object, and record/ no span', () => {
    const named = [...namedFiles(requiredBy), ...namedFiles(typesNamedBy)]
    const publicObject = named.filter(({ target }) => /^lib\/sdk\/(llmobs|index)\.js$/.test(target))
    const knowing = publicObject.map(({ file }) => file).filter(file => !file.startsWith('lib/sdk/'))
    expect([...new Set(knowing)].sort()).toEqual(['index.js', 'lib/bridge/attach.js'])
    const fromRecord = named.filter(({ file }) => roomOf(file) === 'record')
    expect([...new Set(fromRecord.map(({ target }) => roomOf(target)))]).toEqual(['record'])
  })
})

test('everything that is exported has a user', () => {
  const users = trackedFiles('*.js').map(file => ({ file, targets: requiredBy(file), text: textOf(file) }))
  const unused = SOURCES.filter(file => !ENTRIES.includes(file)).flatMap(file => {
    const names = [file, file.replace(/\.js$/, ''), file.replace(/\/index\.js$/, '')]
    const requiring = users.filter(({ targets }) => targets.some(target => names.includes(target)))
    return exportsOf(file)
      .filter(name => !requiring.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)))
      .map(name => `${file}: ${name}`)
  })
  expect(unused).toEqual([])
})

test(`no function is longer than ${LINES_MAX} lines`, () => {
  const long = trackedFiles('*.js', '*.mjs').flatMap(file =>
    functionsOf(file)
      .filter(({ lines, callee }) => lines > LINES_MAX && !LIST_OF_TESTS.test(callee))
      .map(({ name, line, lines }) => `${file}:${line} ${name}: ${lines}`)
  )
  expect(long).toEqual([])
})
