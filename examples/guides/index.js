'use strict'

/**
 * `node examples/guides [name ...]`: runs the programs of guides whose packages are here. Two customers ask at once; the
 * model and the intake are local. Ends with code 1 if anything crossed or is missing.
 */

const path = require('node:path')
const { drawTable } = require('spanlane/testing')
const { devDependencies } = require('../../package.json')
const { GUIDES, PINNED } = require('./guides')
const { runProgram } = require('./run')

const HEADINGS = ['guide', 'versions', 'acme', 'globex', 'crossed', '']

/** @param {string} name */
const isHere = name => GUIDES[name].uses.every(used => used in devDependencies && !(used in PINNED))

/**
 * @param {string} name
 * @param {string} folder
 * @param {(used: string) => string} versionOf
 * @returns {Promise<{ rows: (string | number)[][], problems: string[] }>}
 */
async function rowsOf(name, folder, versionOf) {
  const { uses, runs } = GUIDES[name]
  const versions = uses.map(used => `${used} ${versionOf(used)}`).join(', ')
  const rows = []
  const problems = []
  for (const run of runs) {
    const { spans, crossings, problems: found } = await runProgram(run, folder)
    const wrong = [...crossings, ...found]
    const counts = run.spans === null ? ['itself', 'itself'] : Object.values(spans)
    const title = run.name === undefined ? name : `${name}: ${run.name}`
    rows.push([title, versions, ...counts, crossings.length, wrong.length === 0 ? 'ok' : 'FAILED'])
    problems.push(...wrong.map(problem => `${title}: ${problem}`))
  }
  return { rows, problems }
}

async function main() {
  const asked = process.argv.slice(2)
  const chosen = Object.keys(GUIDES).filter(name =>
    asked.length === 0 ? isHere(name) : asked.includes(name) && isHere(name)
  )
  if (chosen.length === 0) {
    throw new RangeError(`here are: ${Object.keys(GUIDES).filter(isHere).join(', ')}; others: npm run guides`)
  }
  const rows = []
  for (const name of chosen) {
    const versionOf = (/** @type {string} */ used) => devDependencies[/** @type {never} */ (used)]
    const found = await rowsOf(name, path.join(__dirname, name), versionOf)
    rows.push(...found.rows)
    for (const problem of found.problems) console.error(problem)
    if (found.problems.length > 0) process.exitCode = 1
  }
  console.log(drawTable(HEADINGS, rows))
}

if (require.main === module) {
  main().catch(error => {
    console.error(error)
    process.exitCode = 1
  })
}

module.exports = { HEADINGS, isHere, rowsOf }
