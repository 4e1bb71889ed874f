'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT } = require('../support/run-child')
const { programs } = require('./setup')

const { run } = programs()
/** @type {string} */
let folder

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-copies-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** A whole dd-trace of another version outside this package, as where it is injected into processes. */
function injectedDdTrace() {
  // The matrix names a real one of another version.
  if (process.env.BRIDGE_INJECTED !== undefined) return process.env.BRIDGE_INJECTED
  const modules = path.join(ROOT, 'node_modules')
  const copied = path.join(folder, 'node_modules')
  fs.mkdirSync(copied)
  for (const name of fs.readdirSync(modules)) {
    if (name !== 'dd-trace') fs.symlinkSync(path.join(modules, name), path.join(copied, name), 'junction')
  }
  const copy = path.join(copied, 'dd-trace')
  fs.cpSync(path.join(modules, 'dd-trace'), copy, { recursive: true })
  const manifest = JSON.parse(fs.readFileSync(path.join(copy, 'package.json'), 'utf8'))
  fs.writeFileSync(path.join(copy, 'package.json'), JSON.stringify({ ...manifest, version: '5.131.9' }))
  return copy
}

test('an injected dd-trace runs, the application has another one: the injected one is joined', async () => {
  const injected = injectedDdTrace()
  const { version } = JSON.parse(fs.readFileSync(path.join(injected, 'package.json'), 'utf8'))
  const { facts, places, agent } = await run('injected', {
    env: {
      NODE_OPTIONS: `--require ${path.join(injected, 'init.js')}`,
      DD_LLMOBS_ENABLED: 'true',
      DD_LLMOBS_ML_APP: 'assistant',
      DD_LLMOBS_AGENTLESS_ENABLED: 'true',
      DD_TRACE_STARTUP_LOGS: 'false'
    }
  })
  expect(facts).toMatchObject({ active: true, version, isOwnChanged: false, hosts: [] })
  expect(facts.own).not.toBe(version)
  expect(places).toEqual({
    'of acme': 'acme@datadoghq.eu',
    rating: 'acme@datadoghq.eu',
    ours: 'platform@datadoghq.com'
  })
  expect(agent.requests.filter(({ path }) => path.includes('evp_proxy'))).toEqual([])
})

test('a module that only hands out the running tracer is not taken for its copy', async () => {
  const { facts, places } = await run('copies')
  expect(facts.isSame).toBe(true)
  expect(facts.version).toBe(facts.running)
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
})

test('imported as ES modules it is the same', async () => {
  const { facts, places } = await run('modules.mjs')
  expect(facts.active).toBe(true)
  expect(places).toEqual({ 'of acme': 'acme@datadoghq.eu' })
})

test('a second copy of Spanlane cannot attach beside the first; after it, each delivers what it routed', async () => {
  const copy = path.join(folder, 'spanlane')
  for (const name of ['index.js', 'dd-trace.js', 'package.json', 'lib']) {
    fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true })
  }
  const { facts, places, end } = await run('two-spanlanes', { env: { BRIDGE_COPY: copy } })
  for (const error of [facts.refused, facts.refusedToo]) {
    expect(error).toEqual({
      code: 'SPANLANE_ALREADY_INITIALIZED',
      name: 'SpanlaneError',
      message: expect.stringMatching(/another copy of spanlane is attached/)
    })
  }
  expect(places).toEqual({
    'of the first': 'acme@datadoghq.eu',
    'under way': 'acme@datadoghq.eu',
    'in a context of the first': 'acme@datadoghq.eu',
    'of the second': 'globex@us5.datadoghq.com',
    'rating of the second': 'globex@us5.datadoghq.com',
    'by the second': 'globex@us5.datadoghq.com'
  })
  expect(facts).toMatchObject({ delivered: [3, 3], dropped: [{}, {}], hosts: [] })
  expect(end.code).toBe(0)
})
