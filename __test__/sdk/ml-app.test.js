'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { intakes } = require('../support/intake')
const { ROOT, runChild } = require('../support/run-child')
const { ACME, KEYS, sdk } = require('./setup')

const { open } = sdk()
const intake = intakes()

const PROGRAM = `
  const { llmobs } = require(${JSON.stringify(ROOT)})
  llmobs.trace({ kind: 'task', name: 'traced' }, () => {})
  llmobs.wrap({ kind: 'task', name: 'wrapped' }, () => {})()
  const exported = llmobs.trace({ kind: 'task' }, () => llmobs.exportSpan())
  llmobs.submitEvaluation(exported, { label: 'quality', metricType: 'score', value: 1 })`

/** @type {string} an application's folder, below a folder that no package.json is above */
let folder

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-app-')))
})

afterEach(() => {
  fs.rmSync(folder, { recursive: true })
})

/** @param {string} file @param {string} text */
function write(file, text) {
  const whole = path.join(folder, file)
  fs.mkdirSync(path.dirname(whole), { recursive: true })
  fs.writeFileSync(whole, text)
  return whole
}

/** The application's name on the spans and the evaluation of a process, and what it wrote to standard error. */
async function nameIn(args, { cwd = folder, env = {} } = {}) {
  const running = await intake.start()
  const ended = await runChild(args, {
    cwd,
    env: { SPANLANE_INTAKE_URL: running.url, DD_API_KEY: KEYS.platform, ...env }
  })
  expect(ended).toMatchObject({ code: 0 })
  const names = [
    ...running.spans().map(({ tags }) => tags.find(tag => tag.startsWith('ml_app:')).slice('ml_app:'.length)),
    ...running.evaluations().map(({ ml_app: name }) => name)
  ]
  expect(names).toHaveLength(4)
  expect(new Set(names).size).toBe(1)
  return { name: names[0], stderr: ended.stderr }
}

describe('without any configuration the application is called', () => {
  test('as in the package.json beside the program, wherever it is started', async () => {
    write('package.json', '{ "name": "@acme/shop" }')
    const program = write('main.js', PROGRAM)
    expect(await nameIn([program], { cwd: os.tmpdir() })).toEqual({ name: '@acme/shop', stderr: '' })
  })

  test('as in the next one above that has a name', async () => {
    write('package.json', '{ "name": "shop" }')
    write('dist/package.json', '{ "type": "commonjs" }')
    write('dist/cjs/package.json', 'no JSON at all')
    write('dist/cjs/a/package.json', '{ "name": "" }')
    expect(await nameIn([write('dist/cjs/a/main.js', PROGRAM)])).toEqual({ name: 'shop', stderr: '' })
  })

  test('as in the one of the working folder, for code without a file', async () => {
    write('package.json', '{ "name": "shop" }')
    fs.mkdirSync(path.join(folder, 'below'))
    const below = { cwd: path.join(folder, 'below') }
    expect(await nameIn(['-e', PROGRAM], below)).toEqual({ name: 'shop', stderr: '' })
  })

  test('as in the one of the working folder, where a tool is what was started', async () => {
    write('package.json', '{ "name": "shop" }')
    const tool = write('node_modules/runner/bin/run.js', PROGRAM)
    write('node_modules/runner/package.json', '{ "name": "runner" }')
    expect((await nameIn([tool])).name).toBe('shop')
    expect((await nameIn([tool], { cwd: os.tmpdir() })).name).toBe('runner')
  })

  test('"unknown" where there is none, and one warning says what to set', async () => {
    const { name, stderr } = await nameIn([write('main.js', PROGRAM)])
    expect(name).toBe('unknown')
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^spanlane: no application name.*mlApp, DD_LLMOBS_ML_APP or DD_SERVICE/)
    ])
  })

  test.each([
    ['DD_LLMOBS_ML_APP', { DD_LLMOBS_ML_APP: 'app', DD_SERVICE: 'service' }, 'app'],
    ['DD_SERVICE', { DD_SERVICE: 'service' }, 'service']
  ])('but %s comes first', async (_what, env, name) => {
    write('package.json', '{ "name": "shop" }')
    expect(await nameIn([write('main.js', PROGRAM)], { env })).toEqual({ name, stderr: '' })
  })
})

test("a span's own name, its parent's and its route's come before it", async () => {
  const { llmobs, spans } = await open({ mlApp: undefined })
  llmobs.trace({ kind: 'task', name: 'own', mlApp: 'given' }, () => {
    llmobs.trace({ kind: 'task', name: 'child' }, () => {})
  })
  llmobs.withRoutingContext({ ...ACME, mlApp: 'theirs' }, () => {
    llmobs.trace({ kind: 'task', name: 'routed' }, () => {})
  })
  const { own, child, routed } = await spans()
  expect(own.tags).toContain('ml_app:given')
  expect(child.tags).toContain('ml_app:given')
  expect(routed.tags).toContain('ml_app:theirs')
})
