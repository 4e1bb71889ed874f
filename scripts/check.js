'use strict'

// `npm test`: sets everything up, then every check there is. `check.js <group>` runs one group:
// lint, types, rust or js. What follows `js` goes to Jest. What the tests reach is told by `npm run coverage`.

const { ensureChromium } = require('./chromium')
const { cargo, run, tool } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { PUBLISHED } = require('./package/files')
const { runSteps } = require('./steps')

const NO_WARNINGS = ['--', '-D', 'warnings']

const dependencies = {
  name: 'dependencies',
  isNeeded: true,
  run: () => console.log(ensureDependencies() ? 'installed' : 'already installed')
}

const native = { name: 'native addon (debug)', isNeeded: true, run: buildDebug }

const lint = [
  { name: 'biome', run: () => tool('@biomejs/biome', ['check', '--error-on-warnings', '.']) },
  { name: 'rustfmt', run: () => cargo(['fmt', '--check']) },
  { name: 'rustfmt of fuzz/', run: () => cargo(['fmt', '--check', '--manifest-path', 'fuzz/Cargo.toml']) },
  {
    name: 'rustfmt of models/',
    run: () => cargo(['fmt', '--check', '--manifest-path', 'models/Cargo.toml'])
  },
  { name: 'clippy', run: () => cargo(['clippy', '--locked', '--all-targets', ...NO_WARNINGS]) },
  {
    name: 'rustdoc',
    run: () =>
      cargo(['doc', '--locked', '--no-deps', '--document-private-items'], {
        env: { RUSTDOCFLAGS: '-D warnings' }
      })
  }
]

const types = [
  { name: 'tsc', run: () => tool('typescript', ['--project', 'tsconfig.json']) },
  { name: 'tsc of page/', run: () => tool('typescript', ['--project', 'page/tsconfig.json']) },
  { name: 'tsd', run: () => tool('tsd', []) },
  // A dependency from git is the repository itself.
  { name: 'publint', run: () => tool('publint', ['--strict']) },
  { name: 'package', isNeeded: true, run: () => run(process.execPath, ['scripts/package.js']) },
  { name: 'publint of the package', run: () => tool('publint', ['--strict', PUBLISHED]) },
  // Node 20 and later resolve `exports`; the older algorithm is of no use to a package that needs them.
  { name: 'attw', run: () => tool('@arethetypeswrong/cli', ['--pack', PUBLISHED, '--profile', 'node16']) }
]

const rust = [{ name: 'cargo test', run: () => cargo(['test', '--locked']) }]

/**
 * @param {string[]} jestArguments
 */
function js(jestArguments) {
  return [
    { name: 'chromium', run: () => console.log(ensureChromium()) },
    { name: 'jest', run: () => tool('jest', jestArguments) }
  ]
}

function buildDebug() {
  const { built, typesChanged } = ensureNative('debug')
  console.log(built ? 'built' : 'already built')
  if (!typesChanged) return
  const what = 'lib/native/index.d.ts did not match src/binding: the build rewrote it, commit it'
  if (process.env.CI) throw new Error(what)
  console.log(what)
}

/**
 * @param {string | undefined} group
 * @param {string[]} rest
 */
function stepsOf(group, rest) {
  if (group === undefined) return [dependencies, ...lint, native, ...types, ...rust, ...js([])]
  if (group === 'lint') return [dependencies, ...lint]
  if (group === 'types') return [dependencies, native, ...types]
  if (group === 'rust') return rust
  if (group === 'js') return [dependencies, native, ...js(rest)]
  throw new Error(`unknown group "${group}": lint, types, rust or js`)
}

const [group, ...rest] = process.argv.slice(2)
runSteps(stepsOf(group, rest))
