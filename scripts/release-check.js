'use strict'

// `release-check.js v1.2.3 [--ready]`: refuses a release whose files do not agree on its version.
// --ready: also that the package about to be published is complete, as `napi prepublish` leaves it.

const { readText } = require('./command')

/**
 * @param {string} version
 * @returns {string[]} what is wrong
 */
function disagreements(version) {
  const places = {
    'package.json': manifest().version,
    'package-lock.json': JSON.parse(required('package-lock.json')).version,
    'Cargo.toml': /^version = "(.*)"/m.exec(required('Cargo.toml'))?.[1],
    'CHANGELOG.md': /^## \[(\d.*?)\]/m.exec(required('CHANGELOG.md'))?.[1]
  }
  return Object.entries(places)
    .filter(([, found]) => found !== version)
    .map(([file, found]) => `${file} says ${found ?? 'nothing'}, the tag says ${version}`)
}

/**
 * @param {string} version
 * @returns {string[]} what is missing
 */
function missing(version) {
  const { napi, optionalDependencies = {} } = manifest()
  const named = Object.values(optionalDependencies).filter(found => found === version).length
  const problems = []
  if (named !== napi.targets.length) {
    problems.push(`optionalDependencies name ${named} of ${napi.targets.length} platforms at ${version}`)
  }
  if (readText('lib/native/index.js') === null) problems.push('lib/native/index.js, the loader, is missing')
  return problems
}

function manifest() {
  return JSON.parse(required('package.json'))
}

/**
 * @param {string} file
 */
function required(file) {
  const text = readText(file)
  if (text === null) throw new Error(`${file} is missing`)
  return text
}

const [tag = '', option] = process.argv.slice(2)
const version = tag.replace(/^v/, '')
const problems = [...disagreements(version), ...(option === '--ready' ? missing(version) : [])]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${version}: everything agrees`)
