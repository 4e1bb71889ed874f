'use strict'

const { readFileSync, realpathSync } = require('node:fs')
const path = require('node:path')

/** Folders above the one that was started: nobody nests deeper. */
const FOLDERS_MAX = 64

/**
 * The application's name as npm knows it.
 *
 * @returns {string | null} of the nearest package.json that has one; null where there is none
 */
function packageName() {
  for (const folder of startFolders()) {
    const name = nameAbove(folder)
    if (name !== null) return name
  }
  return null
}

/** @returns {string[]} of the program, or of whoever started a tool that runs it */
function startFolders() {
  const cwd = workingFolder()
  const program = programFolder()
  if (program === null) return [cwd]
  const isTool = program.split(path.sep).includes('node_modules')
  return isTool ? [cwd, program] : [program, cwd]
}

/** @returns {string} '' when it was removed meanwhile */
function workingFolder() {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}

/** @returns {string | null} null for `node -e` and the like */
function programFolder() {
  try {
    return path.dirname(realpathSync(process.argv[1]))
  } catch {
    return null
  }
}

/**
 * @param {string} start
 * @returns {string | null}
 */
function nameAbove(start) {
  let folder = start
  for (let step = 0; step < FOLDERS_MAX && folder !== ''; step++) {
    const name = nameIn(folder)
    if (name !== null) return name
    const above = path.dirname(folder)
    if (above === folder) return null
    folder = above
  }
  return null
}

/**
 * @param {string} folder
 * @returns {string | null}
 */
function nameIn(folder) {
  try {
    const { name } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    return typeof name === 'string' && name !== '' ? name : null
  } catch {
    return null
  }
}

module.exports = { packageName }
