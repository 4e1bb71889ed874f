'use strict'

const { readFileSync } = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const { CODES } = require('../../lib/errors')
const { CURES } = require('../../lib/outcomes')
const { TOPICS } = require('../../lib/warnings')
const { nodesOf, trackedFiles } = require('../support/sources')
const { packedFiles } = require('../../scripts/package/files')
const { repository } = require('./installed')

const PAGE = 'docs/troubleshooting.md'
/** @param {string} file */
const text = file => readFileSync(path.join(repository, file), 'utf8')

/** The names under which a heading is found, as the renderers of Markdown make them. */
const anchors = [...text(PAGE).matchAll(/^### (.+)$/gm)].map(([, heading]) =>
  heading.toLowerCase().replaceAll(' ', '-')
)
const codes = Object.values(CODES).map(code => code.toLowerCase())

/** Calls by which something is said to whoever runs the application. */
const SAYING = /^(warn|warnRarely|error|emitWarning)$/
/** They pass on what others say, and add the end of it. */
const PASSING_ON = [
  'lib/options/logger.js',
  'lib/values/capture.js',
  'lib/event/submission.js',
  'lib/sdk/open.js'
]

/** @param {string} file @returns {string[]} what is said without a topic */
function withoutTopic(file) {
  /** Names that hold a warning, or functions that make one. */
  const made = new Set(['warning', 'headersTooLong', 'cured', 'whyNot'])
  return nodesOf(file).flatMap(node => {
    if (!ts.isCallExpression(node)) return []
    const called = node.expression
    const name = ts.isPropertyAccessExpression(called) ? called.name.text : called.getText()
    if (!SAYING.test(name) || /^(console|capture)$/.test(called.getText().split('.')[0])) return []
    const said = node.arguments.some(
      argument => ts.isCallExpression(argument) && made.has(argument.expression.getText())
    )
    return said ? [] : [`${file}: ${node.getText().split('\n')[0]}`]
  })
}

test('the page is in the package', async () => {
  expect(await packedFiles()).toContain(PAGE)
})

test('each anchor is there once', () => {
  expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([])
})

test('every warning and every error code has its anchor, and no anchor is without one', () => {
  expect(anchors.toSorted()).toEqual([...TOPICS, ...codes].toSorted())
})

test('every warning in the sources has a topic', () => {
  const files = [...trackedFiles('lib/*.js', 'dd-trace.js', 'index.js')].filter(
    file => !PASSING_ON.includes(file) && !/^lib\/(intake|cli|native)\//.test(file)
  )
  expect(files.length).toBeGreaterThan(80)
  expect(files.flatMap(withoutTopic)).toEqual([])
})

test.each(TOPICS)('somebody warns of %s', topic => {
  const isReason = topic in CURES
  const sources = trackedFiles('lib/*.js').filter(file => file !== 'lib/warnings.js')
  const users = sources.filter(file => text(file).includes(`'${topic}'`))
  expect(isReason || users.length > 0).toBe(true)
})

test('every reason that the core gives has a cure', () => {
  const rust = trackedFiles('src/*.rs').filter(file => !/tests?\.rs$/.test(file))
  const inCode = rust.map(file => text(file).split('#[cfg(test)]')[0]).join('\n')
  const drops = /drop_reasons! \{([\s\S]*?)\n\}/.exec(inCode)?.[1] ?? ''
  const reasons = [
    ...[...drops.matchAll(/= "(\w+)"/g)].map(([, name]) => name),
    ...[...inCode.matchAll(/\breason: "(\w+)"/g)].map(([, name]) => name),
    ...[...inCode.matchAll(/\bretry\("(\w+)"\)/g)].map(([, name]) => name),
    ...[...inCode.matchAll(/fn reason\(&?self\)[\s\S]*?\n {4}\}/g)].flatMap(([body]) =>
      [...body.matchAll(/=> "(\w+)"/g)].map(([, name]) => name)
    )
  ].filter(name => name !== 'processor')
  expect(reasons.length).toBeGreaterThan(20)
  expect([...new Set(reasons)].filter(reason => !(reason in CURES))).toEqual([])
})

test.each(['README.md', 'docs/api.md', 'docs/delivery.md', 'docs/dd-trace.md'])('%s links to it', file => {
  expect(text(file)).toContain('troubleshooting.md')
})
