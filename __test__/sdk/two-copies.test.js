'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, runChild } = require('../support/run-child')

/** @param {string} folder where a second copy of the package is put */
function copyPackage(folder) {
  fs.mkdirSync(folder)
  for (const name of ['index.js', 'package.json', 'lib']) {
    fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
  }
}

test('a second copy of the package works beside the first, and says so once', async () => {
  const folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-')), 'copy')
  copyPackage(folder)
  try {
    const program = `
      const first = require('.').llmobs
      const second = require(${JSON.stringify(folder)}).llmobs
      first.init({ apiKey: 'a'.repeat(32), maxRetryAgeMs: 1 })
      second.init({ apiKey: 'b'.repeat(32), maxRetryAgeMs: 2 })
      const route = first.withRoutingContext({ ddApiKey: 'c'.repeat(32), tenant: 'acme' }, () => second.currentRoute())
      console.log(first === second, route.tenant)`
    const ended = await runChild(['-e', program], {
      env: { SPANLANE_INTAKE_URL: 'http://127.0.0.1:1', DD_LLMOBS_ML_APP: 'shop' }
    })
    expect(ended).toMatchObject({ code: 0, stdout: 'false default\n' })
    expect(ended.stderr.match(/second copy of spanlane/g)).toHaveLength(1)
  } finally {
    fs.rmSync(path.dirname(folder), { recursive: true })
  }
})
