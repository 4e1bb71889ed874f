'use strict'

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { exports: exported, name: packageName, scripts } = require('../../package.json')
const { ROOT, textOf, trackedFiles } = require('../support/sources')

// What the documents point to is there: paths and commands in backticks, links, and what ARCHITECTURE.md counts.

const TRACKED = trackedFiles()
const DOCUMENTS = TRACKED.filter(file => file.endsWith('.md'))
/** A name with another ending is a path only when it has a slash. */
const ENDING = /\.(?:[cm]?js|[cm]?ts|rs|toml|md|json|yml|svg)$/
/** Folders that a path may leave out. */
const BASES = ['', 'lib', 'src']
/** What users write: our entries below the package's name. */
const ENTRIES = Object.keys(exported).map(entry => path.posix.join(packageName, entry))
/** npm's own. */
const NPM_COMMANDS = new Set(['dedupe', 'ls', 'ci', 'install', 'pack', 'test'])

/** @typedef {{ document: string, text: string, before: string }} Quoted what is in backticks, and its line up to there */

/** @param {string} document @returns {string} without blocks of code */
function proseOf(document) {
  return textOf(document).replace(/^ *```[\s\S]*?^ *```/gm, '')
}

/** @param {string} document @returns {Quoted[]} */
function quotedIn(document) {
  const prose = proseOf(document)
  return [...prose.matchAll(/`([^`]+)`/g)].map(({ 1: inside, index }) => ({
    document,
    text: inside.replace(/\s+/g, ' '),
    before: prose.slice(prose.lastIndexOf('\n', index) + 1, index)
  }))
}

/**
 * A path is the first word of what is in backticks, when it is made of letters, digits and `_.@*-` with a slash after
 * the first character, or a file name with a known ending. A `*` stands for anything. Text with a placeholder in `<>`
 * is a pattern and no path; a name that begins with `@` is a package.
 *
 * @param {string} text
 * @returns {string | null}
 */
function pathIn(text) {
  const [word] = text.split(' ')
  if (ENTRIES.includes(word) || !/^[\w.*-][\w.@*/-]*$/.test(word)) return null
  return word.includes('/') || ENDING.test(word) ? word : null
}

/**
 * It is at the root, beside the document, in `lib/` or `src/`, or in a folder that the same line names before it. A room
 * that is one file is named as one requires it.
 *
 * @param {string} wanted
 * @param {Quoted} quoted
 */
function isThere(wanted, { document, before }) {
  const named = [...before.matchAll(/`([\w./-]+)`/g)].map(([, folder]) => folder)
  const bases = [...BASES, path.posix.dirname(document), ...named]
  return bases.some(
    base => exists(path.posix.join(base, wanted)) || TRACKED.includes(path.posix.join(base, `${wanted}.js`))
  )
}

/** @param {string} wanted from the root @returns {boolean} whether git has it, or ignores it: then a build makes it */
function exists(wanted) {
  const file = wanted.replace(/\/$/, '')
  if (TRACKED.some(one => one === file || one.startsWith(`${file}/`))) return true
  if (file.includes('*') && trackedFiles(file).length > 0) return true
  return spawnSync('git', ['check-ignore', '--quiet', '--', file], { cwd: ROOT }).status === 0
}

/** @param {string} command @returns {string | null} what is wrong with it */
function problemOf(command) {
  const [program, ...words] = command.split(' ')
  if (program === 'npm' && words[0] === 'run') {
    if (!(words[1] in scripts)) return `no script "${words[1]}"`
  } else if (program === 'npm' && !NPM_COMMANDS.has(words[0])) return `no npm ${words[0]}`
  const files = words.map(pathIn).filter(file => file !== null)
  return files.find(file => !exists(/** @type {string} */ (file))) ?? null
}

/** As GitHub makes them. @param {string} document */
function anchorsOf(document) {
  return [...proseOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
  )
}

const quoted = DOCUMENTS.flatMap(quotedIn)
const isCommand = (/** @type {string} */ text) => /^(?:npm|npx|node|cargo) /.test(text)

test('every path in backticks exists', () => {
  const paths = quoted.filter(({ text }) => !isCommand(text) && pathIn(text) !== null)
  const missing = paths.filter(one => !isThere(/** @type {string} */ (pathIn(one.text)), one))
  expect(missing.map(({ document, text }) => `${document}: ${text}`)).toEqual([])
  expect(paths.length).toBeGreaterThan(100)
})

test('every command in backticks or in a block of code can be given', () => {
  const inBlocks = DOCUMENTS.flatMap(document =>
    [...textOf(document).matchAll(/^ *```[\s\S]*?^ *```/gm)].flatMap(([block]) =>
      [...block.matchAll(/^ *((?:npm|npx|node|cargo) [^#\n]*)/gm)].map(([, text]) => ({ document, text }))
    )
  )
  const commands = [...quoted.filter(({ text }) => isCommand(text)), ...inBlocks]
  const wrong = commands.map(({ document, text }) => ({ document, text, problem: problemOf(text.trim()) }))
  expect(wrong.filter(({ problem }) => problem !== null)).toEqual([])
  expect(commands.length).toBeGreaterThan(20)
})

test('every script that package.json runs exists, and CONTRIBUTING.md or another document names it', () => {
  const files = Object.values(scripts).flatMap(script => script.match(/\bscripts\/[\w/-]+\.js\b/g) ?? [])
  expect(files.filter(file => !TRACKED.includes(file))).toEqual([])
  const names = Object.keys(scripts).map(name => (name === 'test' ? 'npm test' : `npm run ${name}`))
  const texts = DOCUMENTS.map(textOf)
  expect(names.filter(name => !texts.some(text => text.includes(`\`${name}`)))).toEqual([])
})

test('every link leads to a file of the repository, and to a heading in it', () => {
  const links = DOCUMENTS.flatMap(document =>
    [...proseOf(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, file, anchor]) => ({
      document,
      file: file === '' ? document : path.posix.join(path.posix.dirname(document), file),
      anchor
    }))
  )
  const broken = links.filter(
    ({ file, anchor }) => !exists(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
  )
  expect(broken).toEqual([])
  expect(links.length).toBeGreaterThan(10)
})

describe('ARCHITECTURE.md', () => {
  const architecture = textOf('ARCHITECTURE.md')
  /** Without tests: they choose their own time. */
  const rust = TRACKED.filter(file => /^src\/.*\.rs$/.test(file) && !/(^|\/)tests(\/|\.rs$)/.test(file))

  /** @param {RegExp} start of an invariant @returns {string[]} the files of src/ that its row names */
  const namedInRow = start => {
    const row = architecture.split('\n').find(line => line.startsWith('| ') && start.test(line)) ?? ''
    return [...row.matchAll(/`(src\/[\w/]+\.rs)`/g)].map(([, file]) => file).sort()
  }

  /** @param {RegExp} pattern in code, not in comments @returns {string[]} one file for each time */
  const filesWith = pattern =>
    rust
      .flatMap(file =>
        (
          textOf(file)
            .replace(/\/\/.*$/gm, '')
            .match(pattern) ?? []
        ).map(() => file)
      )
      .sort()

  test('names every module of src/', () => {
    const [, table] = /Rust, in the order an event meets it:\n\n([\s\S]*?)\n\n/.exec(architecture) ?? []
    const named = table
      .split('\n')
      .slice(2)
      .flatMap(row => [...row.split('|')[1].matchAll(/`(\w+)\/?`/g)].map(([, module]) => module))
    const modules = rust.map(file => file.split('/')[1].replace('.rs', '')).filter(name => name !== 'lib')
    expect(named.sort()).toEqual([...new Set(modules)].sort())
  })

  test('names each place that reads a clock', () => {
    expect(namedInRow(/Rules take `now`/)).toEqual([
      ...new Set(filesWith(/expect\(\s*clippy::disallowed_methods/g))
    ])
  })

  test('names each place with unsafe code', () => {
    expect(namedInRow(/`unsafe` only/)).toEqual([...new Set(filesWith(/\bunsafe\b(?=\s*(?:\{|fn\b))/g))])
  })
})
