'use strict'

// `npm run supply-chain`: what the addon and the package are made of, checked and written down. The first run installs
// three cargo tools, which takes some minutes.
//   -- --advisories   also known vulnerabilities and signatures: both ask for what is not on this machine
//   -- --into npm     also puts the licence texts into each platform package of that folder
// Written to target/supply-chain/: the licence texts of all that is in a binary, and two lists of components
// (CycloneDX), one of the addon and one of the tools that build the package.

const { spawnSync } = require('node:child_process')
const { copyFileSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } = require('node:fs')
const path = require('node:path')
const { parseArgs } = require('node:util')

const { cargo, inRepository, npm } = require('./command')
const { ensureDependencies } = require('./dependencies')
const { runSteps } = require('./steps')

const OUT = inRepository('target', 'supply-chain')
const LICENCES = 'THIRD-PARTY-LICENSES.yml'
/** Exact: what judges what is shipped does not change by itself. */
const TOOLS = { deny: '0.20.2', 'bundle-licenses': '5.0.0', cyclonedx: '0.5.9' }

/** @param {keyof typeof TOOLS} name */
function ensureTool(name) {
  const has = spawnSync('cargo', [name, '--version'], { stdio: 'ignore' }).status === 0
  if (!has) cargo(['install', `cargo-${name}`, '--version', TOOLS[name], '--locked'])
}

function writeLicences() {
  cargo(['bundle-licenses', '--format', 'yaml', '--output', path.join(OUT, LICENCES)])
  const text = readFileSync(path.join(OUT, LICENCES), 'utf8')
  const packages = text.match(/^- package_name:/gm)?.length ?? 0
  const without = text.match(/^\s+text: (?:NOT FOUND|''|"")$/gm)?.length ?? 0
  console.log(`${packages} packages, ${without} licences without a text`)
  if (packages === 0 || without > 0) throw new Error('a licence text is missing')
}

function writeComponents() {
  cargo(['cyclonedx', '--format', 'json', '--describe', 'crate', '--override-filename', 'spanlane-addon'])
  renameSync(inRepository('spanlane-addon.json'), path.join(OUT, 'spanlane-addon.cdx.json'))
  const { stdout, status } = spawnSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: inRepository(),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32'
  })
  if (status !== 0) throw new Error(`npm sbom: exit code ${status}`)
  writeFileSync(path.join(OUT, 'spanlane-tools.cdx.json'), stdout)
}

/** @param {string} folder with a package for each platform */
function ship(folder) {
  const packages = readdirSync(folder)
  if (packages.length === 0) throw new Error(`${folder} is empty`)
  for (const name of packages) {
    const manifest = path.join(folder, name, 'package.json')
    const described = JSON.parse(readFileSync(manifest, 'utf8'))
    copyFileSync(path.join(OUT, LICENCES), path.join(folder, name, LICENCES))
    described.files = [...new Set([...described.files, LICENCES])]
    writeFileSync(manifest, `${JSON.stringify(described, null, 2)}\n`)
  }
}

const { values } = parseArgs({ options: { advisories: { type: 'boolean' }, into: { type: 'string' } } })
const checks = ['licenses', 'bans', 'sources', ...(values.advisories ? ['advisories'] : [])]
const { into } = values
mkdirSync(OUT, { recursive: true })
runSteps([
  { name: 'dependencies', isNeeded: true, run: ensureDependencies },
  {
    name: 'cargo deny',
    run() {
      ensureTool('deny')
      cargo(['deny', '--locked', 'check', ...checks])
    }
  },
  ...(values.advisories ? [{ name: 'npm signatures', run: () => npm(['audit', 'signatures']) }] : []),
  {
    name: 'licence texts',
    run() {
      ensureTool('bundle-licenses')
      writeLicences()
    }
  },
  {
    name: 'components',
    run() {
      ensureTool('cyclonedx')
      writeComponents()
    }
  },
  ...(into === undefined ? [] : [{ name: `licences into ${into}`, run: () => ship(path.resolve(into)) }])
])
