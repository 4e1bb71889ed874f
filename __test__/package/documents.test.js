'use strict'

const { spawnSync } = require('node:child_process')
const { readFileSync, readdirSync } = require('node:fs')
const path = require('node:path')
const { llmobs } = require('../..')
const { LIMITS, checkOptionNames } = require('../../lib/options/option-rules')
const { napi, version } = require('../../package.json')
const { repository } = require('./installed')

const MIB = 1024 * 1024

/** @param {string} file */
const text = file => readFileSync(path.join(repository, file), 'utf8')

/** @param {string} triple */
function platformOf(triple) {
  const [arch, , system, abi] = triple.split('-')
  const cpu = arch === 'x86_64' ? 'x64' : 'arm64'
  const name = { linux: 'linux', darwin: 'darwin', windows: 'win32' }[system]
  return [name, cpu, abi].filter(part => part !== undefined).join('-')
}

/** Environment variables have the same prefix. */
const NO_CODES = new Set(['SPANLANE_INTAKE_URL'])

/** @returns {string[]} every code that the sources of both languages can give an error */
function codesInSources() {
  const files = ['lib', 'src'].flatMap(folder =>
    readdirSync(path.join(repository, folder), { recursive: true, encoding: 'utf8' })
      .filter(file => /\.(js|rs)$/.test(file))
      .map(file => path.join(folder, file))
  )
  const found = files.flatMap(file => text(file).match(/\bSPANLANE_[A-Z_]+/g) ?? [])
  return [...new Set(found)].filter(name => !NO_CODES.has(name)).sort()
}

/** The error for an unknown option lists the known ones. */
function optionNames() {
  try {
    checkOptionNames({ unheardOf: true })
  } catch (error) {
    return /known are (.*)$/.exec(error.message)[1].split(', ')
  }
  throw new Error('an unknown option was accepted')
}

const members = Object.getOwnPropertyNames(Object.getPrototypeOf(llmobs)).filter(
  name => name !== 'constructor'
)

describe('the documents keep up with the code', () => {
  test.each(members)('docs/api.md and index.d.ts explain llmobs.%s', name => {
    expect(text('docs/api.md')).toMatch(new RegExp(`\\b${name}\\b`))
    expect(text('index.d.ts')).toMatch(new RegExp(`^  (readonly )?${name}[<(:]`, 'm'))
  })

  test.each(codesInSources())('docs/api.md explains %s', code => {
    expect(text('docs/api.md')).toContain(`\`${code}\``)
  })

  test.each(optionNames())('docs/api.md explains the option %s', name => {
    expect(text('docs/api.md')).toContain(`\`${name}\``)
  })

  test.each(Object.entries(LIMITS))('README.md has the default of %s', (name, [standard]) => {
    const row = text('README.md')
      .split('\n')
      .find(line => line.startsWith(`| \`${name}\``))
    const shown = standard % MIB === 0 ? `${standard / MIB} MiB` : standard.toLocaleString('en-US')
    expect(row?.split('|').map(cell => cell.trim())).toContain(shown)
  })

  test.each(napi.targets)('README.md and the release workflow know %s', triple => {
    expect(text('README.md')).toContain(`\`spanlane-${platformOf(triple)}\``)
    expect(text('.github/workflows/release.yml')).toContain(`target: ${triple},`)
  })

  test.each([
    [`v${version}`, 0],
    ['v99.0.0', 1]
  ])('a release with the tag %s ends with exit code %i', (tag, status) => {
    const check = path.join(repository, 'scripts', 'release-check.js')
    expect(spawnSync(process.execPath, [check, tag]).status).toBe(status)
  })
})
