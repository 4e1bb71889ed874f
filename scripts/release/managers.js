'use strict'

// The package managers that a rehearsal installs with: where each comes from, how it is told of the registry, and how a
// program is run of what it installed. Exact versions: what judges a release does not change by itself.

/**
 * @typedef {{
 *   name: string,
 *   from: string | null,
 *   entry: string | null,
 *   files?: (registry: string) => Record<string, string>,
 *   env?: (cache: string) => Record<string, string>,
 *   install: string[],
 *   isPnp?: boolean,
 *   takesEveryLibc?: boolean,
 *   runs?: string[]
 * }} Manager
 *   from: the npm package it is in, null for the npm that runs this. entry: its program, `.js` for Node.
 *   install: the words that install what package.json names
 *   isPnp: no node_modules: programs run through the manager
 *   takesEveryLibc: it does not know the field, and installs the packages of glibc and of musl; the loader takes the right one
 *   runs: other programs that the files of `programs/` are also run with
 */

const PLATFORM = `${process.platform}-${process.arch}`

/** @param {string} linker @returns {(registry: string) => Record<string, string>} */
const yarnFiles = linker => registry => ({
  '.yarnrc.yml': [
    `npmRegistryServer: "${registry.replace(/\/$/, '')}"`,
    'unsafeHttpWhitelist: ["127.0.0.1"]',
    `nodeLinker: ${linker}`,
    'enableGlobalCache: false',
    'enableTelemetry: false',
    // Yarn makes the loader by itself where the project's own type is "module".
    'pnpEnableEsmLoader: true',
    ''
  ].join('\n'),
  // A file of its own: without one Yarn looks for a workspace in the folders above.
  'yarn.lock': ''
})

const YARN = {
  from: '@yarnpkg/cli-dist@4.18.1',
  entry: '@yarnpkg/cli-dist/bin/yarn.js',
  // What it knows of packages it keeps for all projects, with the registry's port.
  env: (/** @type {string} */ cache) => ({ YARN_GLOBAL_FOLDER: cache })
}

/** @type {Manager[]} */
const MANAGERS = [
  { name: 'npm', from: null, entry: null, install: ['install', '--no-audit', '--no-fund'] },
  {
    name: 'pnpm',
    from: 'pnpm@12.21.0',
    entry: `@pnpm/exe.${PLATFORM}/pnpm`,
    env: cache => ({ npm_config_store_dir: cache }),
    install: ['install', '--no-frozen-lockfile']
  },
  {
    name: 'Yarn 1',
    from: 'yarn@1.22.22',
    entry: 'yarn/bin/yarn.js',
    env: cache => ({ YARN_CACHE_FOLDER: cache }),
    install: ['install', '--non-interactive'],
    takesEveryLibc: true
  },
  { name: 'Yarn 4, node_modules', ...YARN, files: yarnFiles('node-modules'), install: ['install'] },
  { name: 'Yarn 4, PnP', ...YARN, files: yarnFiles('pnp'), install: ['install'], isPnp: true },
  {
    name: 'Bun',
    from: 'bun@1.4.5',
    entry: `@oven/bun-${PLATFORM}/bin/bun`,
    env: cache => ({ BUN_INSTALL_CACHE_DIR: cache }),
    install: ['install'],
    runs: [`@oven/bun-${PLATFORM}/bin/bun`]
  }
]

module.exports = { MANAGERS }
