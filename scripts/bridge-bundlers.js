'use strict'

// The bridge in bundles of esbuild and webpack, each with dd-trace's own plugin: dd-trace and Spanlane kept out of
// the bundle, and dd-trace inside. Installs the bundlers into node_modules/.cache, from npm.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const { Module } = require('node:module')
const path = require('node:path')
const { drawTable, startIntake } = require('../testing')
const { inRepository, npm } = require('./command')

const FOLDER = inRepository('node_modules', '.cache', 'bridge', 'bundlers')
const ENTRY = inRepository('scripts', 'bridge', 'bundled-app.js')
const TOOLS = ['esbuild@0.28.2', 'webpack@5.112.2']
const OURS = ['spanlane', 'spanlane/dd-trace']

/** Installs what is missing, and lets bundles find this package as any other. */
function prepare() {
  const modules = path.join(FOLDER, 'node_modules')
  if (!fs.existsSync(path.join(modules, 'webpack'))) {
    npm(['install', '--prefix', FOLDER, '--no-save', '--no-package-lock', ...TOOLS])
  }
  const link = path.join(modules, 'spanlane')
  fs.rmSync(link, { force: true })
  fs.symlinkSync(inRepository(), link, 'junction')
  return Module.createRequire(path.join(FOLDER, 'any.js'))
}

/**
 * @param {NodeRequire} fromTools
 * @param {string[]} external
 * @param {string} file
 */
async function withEsbuild(fromTools, external, file) {
  // @ts-expect-error the plugin has no types
  const plugin = require('dd-trace/esbuild')
  await fromTools('esbuild').build({
    entryPoints: [ENTRY],
    outfile: file,
    bundle: true,
    platform: 'node',
    external: [...external, 'graphql', '@datadog/*', '@openfeature/*', '@opentelemetry/*'],
    plugins: [plugin],
    logLevel: 'error'
  })
}

/**
 * @param {NodeRequire} fromTools
 * @param {string[]} external
 * @param {string} file
 * @returns {Promise<void>}
 */
function withWebpack(fromTools, external, file) {
  // @ts-expect-error the plugin has no types
  const Plugin = require('dd-trace/webpack')
  const configuration = {
    mode: 'none',
    target: 'node',
    entry: ENTRY,
    output: { path: path.dirname(file), filename: path.basename(file) },
    externalsType: 'commonjs',
    externals: [...external, /^(graphql|@datadog\/|@openfeature\/|@opentelemetry\/)/],
    plugins: [new Plugin()]
  }
  return new Promise((resolve, reject) =>
    fromTools('webpack')(configuration, (/** @type {any} */ error, /** @type {any} */ stats) => {
      if (error) reject(error)
      else if (stats.hasErrors()) reject(new Error(stats.toString('errors-only')))
      else resolve()
    })
  )
}

/**
 * @param {string} file
 * @returns {Promise<string>}
 */
async function outcomeOf(file) {
  const intake = await startIntake()
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 15_000,
    env: {
      ...process.env,
      SPANLANE_INTAKE_URL: intake.url,
      DD_TRACE_AGENT_URL: intake.url,
      DD_API_KEY: 'd'.repeat(32),
      DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
      DD_REMOTE_CONFIGURATION_ENABLED: 'false'
    }
  })
  let stderr = ''
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  await new Promise(resolve => child.once('close', resolve))
  const delivered = intake.spans({ key: 'a'.repeat(32) }).length
  await intake.close()
  return delivered === 1 ? 'works' : stderr.trim().slice(0, 400)
}

async function main() {
  const fromTools = prepare()
  const rows = []
  for (const [name, build] of /** @type {const} */ ([
    ['esbuild', withEsbuild],
    ['webpack', withWebpack]
  ])) {
    for (const [place, external] of /** @type {[string, string[]][]} */ ([
      ['outside the bundle', ['dd-trace', ...OURS]],
      ['inside the bundle', OURS]
    ])) {
      const file = path.join(FOLDER, 'out', `${name}-${external.length}.js`)
      await build(fromTools, external, file)
      rows.push([name, place, await outcomeOf(file)])
    }
  }
  console.log(drawTable(['bundler', 'dd-trace', 'result'], rows))
  const isExpected = rows.every(([, place, result]) =>
    place === 'outside the bundle'
      ? result === 'works'
      : /SPANLANE_UNSUPPORTED_DD_TRACE.*external/s.test(result)
  )
  if (!isExpected) process.exitCode = 1
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
