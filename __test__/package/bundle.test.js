'use strict'

const path = require('node:path')
const { BUNDLE, Bundle } = require('../../scripts/package/bundle')

// How modules become one file, and which cannot.

/**
 * @param {Record<string, string>} files those of a package
 * @param {string[]} bundled
 * @param {(target: string) => unknown} [require] of the bundle
 */
function made(files, bundled, require = () => undefined) {
  const bundle = new Bundle(new Map(Object.entries(files)), bundled)
  const module = { exports: /** @type {any} */ ({}) }
  const run = new Function('module', 'exports', 'require', '__dirname', '__filename', bundle.text())
  run(module, module.exports, require, '/application/lib', '/application/lib/bundle.js')
  return { bundle, fromBundle: module.exports }
}

const OUTSIDE = { 'lib/errors.js': '', 'lib/native/index.js': '', 'package.json': '' }

test('a module takes the others from the bundle, and from where they are what is not in it', () => {
  const seen = []
  const { fromBundle } = made(
    {
      ...OUTSIDE,
      'lib/a/one.js': "module.exports = [require('./two'), require('../errors'), require('node:fs')]",
      'lib/a/two.js': "exports.two = require('..').all; exports.from = require('../../package.json')",
      'lib/index.js': "module.exports.all = 'all'; module.exports.native = () => require('./native')"
    },
    ['lib/a/one.js', 'lib/a/two.js', 'lib/index.js'],
    target => {
      seen.push(target)
      return target
    }
  )
  expect(fromBundle('lib/a/one.js')).toEqual([{ two: 'all', from: '../package.json' }, './errors', 'node:fs'])
  expect(seen).toEqual(['../package.json', './errors', 'node:fs'])
  expect(fromBundle('lib/index.js').native()).toBe('./native')
})

test('it runs once, when it is asked for; one that throws runs again', () => {
  /** @type {string[]} */
  const log = []
  globalThis.bundleLog = log
  const { fromBundle } = made(
    {
      'lib/a.js': "globalThis.bundleLog.push('a'); exports.later = () => require('./b')",
      'lib/b.js': "globalThis.bundleLog.push('b'); if (globalThis.bundleLog.length < 3) throw new Error('b')"
    },
    ['lib/a.js', 'lib/b.js']
  )
  expect(log).toEqual([])
  expect(fromBundle('lib/a.js')).toBe(fromBundle('lib/a.js'))
  expect(log).toEqual(['a'])
  expect(() => fromBundle('lib/a.js').later()).toThrow('b')
  expect(fromBundle('lib/a.js').later()).toBe(fromBundle('lib/b.js'))
  expect(log).toEqual(['a', 'b', 'b'])
  delete globalThis.bundleLog
})

test('its place is its own', () => {
  const text = 'exports.place = [__dirname, __filename]'
  const { fromBundle } = made({ 'lib/a.js': text, 'lib/b/c.js': text }, ['lib/a.js', 'lib/b/c.js'], require)
  expect(fromBundle('lib/a.js').place).toEqual(['/application/lib', path.join('/application/lib', 'a.js')])
  expect(fromBundle('lib/b/c.js').place).toEqual([
    path.join('/application/lib', 'b'),
    path.join('/application/lib', 'b', 'c.js')
  ])
})

test('what a text, a comment or a field says is no require', () => {
  const text = `// require('./a')
const words = "require('./a')" + \`require('./a') \${1}\` + /require('.a')/.source
module.exports = { require: words, __dirname: 1, module: { id: 2 }.id, last: { require: 3 }.require }`
  const { bundle, fromBundle } = made({ 'lib/a.js': text }, ['lib/a.js'])
  expect(bundle.text()).toContain(`\n${text}\n`)
  expect(fromBundle('lib/a.js')).toMatchObject({ __dirname: 1, module: 2, last: 3 })
})

test('the path of a module is that of its own file', () => {
  const { bundle } = made({ ...OUTSIDE, 'lib/b/c.js': "require.cache[require.resolve('../native')]" }, [
    'lib/b/c.js'
  ])
  expect(bundle.text()).toContain("require.cache[require.resolve('./native')]")
})

test('beside the bundle a file takes modules from it, and stands as it was otherwise', () => {
  const files = {
    ...OUTSIDE,
    'ai.js': "module.exports = [require('./lib/a/one'), require('./lib/errors'), require('node:fs')]",
    'lib/a/one.js': '',
    'lib/a/two.js': "require('./one')",
    'lib/three.js': "require('./a/one.js')"
  }
  const { bundle } = made(files, ['lib/a/one.js'])
  const taken = "('lib/a/one.js')"
  expect(Object.keys(files).map(file => file.endsWith('.js') && bundle.beside(file))).toEqual([
    '',
    '',
    false,
    `module.exports = [require('./lib/bundle')${taken}, require('./lib/errors'), require('node:fs')]`,
    `'use strict'\n\nmodule.exports = require('../bundle')${taken}\n`,
    `require('../bundle')${taken}`,
    `require('./bundle')${taken}`
  ])
  expect(BUNDLE).toBe('lib/bundle.js')
})

test.each([
  ['require(name)', 'does not say what it requires'],
  [`require(\`./\${name}\`)`, 'does not say what it requires'],
  ["require('./a', 1)", 'does not say what it requires'],
  ['const load = require', 'does not say what it requires'],
  ['require.main === module', 'does not say what it requires'],
  ['require.resolve(name)', 'does not say what it requires'],
  ['module.id', 'is not there in a bundle'],
  ["import('./a')", 'is of an ES module'],
  ["import a from './a'", 'is of an ES module'],
  ['export const a = 1', 'is of an ES module'],
  ['const fromBundle = 1', 'is a name of the bundle'],
  ['const place = { __dirname }', 'cannot be written anew']
])('%s is refused', (code, problem) => {
  expect(() => made({ 'lib/x.js': `'use strict'\n  ${code}` }, ['lib/x.js'])).toThrow(
    `lib/x.js:2: \`${code}\` ${problem}`
  )
})

test('so is a file that the package has not', () => {
  expect(() => made({ 'lib/x.js': "require('./absent')" }, ['lib/x.js'])).toThrow(
    "lib/x.js requires './absent', which is not in the package"
  )
})
