'use strict'

// `npm run setup`: dependencies and an addon. `--debug` or `--release` asks for that profile.

const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')

const profiles = new Map([
  [undefined, 'any'],
  ['--debug', 'debug'],
  ['--release', 'release']
])

const profile = profiles.get(process.argv[2])
if (profile === undefined) {
  console.error(`unknown option "${process.argv[2]}": --debug or --release`)
  process.exitCode = 2
} else {
  ensureDependencies()
  const { built, typesChanged } = ensureNative(/** @type {import('./native').Wanted} */ (profile))
  console.log(built ? 'native addon: built' : 'native addon: already built')
  if (typesChanged) console.log('lib/native/index.d.ts changed: commit it')
}
