'use strict'

// `release-check.js v1.2.3 [--ready]`: refuses a release whose files do not agree on its version.
// --ready: also that the package about to be published is complete: made by `npm run package` of what `napi prepublish` left.

const { readText } = require('./command')
const { BUNDLE, PUBLISHED } = require('./package/files')

/**
 * @param {string} version
 * @returns {string[]} what is wrong
 */
function disagreements(version) {
  const places = {
    'package.json': JSON.parse(required('package.json')).version,
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
  const { napi, optionalDependencies = {} } = JSON.parse(required(`${PUBLISHED}/package.json`))
  const named = Object.values(optionalDependencies).filter(found => found === version).length
  const problems = []
  if (named !== napi.targets.length) {
    problems.push(`optionalDependencies name ${named} of ${napi.targets.length} platforms at ${version}`)
  }
  for (const file of ['lib/native/index.js', BUNDLE]) {
    if (readText(`${PUBLISHED}/${file}`) === null) problems.push(`${file} is missing`)
  }
  return problems
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
