'use strict'

const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const net = require('node:net')
const { once } = require('node:events')
const path = require('node:path')
const { ROOT, startChild } = require('../support/run-child')
const { textOf } = require('../support/sources')

// A newcomer has an empty folder and the pages: the code of a page, below what docs/guides/README.md gives for a first try,
// put together as the page says, shows a routed span at the intake that the command starts.

/** @param {string} page @returns {string[]} */
const blocksOf = page =>
  [...textOf(`docs/guides/${page}.md`).matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
const given = (/** @type {string} */ mark) => blocksOf('README').find(code => code.includes(mark)) ?? ''
const STAND_INS = given('function routeOf')
/** Each page requires what it needs by itself. */
const ASK = given('const MODEL').replace("const { llmobs } = require('spanlane')", '')

/** Below the repository: there this package is known by its name, as after `npm install`. @type {string} */
let folder
beforeEach(() => {
  mkdirSync(path.join(ROOT, 'target'), { recursive: true })
  folder = mkdtempSync(path.join(ROOT, 'target', 'newcomer-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** @param {string} code @param {(application: ReturnType<typeof startChild>) => Promise<unknown>} use */
async function firstTry(code, use) {
  const intake = startChild([path.join('bin', 'spanlane.js'), 'intake', '--port', '0'])
  const [, url] = await intake.printed(/listens on (http:\S+)/)
  const file = path.join(folder, 'app.js')
  writeFileSync(file, code)
  const application = startChild([file], { cwd: folder, env: { SPANLANE_INTAKE_URL: url } })
  await use(application)
  application.child.kill('SIGTERM')
  const { stderr } = await application.ended
  const { lanes, traces } = await (await fetch(`${url}/spanlane/snapshot`)).json()
  intake.child.kill('SIGINT')
  await intake.ended
  const shown = traces.map((/** @type {any} */ { title, root, spans }) => ({ title, root, spans }))
  return { names: lanes.map((/** @type {any} */ { name }) => name).sort(), shown, stderr }
}

test('Express: two customers ask, one of them for a stream', async () => {
  const port = await freePort()
  const [context, routes] = blocksOf('express')
  const code = [STAND_INS, ASK, context, routes, `app.listen(${port}, () => console.log('listens'))`].join(
    '\n'
  )
  const found = await firstTry(code, async application => {
    await application.printed(/listens/)
    const ask = async (/** @type {string} */ customer, /** @type {string} */ where) =>
      (
        await fetch(`http://127.0.0.1:${port}/${where}?question=hello`, {
          headers: { 'x-customer': customer }
        })
      ).text()
    expect(await Promise.all([ask('acme', 'ask'), ask('globex', 'stream')])).toEqual([
      expect.stringContaining('hello'),
      expect.stringContaining('hello')
    ])
  })
  expect(found).toEqual({
    names: ['acme', 'globex'],
    shown: expect.arrayContaining([expect.objectContaining({ title: 'hello', root: 'answer', spans: 2 })]),
    stderr: ''
  })
  expect(found.shown).toHaveLength(2)
})

test('OpenTelemetry: a span of its own, below one of this library', async () => {
  const [provider, ask, answer] = blocksOf('opentelemetry')
  const last = "answerFor('acme', 'hello').then(console.log)"
  const { names, shown, stderr } = await firstTry(
    [STAND_INS, provider, ask, answer, last].join('\n'),
    application => application.ended
  )
  expect({ names, stderr }).toEqual({ names: ['acme'], stderr: '' })
  expect(shown).toEqual([expect.objectContaining({ root: 'answer', spans: 2 })])
})
