'use strict'

const { readFileSync } = require('node:fs')
const path = require('node:path')
const { trackedFiles } = require('../support/sources')

const ROOT = path.join(__dirname, '..', '..')
const read = (/** @type {string} */ file) => readFileSync(path.join(ROOT, file), 'utf8')

const WORKFLOWS = trackedFiles('.github/workflows/*.yml')

test('every action is pinned by its commit, beside the version it is', () => {
  const uses = WORKFLOWS.flatMap(file => [...read(file).matchAll(/uses: (.*)/g)].map(([, action]) => action))
  expect(uses.length).toBeGreaterThan(10)
  expect(uses.filter(action => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
})

test('a workflow has no right that it does not name, and none but the release more than reading', () => {
  for (const file of WORKFLOWS) {
    expect(read(file)).toMatch(/^permissions:\n {2}contents: read$/m)
    expect(read(file).includes('write')).toBe(file.endsWith('release.yml'))
  }
})

test('every package of the lock files is known by its content, and comes from a registry', () => {
  const { packages } = JSON.parse(read('package-lock.json'))
  const installed = Object.entries(packages).filter(([name, { link }]) => name !== '' && !link)
  expect(installed.length).toBeGreaterThan(100)
  expect(
    installed.filter(([, { integrity, inBundle }]) => !integrity && !inBundle).map(([name]) => name)
  ).toEqual([])
  for (const file of trackedFiles('*Cargo.lock')) {
    const crates = read(file).split('[[package]]\n').slice(1)
    const foreign = crates.filter(crate => !/^name = "spanlane/.test(crate))
    expect(foreign.length).toBeGreaterThan(30)
    expect(foreign.filter(crate => !/^checksum = /m.test(crate))).toEqual([])
  }
})

test('updates are asked for wherever a manifest is', () => {
  const asked = read('.github/dependabot.yml')
  const folders = [...trackedFiles('*Cargo.toml')].map(
    file => `'/${path.posix.dirname(file).replace(/^\.$/, '')}'`
  )
  expect(asked).toContain(`package-ecosystem: cargo\n    directories: [${folders.sort().join(', ')}]`)
  for (const kind of ['npm', 'github-actions']) expect(asked).toContain(`package-ecosystem: ${kind}`)
})

test('CI and the release check what the addon is made of', () => {
  const commands = Object.fromEntries(WORKFLOWS.map(file => [path.basename(file), read(file)]))
  expect(commands['ci.yml']).toContain('npm run supply-chain -- --advisories')
  expect(commands['release.yml']).toContain('npm run supply-chain -- --advisories --into npm')
})
