'use strict'

// `npm run supply-chain`: what the addon and the package are made of, checked and written down. The first run installs
// three cargo tools, which takes some minutes.
//   -- --advisories   also known vulnerabilities and signatures: both ask for what is not on this machine
//   -- --into npm     also puts the licence texts, and our own, into each platform package of that folder
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

/** Some crates name a licence and leave out its text: it is the same for all but the name. */
const MIT = (/** @type {string} */ crate) => `MIT License

Copyright (c) the authors of ${crate}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the
Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`

function writeLicences() {
  const file = path.join(OUT, LICENCES)
  cargo(['bundle-licenses', '--format', 'yaml', '--output', file])
  const [head, ...crates] = readFileSync(file, 'utf8').split(/^(?=- package_name: )/m)
  const whole = crates.map(crate => {
    const [, name] = /package_name: (\S+)/.exec(crate) ?? []
    return crate.replaceAll(
      'license: MIT\n    text: NOT FOUND',
      `license: MIT\n    text: ${JSON.stringify(MIT(name))}`
    )
  })
  // Of a crate with several licences one text is enough: it is the one that is chosen.
  const without = whole.filter(crate => !/^ {4}text: (?!NOT FOUND)/m.test(crate))
  writeFileSync(file, head + whole.join(''))
  console.log(`${whole.length} crates, ${without.length} without the text of a licence`)
  if (whole.length === 0 || without.length > 0) throw new Error('the text of a licence is missing')
}

function writeComponents() {
  // One list of the whole crate, which is the default: to say so forbids a name of our own.
  cargo(['cyclonedx', '--format', 'json', '--override-filename', 'spanlane-addon'])
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
    copyFileSync(inRepository('LICENSE'), path.join(folder, name, 'LICENSE'))
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
