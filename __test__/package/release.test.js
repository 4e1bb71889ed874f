'use strict'

const { createHash } = require('node:crypto')
const { napi } = require('../../package.json')
const { mainProblems, platformOf, platformProblems } = require('../../scripts/release/packages')
const { startRegistry } = require('../../scripts/release/registry')
const { textOf } = require('../support/sources')

// What a rehearsed release is checked by: a rule that lets everything pass checks nothing.

const VERSION = '1.2.3'
const GNU = 'x86_64-unknown-linux-gnu'
const PLATFORM = {
  name: 'spanlane-linux-x64-gnu',
  version: VERSION,
  manifest: {
    version: VERSION,
    os: ['linux'],
    cpu: ['x64'],
    libc: ['glibc'],
    main: 'spanlane.linux-x64-gnu.node'
  },
  tarball: Buffer.from('')
}
const PLATFORM_FILES = [
  'LICENSE',
  'THIRD-PARTY-LICENSES.yml',
  'README.md',
  'package.json',
  'spanlane.linux-x64-gnu.node'
]
const MAIN = {
  name: 'spanlane',
  version: VERSION,
  manifest: {
    version: VERSION,
    exports: { '.': { import: { types: './index.d.mts' }, require: { default: './index.js' } } },
    bin: { spanlane: 'bin/spanlane.js' },
    optionalDependencies: Object.fromEntries(napi.targets.map(triple => [platformOf(triple).name, VERSION]))
  },
  tarball: Buffer.from('x')
}
const MAIN_FILES = [
  'index.d.mts',
  'index.js',
  'bin/spanlane.js',
  'lib/native/index.js',
  'lib/bundle.js',
  'LICENSE',
  'README.md'
]

test.each([
  ['x86_64-unknown-linux-musl', { name: 'spanlane-linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl' }],
  ['aarch64-apple-darwin', { name: 'spanlane-darwin-arm64', os: 'darwin', cpu: 'arm64', libc: undefined }],
  [
    'x86_64-pc-windows-msvc',
    { name: 'spanlane-win32-x64-msvc', os: 'win32', addon: 'spanlane.win32-x64-msvc.node' }
  ]
])('%s has the package that npm installs there', (triple, expected) => {
  expect(platformOf(triple)).toMatchObject(expected)
})

describe('the package of a platform', () => {
  const problems = (manifest = {}, files = PLATFORM_FILES) =>
    platformProblems({ ...PLATFORM, manifest: { ...PLATFORM.manifest, ...manifest } }, files, {
      triple: GNU,
      version: VERSION
    })

  test('passes as it must be', () => expect(problems()).toEqual([]))

  test.each([
    ['another version', { version: '1.2.2' }, 'version is "1.2.2", not "1.2.3"'],
    ['another libc', { libc: ['musl'] }, 'libc is ["musl"], not ["glibc"]'],
    ['no os', { os: undefined }, 'os is undefined, not ["linux"]']
  ])('not with %s', (_what, manifest, problem) => {
    expect(problems(manifest)).toEqual([`spanlane-linux-x64-gnu: ${problem}`])
  })

  test.each(PLATFORM_FILES.filter(file => file !== 'README.md'))('not without %s', left => {
    const files = PLATFORM_FILES.filter(file => file !== left)
    expect(problems({}, files)).toEqual([`spanlane-linux-x64-gnu: ${left} is not in it`])
  })

  test('not with anything else in it', () => {
    expect(problems({}, [...PLATFORM_FILES, '.npmrc'])).toEqual(['spanlane-linux-x64-gnu: .npmrc is in it'])
  })
})

describe('the package that users name', () => {
  const problems = (manifest = {}, files = MAIN_FILES, tarball = MAIN.tarball) =>
    mainProblems({ ...MAIN, tarball, manifest: { ...MAIN.manifest, ...manifest } }, files, {
      targets: napi.targets,
      version: VERSION
    })

  test('passes as it must be', () => expect(problems()).toEqual([]))

  test('not without one of its platforms, nor with a range', () => {
    const { optionalDependencies } = MAIN.manifest
    const { 'spanlane-darwin-x64': _, ...fewer } = optionalDependencies
    expect(problems({ optionalDependencies: fewer })).toHaveLength(1)
    expect(
      problems({ optionalDependencies: { ...fewer, 'spanlane-darwin-x64': `^${VERSION}` } })
    ).toHaveLength(1)
  })

  test.each([
    ['a dependency', { dependencies: { left: '1.0.0' } }],
    ['a script that runs where it is installed', { scripts: { postinstall: 'node x' } }]
  ])('not with %s', (_what, manifest) => expect(problems(manifest)).toHaveLength(1))

  test.each(MAIN_FILES)('not without %s', left => {
    expect(
      problems(
        {},
        MAIN_FILES.filter(file => file !== left)
      )
    ).toEqual([`spanlane: ${left} is not in it`])
  })

  test('not with an addon, nor larger than it can be', () => {
    expect(problems({}, [...MAIN_FILES, 'x.node'])).toEqual(['spanlane: x.node is in it'])
    expect(problems({}, MAIN_FILES, Buffer.alloc(1024 * 1024 + 1))).toHaveLength(1)
  })
})

test('the workflow publishes what it makes last, of what the platform packages were written into', () => {
  const lines = textOf('.github/workflows/release.yml')
    .split('\n')
    .filter(line => /^ +(?:- )?(?:run|working-directory): |^ {10}npm /.test(line))
    .map(line => line.replace(/^ +(?:- )?(?:run: )?/, ''))
  expect(lines.slice(-5)).toEqual([
    'npx napi prepublish --tag-style npm --no-gh-release --npm-dir npm',
    'npm run package',
    expect.stringMatching(/^node scripts\/release-check\.js .* --ready$/),
    'npm publish --provenance --access public',
    'working-directory: target/package'
  ])
})

describe('the registry', () => {
  /** @type {Awaited<ReturnType<typeof startRegistry>>} */
  let registry
  beforeEach(async () => {
    registry = await startRegistry({ upstream: 'http://127.0.0.1:9/' })
  })
  afterEach(() => registry.close())

  const publication = (change = {}) => {
    const tarball = Buffer.from('a tarball')
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    return {
      name: 'one',
      versions: { [VERSION]: { name: 'one', version: VERSION, dist: { integrity, ...change } } },
      _attachments: { 'one.tgz': { data: tarball.toString('base64') } }
    }
  }
  const put = body => fetch(`${registry.url}one`, { method: 'PUT', body: JSON.stringify(body) })

  test('gives what was published, from where it was asked', async () => {
    expect((await put(publication())).status).toBe(201)
    const { versions, 'dist-tags': tags } = await (await fetch(`${registry.url}one`)).json()
    expect(tags).toEqual({ latest: VERSION })
    expect(await (await fetch(versions[VERSION].dist.tarball)).text()).toBe('a tarball')
  })

  test('takes no version twice, and no tarball with the hash of another', async () => {
    expect((await put(publication({ integrity: 'sha512-x' }))).status).toBe(500)
    await put(publication())
    expect((await put(publication())).status).toBe(500)
    expect(registry.refused).toHaveLength(2)
  })
})
