'use strict'

// `npm run package [-- folder]`: the package as it is published, by default in target/package. Beside what npm takes of the
// repository it has lib/bundle.js, the modules of a first span in one file: which these are is found out by making one.

const fs = require('node:fs')
const path = require('node:path')
const { inRepository } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { PUBLISHED } = require('./package/files')

/** @param {string} [folder] */
async function main(folder = inRepository(PUBLISHED)) {
  prepare()
  // After that: it requires a dependency.
  const { writePackage } = require('./package/write')
  const { files, bundled } = await writePackage(path.resolve(folder))
  console.log(`${path.resolve(folder)}: ${files} files; ${bundled} modules are one`)
}

/** What is there is taken as it is: the addon of a release was built elsewhere. */
function prepare() {
  const hasAddon = fs.readdirSync(inRepository('lib', 'native')).some(file => file.endsWith('.node'))
  try {
    require.resolve('typescript')
  } catch {
    ensureDependencies()
  }
  if (!hasAddon) ensureNative('any')
}

main(process.argv[2]).catch(error => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
