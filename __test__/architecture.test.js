'use strict'

const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
/** What users load. */
const ENTRIES = Object.values(require('../package.json').exports)
  .map(entry => entry.require?.default ?? '')
  .filter(file => file.endsWith('.js'))
  .map(file => path.posix.normalize(file))
const SOURCES = [...ENTRIES, ...filesUnder('lib'), ...filesUnder('bin')].filter(
  file => file.endsWith('.js') && !file.startsWith('lib/native/')
)
const LINES_MAX = 300
/** A call, not the mention of one in a message. */
const REQUIRE = /(?:[=:;]|\breturn|\.\.\.|^)\s*require\(\s*([^)]*?)\s*\)/gm

/** @param {string} folder @returns {string[]} */
function filesUnder(folder) {
  return fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap(entry =>
      entry.isDirectory() ? filesUnder(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]
    )
}

/** @param {string} file */
function textOf(file) {
  return fs.readFileSync(path.join(ROOT, file), 'utf8')
}

/** Without comments: they may name anything. @param {string} file */
function codeOf(file) {
  return textOf(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
}

/** @param {string} file @returns {string[]} what it requires of this repository, without extension */
function requiredBy(file) {
  const found = [...codeOf(file).matchAll(/\brequire\(\s*['"](\.[^'"]*)['"]\s*\)/g)]
  return found.map(([, target]) => path.posix.join(path.posix.dirname(file), target))
}

/** @param {string} target @returns {string | null} null: no JavaScript file of ours */
function fileOf(target) {
  const candidates = [target, `${target}.js`, `${target}/index.js`]
  return candidates.find(file => SOURCES.includes(file)) ?? null
}

test('there is something to look at', () => {
  expect(ENTRIES).toContain('index.js')
  expect(SOURCES.length).toBeGreaterThan(50)
  expect(requiredBy('index.js')).toEqual(['lib/errors', 'lib/sdk'])
})

test('only lib/options/options.js reads the environment', () => {
  const readers = SOURCES.filter(file =>
    /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*(?:process\b|require\('node:process'\))/.test(
      codeOf(file)
    )
  )
  expect(readers).toEqual(['lib/options/options.js'])
})

test('only lib/binding.js requires the native part', () => {
  const users = SOURCES.filter(file => requiredBy(file).some(target => /^lib\/native(\/|$)/.test(target)))
  expect(users).toEqual(['lib/binding.js'])
  expect(SOURCES.filter(file => /\.node['"`]|process\.dlopen/.test(codeOf(file)))).toEqual([])
})

test('nothing but Node itself is required', () => {
  const foreign = SOURCES.flatMap(file =>
    [...codeOf(file).matchAll(REQUIRE)]
      .map(([, target]) => target)
      .filter(target => !/^['"](node:|\.)/.test(target))
      .map(target => `${file}: ${target}`)
  )
  expect(foreign).toEqual([])
})

test('what is published requires nothing that is not', () => {
  const outside = SOURCES.flatMap(file =>
    requiredBy(file)
      .filter(target => !/^(lib\/|package\.json$)/.test(target) && fileOf(target) === null)
      .map(target => `${file} -> ${target}`)
  )
  expect(outside).toEqual([])
})

test('no require goes in a circle', () => {
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map()
  /** @type {string[]} */
  const circles = []
  /** @param {string} file @param {string[]} way */
  const visit = (file, way) => {
    if (state.get(file) === 'done') return
    if (state.get(file) === 'open') {
      circles.push([...way.slice(way.indexOf(file)), file].join(' -> '))
      return
    }
    state.set(file, 'open')
    for (const target of requiredBy(file)) {
      const next = fileOf(target)
      if (next !== null) visit(next, [...way, file])
    }
    state.set(file, 'done')
  }
  for (const file of SOURCES) visit(file, [])
  expect(circles).toEqual([])
})

test('the SDK and the intake do not know each other', () => {
  const crossing = SOURCES.flatMap(file =>
    requiredBy(file)
      .filter(
        target =>
          (/^lib\/sdk\//.test(file) && /^lib\/(intake|cli)\//.test(target)) ||
          (/^lib\/intake\//.test(file) && /^lib\/(sdk|cli|binding)/.test(target))
      )
      .map(target => `${file} -> ${target}`)
  )
  expect(crossing).toEqual([])
})

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const long = SOURCES.map(file => ({ file, lines: textOf(file).split('\n').length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ file, lines }) => `${file}: ${lines}`)
  expect(long).toEqual([])
})
