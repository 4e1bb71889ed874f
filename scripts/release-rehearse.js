'use strict'

// `npm run release:rehearse [-- <package manager> ...]`: the whole way of a release on this machine, and nothing leaves it.
// The addon of this platform, the packages as the release workflow makes them, published by the same commands to a registry
// on loopback, checked there, and installed from it in a fresh project of each package manager. What cannot be built here
// is published as a stand-in, and no package manager may take one. Below target/rehearsal.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { inRepository, run, tool } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { PUBLISHED } = require('./package/files')
const { MANAGERS } = require('./release/managers')
const { mainProblems, platformOf, platformProblems } = require('./release/packages')
const { startRegistry } = require('./release/registry')
const { runSteps } = require('./steps')
const { devDependencies, name: PACKAGE, napi, version } = require('../package.json')

/** @typedef {import('./release/managers').Manager} Manager */

const FOLDER = inRepository('target', 'rehearsal')
const STAGE = path.join(FOLDER, 'stage')
const NPM_DIRS = path.join(STAGE, 'npm')
const PROGRAMS = inRepository('scripts', 'release', 'programs')
const TIMEOUT_MS = 5 * 60_000
const STAND_IN = 'This platform was not built where the release was rehearsed.\n'
/** What the programs print when a span went from one end to the other. */
const DELIVERED = JSON.stringify({ enabled: true, returned: 7, spans: ['installed'] })

/** @param {string} file @param {string[]} args @param {{ cwd: string, env?: Record<string, string> }} options @returns {Promise<string>} what it printed */
function started(file, args, { cwd, env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS
    })
    let [out, all] = ['', '']
    child.stdout.on('data', text => {
      out += text
      all += text
    })
    child.stderr.on('data', text => (all += text))
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out)
      else reject(new Error(`${path.basename(file)} ${args.join(' ')}: ${signal ?? code}\n${all}`))
    })
  })
}

/** @param {string[]} args @param {{ cwd: string, env?: Record<string, string> }} options */
function npmStarted(args, options) {
  const entry = process.env.npm_execpath
  return entry?.endsWith('.js')
    ? started(process.execPath, [entry, ...args], options)
    : started('npm', args, options)
}

/** What a checkout of the release has, and the addon of this platform. */
function stage() {
  fs.rmSync(FOLDER, { recursive: true, force: true })
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard']
  const { stdout } = spawnSync('git', listed, {
    cwd: inRepository(),
    encoding: 'utf8'
  })
  for (const file of [...stdout.trim().split('\n'), 'lib/native/index.js']) {
    if (fs.existsSync(inRepository(file))) fs.cpSync(inRepository(file), path.join(STAGE, file))
  }
  const artifacts = path.join(FOLDER, 'artifacts')
  fs.mkdirSync(artifacts, { recursive: true })
  const built = fs.readdirSync(inRepository('lib', 'native')).filter(file => file.endsWith('.node'))
  for (const triple of napi.targets) {
    const { addon } = platformOf(triple)
    const target = path.join(artifacts, addon)
    if (built.includes(addon)) fs.copyFileSync(inRepository('lib', 'native', addon), target)
    else fs.writeFileSync(target, STAND_IN)
    // What is bundled is what a first span loads, which takes an addon.
    if (built.includes(addon)) fs.copyFileSync(target, path.join(STAGE, 'lib', 'native', addon))
  }
  console.log(`built here: ${built.join(', ')}; stand-ins for ${napi.targets.length - built.length} others`)
  tool('@napi-rs/cli', ['create-npm-dirs', '--cwd', STAGE])
  const into = ['--cwd', STAGE, '--output-dir', artifacts, '--npm-dir', NPM_DIRS]
  tool('@napi-rs/cli', ['artifacts', ...into])
}

/** @param {import('./release/registry').Registry} registry */
async function publish(registry) {
  const userConfig = path.join(FOLDER, 'npmrc')
  fs.writeFileSync(userConfig, `//${new URL(registry.url).host}/:_authToken=rehearsal\n`)
  const env = { npm_config_registry: registry.url, npm_config_userconfig: userConfig }
  const cli = inRepository('node_modules', '@napi-rs', 'cli', 'dist', 'cli.js')
  const words = ['prepublish', '--tag-style', 'npm', '--no-gh-release', '--npm-dir', 'npm']
  await started(process.execPath, [cli, ...words], { cwd: STAGE, env })
  console.log(await npmStarted(['run', 'package'], { cwd: STAGE }))
  const check = path.join(STAGE, 'scripts', 'release-check.js')
  console.log(await started(process.execPath, [check, `v${version}`, '--ready'], { cwd: STAGE }))
  await npmStarted(['publish', '--access', 'public'], { cwd: path.join(STAGE, PUBLISHED), env })
}

/** @param {import('./release/registry').Registry} registry */
function checkPublished({ published }) {
  const names = [PACKAGE, ...napi.targets.map(triple => platformOf(triple).name)]
  const problems = names.flatMap(name => {
    const found = published.get(name)
    if (found === undefined) return [`${name} was not published`]
    const files = filesOf(name, found.tarball)
    const triple = napi.targets.find(triple => platformOf(triple).name === name)
    console.log(`${name}: ${files.length} files, ${found.tarball.length.toLocaleString('en-US')} bytes`)
    if (triple === undefined) return mainProblems(found, files, { targets: napi.targets, version })
    return platformProblems(found, files, { triple, version })
  })
  problems.push(...[...published.keys()].filter(name => !names.includes(name)))
  for (const name of ['spanlane-addon.cdx.json', 'spanlane-tools.cdx.json']) {
    const { components = [] } = JSON.parse(
      fs.readFileSync(inRepository('target', 'supply-chain', name), 'utf8')
    )
    console.log(`${name}: ${components.length} components`)
    if (components.length === 0) problems.push(`${name} lists nothing`)
  }
  if (problems.length > 0) throw new Error(problems.join('\n'))
}

/** @param {string} name @param {Buffer} tarball @returns {string[]} without the folder that npm puts them into */
function filesOf(name, tarball) {
  const file = path.join(FOLDER, `${name}.tgz`)
  fs.writeFileSync(file, tarball)
  const { stdout } = spawnSync('tar', ['-tzf', file], { encoding: 'utf8' })
  return stdout
    .trim()
    .split('\n')
    .map(line => line.replace(/^package\//, ''))
}

/**
 * @param {Manager} manager
 * @returns {Promise<(word?: string) => string>} where a program of what was installed with it is, by default the manager
 */
async function fetched({ name, from, entry }) {
  const folder = path.join(FOLDER, 'managers', name.replace(/\W+/g, '-'))
  if (from === null) return () => process.env.npm_execpath ?? 'npm'
  fs.mkdirSync(folder, { recursive: true })
  const quick = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel', 'error']
  await npmStarted(['install', '--prefix', folder, ...quick, from], { cwd: folder })
  return (word = /** @type {string} */ (entry)) => path.join(folder, 'node_modules', word)
}

/**
 * A fresh project, which names this package and nothing else but what it is checked with.
 *
 * @param {Manager} manager
 * @param {string} project
 * @param {string} registry
 */
function layOut(manager, project, registry) {
  fs.mkdirSync(project, { recursive: true })
  fs.cpSync(PROGRAMS, project, { recursive: true })
  const { typescript, '@types/node': types } = devDependencies
  const manifest = {
    name: 'fresh',
    version: '1.0.0',
    private: true,
    dependencies: { [PACKAGE]: version },
    devDependencies: { typescript, '@types/node': types }
  }
  const files = {
    'package.json': JSON.stringify(manifest, null, 2),
    '.npmrc': `registry=${registry}\n`,
    ...manager.files?.(registry)
  }
  for (const [file, text] of Object.entries(files)) fs.writeFileSync(path.join(project, file), text)
}

/**
 * What a manager installs: in both module forms, with types, and the command.
 *
 * @param {Manager} manager
 * @param {import('./release/registry').Registry} registry
 */
async function install(manager, { url }) {
  const own = manager.name.replace(/\W+/g, '-')
  const project = path.join(FOLDER, 'projects', own)
  layOut(manager, project, url)
  const env = {
    npm_config_registry: url,
    npm_config_cache: path.join(FOLDER, 'caches', 'npm'),
    ...manager.env?.(path.join(FOLDER, 'caches', own))
  }
  const program = await fetched(manager)
  const [file, first] = program().endsWith('.js') ? [process.execPath, [program()]] : [program(), []]
  /** @param {...string} args */
  const managed = (...args) => started(file, [...first, ...args], { cwd: project, env })
  const inProject = (/** @type {string} */ word, /** @type {string[]} */ args) =>
    started(word, args, { cwd: project })
  const modules = path.join(project, 'node_modules')
  const node = (/** @type {string} */ source) =>
    manager.isPnp ? managed('node', source) : inProject(process.execPath, [source])
  await managed(...manager.install)
  const said = []
  for (const source of ['required.cjs', 'imported.mjs']) {
    said.push(await node(source))
    for (const word of manager.runs ?? []) said.push(await inProject(program(word), [source]))
  }
  const wrong = said.filter(text => text.trim() !== DELIVERED)
  if (wrong.length > 0) throw new Error(`a program said ${wrong[0]}`)
  await (manager.isPnp
    ? managed('tsc', '--project', '.')
    : inProject(process.execPath, [path.join(modules, 'typescript', 'bin', 'tsc'), '--project', '.']))
  const shown = await (manager.isPnp
    ? managed('spanlane', '--version')
    : inProject(path.join(modules, '.bin', PACKAGE), ['--version']))
  if (shown.trim() !== version) throw new Error(`spanlane --version said ${shown}`)
  const addons = addonsBelow(project).join(', ')
  const wanted = addonsFor(manager).join(', ')
  if (addons !== wanted) throw new Error(`the addons ${addons} are there, not ${wanted}`)
  console.log(`${said.length} programs delivered a span, types hold, the command runs, installed: ${addons}`)
}

/** @param {string} folder @returns {string[]} names of the addons of this package below it, each once */
function addonsBelow(folder) {
  const found = fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(file => path.basename(file))
    .filter(name => /^spanlane\..*\.node$/.test(name))
  return [...new Set(found)].sort()
}

/** @param {Manager} manager @returns {string[]} the addons that it should install here */
function addonsFor({ takesEveryLibc = false }) {
  const built = fs.readdirSync(inRepository('lib', 'native'))
  const all = napi.targets.map(platformOf)
  const host = all.find(({ addon }) => built.includes(addon))
  return all
    .filter(({ os, cpu }) => os === host?.os && cpu === host.cpu)
    .filter(({ libc }) => takesEveryLibc || libc === host?.libc)
    .map(({ addon }) => addon)
    .sort()
}

/** @returns {Promise<string>} the registry that npm is configured for */
async function upstreamOf() {
  return (await npmStarted(['config', 'get', 'registry'], { cwd: inRepository() })).trim()
}

async function main() {
  const asked = process.argv.slice(2)
  const unknown = asked.filter(name => !MANAGERS.some(manager => manager.name === name))
  if (unknown.length > 0) {
    throw new RangeError(`no package manager "${unknown[0]}": ${MANAGERS.map(({ name }) => name).join('; ')}`)
  }
  const chosen = MANAGERS.filter(({ name }) => asked.length === 0 || asked.includes(name))
  const registry = await startRegistry({ upstream: await upstreamOf() })
  await runSteps([
    { name: 'dependencies', isNeeded: true, run: ensureDependencies },
    { name: 'addon of this platform', isNeeded: true, run: () => void ensureNative('release') },
    {
      name: 'versions',
      isNeeded: true,
      run: () => run(process.execPath, ['scripts/release-check.js', `v${version}`])
    },
    { name: 'packages', isNeeded: true, run: stage },
    {
      name: 'licences and components',
      isNeeded: true,
      run: () => run(process.execPath, ['scripts/supply-chain.js', '--into', NPM_DIRS])
    },
    { name: 'published on loopback', isNeeded: true, run: () => publish(registry) },
    { name: 'what was published', isNeeded: true, run: () => checkPublished(registry) },
    ...chosen.map(manager => ({
      name: `installed with ${[manager.name, manager.from].filter(Boolean).join(', ')}`,
      run: () => install(manager, registry)
    }))
  ])
  await registry.close()
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
