'use strict'

const { mkdtempSync, rmSync } = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { keyFingerprint } = require('../../testing')
const { installPackage } = require('../package/installed')
const { intakes } = require('../support/intake')
const { ROOT, runChild } = require('../support/run-child')
const { textOf } = require('../support/sources')
const { MISTAKES, REFUSED } = require('./list')

// Every mistake of the list is made by a program, and its answer has the cause, what to do, and a place to read.

const { start } = intakes({ expectViolations: true })
const ALL = Object.values(MISTAKES).flat()
const ENTRY = JSON.stringify(path.join(ROOT, 'index.js'))

/** @type {ReturnType<typeof installPackage>} */
let elsewhere
/** @type {string} */
let nowhere
beforeAll(() => {
  elsewhere = installPackage({ withAddon: false })
  nowhere = mkdtempSync(path.join(os.tmpdir(), 'spanlane-mistake-'))
})
afterAll(() => {
  elsewhere.remove()
  rmSync(nowhere, { recursive: true, force: true })
})

test.each(ALL)('$mistake', async ({ code, told, place, env = {}, isNowhere = false, addon }) => {
  const intake = await start({
    script: {
      match: { keyFingerprint: keyFingerprint(REFUSED) },
      actions: [{ status: 403, times: Number.POSITIVE_INFINITY }]
    }
  })
  const { SPANLANE_INTAKE_URL: url = '<intake>' } = env
  const program = `const { llmobs } = require(${isNowhere ? ENTRY : "'spanlane'"}); ${code}`
  const { stderr } =
    addon === 'missing'
      ? elsewhere.node(['-e', program])
      : await runChild(['-e', program], {
          env: { ...env, SPANLANE_INTAKE_URL: url.replace('<intake>', intake.url) },
          ...(isNowhere && { cwd: nowhere })
        })
  expect(stderr).toMatch(told)
  // A warning leads to its place; an error has the code that is the heading there.
  const isCode = place.startsWith('spanlane_')
  const leads = stderr.includes(`docs/troubleshooting.md#${place}`)
  expect(leads || (isCode && stderr.includes(`code: '${place.toUpperCase()}'`))).toBe(true)
})

test('docs/troubleshooting.md has the same list', () => {
  const [, table] = textOf('docs/troubleshooting.md').split('## Typical mistakes')
  const rows = [...table.matchAll(/^\| (.+) \| \[(\w+)\]\(#(\w+)\) \|$/gm)].map(
    ([, mistake, shown, place]) => {
      expect(shown.toLowerCase()).toBe(place)
      return { mistake, place }
    }
  )
  expect(rows).toEqual(ALL.map(({ mistake, place }) => ({ mistake, place })))
})
