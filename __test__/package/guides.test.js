'use strict'

const path = require('node:path')
const { GUIDES, PINNED } = require('../../examples/guides/guides')
const { isHere } = require('../../examples/guides/index')
const { devDependencies } = require('../../package.json')
const { runChild } = require('../support/run-child')
const { textOf, trackedFiles } = require('../support/sources')

// The code of docs/guides is that of programs which are run: here where their packages are, the others by `npm run guides`.

const OVERVIEW = 'docs/guides/README.md'
/** Written for a command line. */
const COMMANDS = /^(?:sh|text|json|jsonc|yaml|dockerfile)$/
const PAGES = trackedFiles('docs/guides/*.md')

/** @param {string} page @returns {string} the guide it is about */
const guideOf = page => path.basename(page, '.md')

/** @param {string} page @returns {{ language: string, code: string }[]} */
function blocksOf(page) {
  return [...textOf(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language,
    code: code.trim()
  }))
}

/** @param {string} text @returns {string} without the indent that all its lines have */
function dedent(text) {
  const lines = text.split('\n')
  const indents = lines.filter(line => line.trim() !== '').map(line => line.search(/\S/))
  const indent = Math.min(...indents)
  return lines
    .map(line => line.slice(indent))
    .join('\n')
    .trim()
}

/** @param {string} guide @returns {string[]} what its programs mark as `guide: <name>` */
function regionsOf(guide) {
  const files = trackedFiles(`examples/guides/${guide === 'README' ? '*.js' : `${guide}/`}`)
  return files
    .filter(file => /^examples\/guides\/[^/]+$/.test(file) === (guide === 'README'))
    .flatMap(file => [...textOf(file).matchAll(/^ *\/\/ guide: .*\n([\s\S]*?)^ *\/\/ end$/gm)])
    .map(([, code]) => dedent(code))
}

test('every guide has a page, and every page a guide and a link from the overview', () => {
  const guides = PAGES.filter(page => page !== OVERVIEW).map(guideOf)
  expect(guides.sort()).toEqual(Object.keys(GUIDES).sort())
  const overview = textOf(OVERVIEW)
  expect(guides.filter(guide => !overview.includes(`(${guide}.md)`))).toEqual([])
})

test.each(PAGES)('%s: its code is that of its programs, and all that they mark', page => {
  const code = blocksOf(page)
    .filter(({ language }) => !COMMANDS.test(language))
    .map(block => block.code)
  const regions = regionsOf(guideOf(page))
  expect(code.filter(block => !regions.includes(block))).toEqual([])
  expect(regions.filter(region => !code.includes(region))).toEqual([])
  expect(code.length).toBeGreaterThan(0)
})

test.each(PAGES.filter(page => page !== OVERVIEW))(
  '%s: what is to be installed is what it was run with',
  page => {
    const installs = [...textOf(page).matchAll(/^npm install (.*)$/gm)].flatMap(([, names]) =>
      names.split(' ')
    )
    const names = installs.filter(name => !name.startsWith('-')).map(name => name.replace(/(?<=.)@.*$/, ''))
    expect(names.filter(name => name !== 'spanlane' && !GUIDES[guideOf(page)].uses.includes(name))).toEqual(
      []
    )
  }
)

test('every package of a guide has a version, and no version is of a package that none uses', () => {
  const uses = Object.values(GUIDES).flatMap(guide => guide.uses)
  expect(uses.filter(name => !(name in PINNED || name in devDependencies))).toEqual([])
  expect(Object.keys(PINNED).filter(name => !uses.includes(name))).toEqual([])
})

test.each(Object.keys(GUIDES).filter(isHere))(
  '%s: two customers at once, each with its own spans and nothing else',
  async name => {
    const { code, stdout, stderr } = await runChild(['examples/guides', name], { timeoutMs: 60_000 })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.match(/ok$/gm)).toHaveLength(GUIDES[name].runs.length)
  },
  60_000
)
