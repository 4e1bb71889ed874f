'use strict'

const { readFileSync, readdirSync } = require('node:fs')
const path = require('node:path')
const { gzipSync } = require('node:zlib')
const { ROOT, runChild } = require('../support/run-child')

const FILE = path.join(ROOT, 'lib/intake/page/index.html')
const MAX_BYTES = 96 * 1024
const MAX_GZIP_BYTES = 32 * 1024
/** Names of namespaces; nothing is loaded from there. */
const NAMESPACES = /^http:\/\/www\.w3\.org\/(1999\/xhtml|2000\/svg|1998\/Math\/MathML)$/

const html = readFileSync(FILE, 'utf8')

test('the page is what its source makes', async () => {
  const { code, stdout, stderr } = await runChild(['scripts/page.js', '--check'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('already made')
})

test('it is one small file', () => {
  expect(Buffer.byteLength(html)).toBeLessThanOrEqual(MAX_BYTES)
  expect(gzipSync(html, { level: 9 }).length).toBeLessThanOrEqual(MAX_GZIP_BYTES)
})

test('it loads nothing: no address of another place is in it, one script, one style', () => {
  const addresses = html.match(/https?:\/\/[^"'` )]+/g) ?? []
  expect(addresses.filter(address => !NAMESPACES.test(address))).toEqual([])
  expect(html.match(/<script/g)).toHaveLength(1)
  expect(html.match(/<style/g)).toHaveLength(1)
  expect(html.match(/<link/g)).toEqual(['<link'])
  expect(html).toContain('<link rel="icon" href="data:,">')
  const sources = readdirSync(path.join(ROOT, 'page')).map(file =>
    readFileSync(path.join(ROOT, 'page', file), 'utf8')
  )
  expect(sources.filter(source => /innerHTML|eval\(|new Function/i.test(source))).toEqual([])
})

test('the licences of what is in it are in it', () => {
  for (const name of ['preact', '@preact/signals', '@preact/signals-core']) {
    expect(html).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'))
  }
  expect(html.match(/MIT License/g)).toHaveLength(3)
})

test.each(['', 'llmobs.init()', 'llmobs.trace({ kind: "task" }, () => {})'])(
  "require('spanlane') loads nothing of it, nor of the intake: %j",
  async action => {
    const entry = JSON.stringify(path.join(ROOT, 'index.js'))
    const script = `const { llmobs } = require(${entry}); ${action}; process.stdout.write(Object.keys(require.cache).join('\\n'))`
    const { code, stdout } = await runChild(['-e', script], { env: { DD_LLMOBS_ML_APP: 'shop' } })
    expect(code).toBe(0)
    expect(stdout.split('\n').filter(file => /[\\/]lib[\\/](intake|cli)[\\/]/.test(file))).toEqual([])
  }
)
