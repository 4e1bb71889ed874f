'use strict'

// What loads as the native part is used only if it is ours and of this version. Otherwise calls pass through, and one
// line says why, truly.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { version } = require('../../package.json')
const { openAddon } = require('../../lib/addon')
const { runChild } = require('../support/run-child')
const { Log } = require('./setup')

const noFile = () => undefined
const classes = { Core: class {}, Producer: class {}, Route: class {} }

/** What the loader throws: a summary, with what was tried behind it, the last first. */
function loaderError(...tried) {
  const chain = tried.reduce((before, error) => Object.assign(error, { cause: before }), null)
  return new Error('Cannot find native binding. Please remove package-lock.json', { cause: chain })
}

/** @param {string} name */
const absent = name => new Error(`Cannot find module '${name}'\nRequire stack:\n- index.js`)
const NEVER_PUBLISHED = () => [absent('./spanlane.wasi.cjs'), absent('spanlane-wasm32-wasi')]

describe('what is not ours is not used', () => {
  test.each([
    ['a text', './asset.node'],
    ['a number', 1],
    ['null', null],
    ['nothing', undefined],
    ['a function', () => {}],
    ['an empty object', {}],
    ['another addon', { parse() {}, version: '1.0.0' }],
    ['classes of the same names without a version', classes],
    ['names that are no classes', { VERSION: version, Core: {}, Producer: {}, Route: {} }],
    [
      'an object that cannot be looked at',
      new Proxy(
        {},
        {
          get() {
            throw new Error('not to be looked at')
          }
        }
      )
    ]
  ])('%s', (_what, loaded) => {
    jest.resetModules()
    jest.doMock('../../lib/native', () => loaded)
    const logger = new Log()
    const llmobs = require('../..').createLLMObs({ intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop', logger })
    expect([llmobs.enabled, llmobs.trace({ kind: 'task' }, () => 'ran')]).toEqual([false, 'ran'])
    expect(logger.lines).toEqual([expect.stringMatching(/calls pass through; install spanlane/)])
    jest.dontMock('../../lib/native')
  })

  test.each(['0.0.1', `${version}-next`, ''])('a core of version "%s"', of => {
    const { addon, reason } = openAddon(() => ({ ...classes, VERSION: of }), noFile)
    expect(addon).toBeNull()
    expect(reason).toContain(`is of version ${of}, spanlane of ${version}`)
  })

  test('a core of this version is used', () => {
    const core = { ...classes, VERSION: version }
    expect(openAddon(() => core, noFile)).toEqual({ addon: core, reason: null })
  })

  test.each([
    ['another version', { version: '0.0.1-other' }, false],
    ['this version', { version }, true]
  ])('a platform package of %s', (_what, manifest, isUsed) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-'))
    fs.writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
    const file = path.join(folder, 'spanlane.node')
    const { addon, reason } = openAddon(
      () => ({ ...classes, VERSION: version }),
      () => file
    )
    fs.rmSync(folder, { recursive: true })
    expect(addon !== null).toBe(isUsed)
    if (!isUsed)
      expect(reason).toBe(`${file} is of version 0.0.1-other, spanlane of ${version}: install them together`)
  })
})

describe('the reason is the true one', () => {
  test.each([
    [
      'a file that is there and cannot be loaded',
      loaderError(new Error('/x/spanlane.node: invalid ELF header\nmore'), absent('spanlane-linux-x64-gnu')),
      '/x/spanlane.node: invalid ELF header'
    ],
    [
      'the same under a folder named wasi',
      loaderError(new Error('/wasi/spanlane.node: file too short'), ...NEVER_PUBLISHED()),
      '/wasi/spanlane.node: file too short'
    ],
    [
      'the first of several',
      loaderError(new Error('addons are disabled'), new Error('version mismatch'), ...NEVER_PUBLISHED()),
      'addons are disabled'
    ],
    [
      'a platform package that is not installed',
      loaderError(
        absent('./spanlane.linux-x64-gnu.node'),
        absent('spanlane-linux-x64-gnu'),
        ...NEVER_PUBLISHED()
      ),
      "Cannot find module 'spanlane-linux-x64-gnu'"
    ],
    [
      'a path that leads nowhere',
      loaderError(absent('/x/absent.node'), ...NEVER_PUBLISHED()),
      "Cannot find module '/x/absent.node'"
    ],
    [
      'nothing at all',
      loaderError(...NEVER_PUBLISHED()),
      'nothing that could be the native part of spanlane was loaded'
    ],
    ['an error without causes', new Error('Unsupported OS: aix\nmore'), 'Unsupported OS: aix'],
    ['what is no error', 'text', 'text'],
    ['undefined', undefined, 'undefined'],
    [
      'an error that cannot be read',
      {
        get message() {
          throw new Error('unreadable')
        }
      },
      'loading it failed with an error that cannot be read'
    ]
  ])('%s', (_what, error, reason) => {
    const load = () => {
      throw error
    }
    expect(openAddon(load, noFile)).toEqual({ addon: null, reason })
  })

  test('a chain of causes that bites its tail has an end', () => {
    const error = new Error('first')
    error.cause = new Error('second', { cause: error })
    const load = () => {
      throw error
    }
    expect(openAddon(load, noFile).addon).toBeNull()
  })
})

test.each([
  [
    'no file',
    [],
    { NAPI_RS_NATIVE_LIBRARY_PATH: '/nowhere/spanlane.node' },
    "Cannot find module '/nowhere/spanlane.node'",
    'install spanlane on this platform'
  ],
  [
    'no addons',
    ['--no-addons'],
    {},
    'Cannot load native addon because loading addons is disabled.',
    'let Node load addons'
  ],
  [
    'no permission',
    [
      // As it is called up to Node 22.
      process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission',
      '--allow-fs-read=*',
      '--no-warnings'
    ],
    {},
    'loading addons is disabled.',
    'let Node load addons'
  ],
  [
    'another module',
    [],
    { NAPI_RS_NATIVE_LIBRARY_PATH: require.resolve('typescript') },
    'is not the native part of spanlane',
    'install spanlane on this platform'
  ]
])('a process with %s runs, and says why it records nothing', async (_what, nodeArgs, env, reason, cure) => {
  const program = `
    const { llmobs } = require('.')
    console.log(llmobs.trace({ kind: 'task' }, () => 'ran'), llmobs.enabled)`
  const ended = await runChild([...nodeArgs, '-e', program], { env })
  expect(ended).toMatchObject({ code: 0, stdout: 'ran false\n' })
  expect(ended.stderr.trim().split('\n')).toEqual([expect.stringContaining(reason)])
  expect(ended.stderr).toContain(`; ${cure}`)
  expect(ended.stderr).not.toContain('package-lock')
})
