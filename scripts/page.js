'use strict'

// `npm run page`: makes lib/intake/page/index.html of page/. `--check` says whether it is what it would be made as.

const { readFileSync, writeFileSync } = require('node:fs')
const { inRepository, readText } = require('./command')

const FILE = 'lib/intake/page/index.html'
const SOURCE = 'page/main.tsx'
/** What of others is in the page: their notices are in it, too. */
const BUNDLED = ['preact', '@preact/signals', '@preact/signals-core']
/** As the page's style needs them: light-dark() and color-mix(). */
const TARGET = ['chrome123', 'firefox120', 'safari17.5']

/** @returns {Promise<string>} the page: one file, with nothing to load beside it */
async function pageText() {
  const esbuild = require('esbuild')
  const [script, style] = await Promise.all([
    esbuild.build({
      entryPoints: [inRepository(SOURCE)],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      target: TARGET,
      jsx: 'automatic',
      jsxImportSource: 'preact',
      legalComments: 'none',
      charset: 'utf8'
    }),
    esbuild.build({
      entryPoints: [inRepository('page/style.css')],
      minify: true,
      write: false,
      target: TARGET
    })
  ])
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<title>spanlane intake</title>',
    '<link rel="icon" href="data:,">',
    `<!--\nMade by scripts/page.js of page/. It contains:\n\n${notices()}-->`,
    `<style>${style.outputFiles[0].text.trim()}</style>`,
    '</head>',
    '<body>',
    `<script>${script.outputFiles[0].text.trim()}</script>`,
    '</body>',
    '</html>',
    ''
  ].join('\n')
}

function notices() {
  return BUNDLED.map(name => {
    const folder = inRepository('node_modules', name)
    const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
    return `${name} ${version}\n\n${readFileSync(`${folder}/LICENSE`, 'utf8').trim()}\n\n`
  }).join('')
}

async function main() {
  const text = await pageText()
  const isCurrent = readText(FILE) === text
  if (process.argv[2] === '--check' && !isCurrent)
    throw new Error(`${FILE} is not what page/ makes: npm run page`)
  if (!isCurrent) writeFileSync(inRepository(FILE), text)
  console.log(`${FILE}: ${isCurrent ? 'already made' : 'made'}, ${Buffer.byteLength(text)} bytes`)
}

if (require.main === module) {
  main().catch(error => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}

module.exports = { pageText }
