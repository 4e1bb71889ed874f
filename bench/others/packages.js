'use strict'

// Other products, installed from npm once, each in a folder of its own under node_modules/.cache.

const fs = require('node:fs')
const path = require('node:path')
const { inRepository, npmInto } = require('../../scripts/command')

const CACHE = inRepository('node_modules', '.cache', 'spanlane-bench', 'others')

/**
 * The newest that run on Node 20. OpenTelemetry, dd-trace and Spanlane itself are there anyway.
 *
 * @type {Record<string, string[]>} by peer
 */
const PACKAGES = {
  langfuse: [
    '@langfuse/tracing@5.11.1',
    '@langfuse/otel@5.11.1',
    '@opentelemetry/sdk-trace-node@2.12.1',
    '@opentelemetry/api@1.9.1'
  ],
  langsmith: ['langsmith@0.12.0'],
  sentry: ['@sentry/node@11.12.0']
}

/**
 * @param {string} peer
 * @returns {string} a folder from which its packages can be required
 */
function folderOf(peer) {
  const packages = PACKAGES[peer]
  if (packages === undefined) return inRepository()
  const folder = path.join(CACHE, peer)
  const mark = path.join(folder, 'complete')
  const wanted = packages.join('\n')
  if (fs.existsSync(mark) && fs.readFileSync(mark, 'utf8') === wanted) return folder
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
  npmInto(folder, packages, ['--ignore-scripts', '--no-package-lock', '--loglevel', 'error'])
  fs.writeFileSync(mark, wanted)
  return folder
}

/** @param {string} peer @returns {string} the versions that are measured, as a text; '' for those that have none here */
function versionsOf(peer) {
  return (PACKAGES[peer] ?? []).join(' ')
}

module.exports = { PACKAGES, folderOf, versionsOf }
