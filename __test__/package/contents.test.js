'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { runChild } = require('../support/run-child')
const { trackedFiles } = require('../support/sources')
const { packedFiles } = require('../../scripts/package/files')
const { installPackage } = require('./installed')

describe('the published package holds what a user needs and nothing else', () => {
  /** @type {string[]} */
  let files
  beforeAll(async () => {
    files = await packedFiles()
  })

  test('at the top: the entries, their types, and the texts', () => {
    expect(files.filter(file => !file.includes('/')).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'ai.d.mts',
      'ai.d.ts',
      'ai.js',
      'ai.mjs',
      'anthropic.d.mts',
      'anthropic.d.ts',
      'anthropic.js',
      'anthropic.mjs',
      'dd-trace.d.mts',
      'dd-trace.d.ts',
      'dd-trace.js',
      'dd-trace.mjs',
      'index.d.mts',
      'index.d.ts',
      'index.js',
      'index.mjs',
      'langchain.d.mts',
      'langchain.d.ts',
      'langchain.js',
      'langchain.mjs',
      'openai-agents.d.mts',
      'openai-agents.d.ts',
      'openai-agents.js',
      'openai-agents.mjs',
      'openai.d.mts',
      'openai.d.ts',
      'openai.js',
      'openai.mjs',
      'opentelemetry.d.mts',
      'opentelemetry.d.ts',
      'opentelemetry.js',
      'opentelemetry.mjs',
      'package.json',
      'testing.d.mts',
      'testing.d.ts',
      'testing.js',
      'testing.mjs'
    ])
  })

  test('below: the library, the command and the documentation', () => {
    const folders = new Set(files.filter(file => file.includes('/')).map(file => file.split('/')[0]))
    expect([...folders].sort()).toEqual(['bin', 'docs', 'lib'])
    expect(files.filter(file => file.startsWith('docs/guides/')).sort()).toEqual(
      trackedFiles('docs/guides/*.md').sort()
    )
    expect(files.filter(file => /^docs\/[^/]+$/.test(file)).sort()).toEqual([
      'docs/api.md',
      'docs/bridge.md',
      'docs/dd-trace.md',
      'docs/delivery.md',
      'docs/instrumentation.md',
      'docs/operations.md',
      'docs/troubleshooting.md'
    ])
  })

  test('the loader is in it though git ignores it, the addon is not', () => {
    expect(files.filter(file => file.startsWith('lib/native/'))).toEqual(['lib/native/index.js'])
    expect(files.filter(file => file.endsWith('.node'))).toEqual([])
  })

  test('lib holds JavaScript only, and the page of the intake', () => {
    const others = files.filter(file => file.startsWith('lib/') && !file.endsWith('.js'))
    expect(others).toEqual(['lib/intake/page/index.html'])
  })

  test('the folder that is published has the same, and the bundle', async () => {
    const application = installPackage({ withAddon: false })
    expect((await packedFiles(application.folder)).sort()).toEqual([...files, 'lib/bundle.js'].sort())
    application.remove()
  })
})

test('a folder that is something else is not replaced by it', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-'))
  fs.writeFileSync(path.join(folder, 'thesis.txt'), 'years of work')
  const { code, stderr } = await runChild(['scripts/package.js', folder])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${folder} is there`) })
  expect(fs.readdirSync(folder)).toEqual(['thesis.txt'])
  fs.rmSync(folder, { recursive: true })
})
