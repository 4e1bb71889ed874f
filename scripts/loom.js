'use strict'

// `npm run loom`: what a writer and a reader may do with a ring and with lent memory, in every order. `models/` is a package
// of its own, because loom's types take the place of the core's.

const { cargo, inRepository } = require('./command')

try {
  const models = ['--manifest-path', inRepository('models', 'Cargo.toml')]
  cargo(['test', '--locked', ...models, '--target-dir', inRepository('target', 'models')])
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
