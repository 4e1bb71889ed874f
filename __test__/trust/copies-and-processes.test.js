'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { intakes } = require('../support/intake')
const { ROOT, runChild } = require('../support/run-child')

/** The end of a child that hangs; busy machines are slow. */
const CHILD_TIMEOUT_MS = 60_000
jest.setTimeout(CHILD_TIMEOUT_MS + 10_000)

const intake = intakes()
const ROUTE = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'one' }

/** @param {any} llmobs @param {string} name */
function makeSpan(llmobs, name) {
  llmobs.withRoutingContext(ROUTE, () => llmobs.trace({ kind: 'task', name }, () => {}))
}

/** Source of a script that sends one span by the SDK at `place`. */
const SEND = `const send = (llmobs, url, name) => {
  llmobs.init({ mlApp: 'copies', intakeUrl: url })
  llmobs.withRoutingContext(${JSON.stringify(ROUTE)}, () => llmobs.trace({ kind: 'task', name }, () => {}))
  return llmobs
};`

test("50 resets of Jest's module registry share one core and leave no listener behind", async () => {
  const { url, waitFor, spans } = bound(await intake.start())
  const settings = { mlApp: 'copies', intakeUrl: url, exitTimeoutMs: 0 }
  let last
  for (let copy = 0; copy < 50; copy += 1) {
    jest.resetModules()
    last = require('../..').llmobs.init(settings)
    makeSpan(last, `copy-${copy}`)
  }
  await waitFor(50)
  expect(new Set(spans().map(span => span.name)).size).toBe(50)
  const { total } = last.stats()
  expect(total.submitted).toBe(50)
  await last.shutdown()
})

test('50 copies of the modules in one process: every span arrives at exit, and Node warns of nothing', async () => {
  const { url, spans } = bound(await intake.start())
  const script = `${SEND}
    for (let copy = 0; copy < 50; copy += 1) {
      for (const file of Object.keys(require.cache)) if (/\\/lib\\/|index\\.js$/.test(file)) delete require.cache[file]
      send(require(${JSON.stringify(ROOT)}).llmobs, process.argv[1], 'copy-' + copy)
    }
    // Node prints its warnings a turn later.
    setImmediate(() => process.exit(0))`
  const { code, stderr } = await run(['-e', script, url])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(new Set(spans().map(span => span.name)).size).toBe(50)
})

test('import and require give the same object', async () => {
  const { url, spans } = bound(await intake.start())
  const script = `${SEND}
    import(${JSON.stringify(path.join(ROOT, 'index.mjs'))}).then(({ llmobs }) => {
      if (llmobs !== require(${JSON.stringify(ROOT)}).llmobs) process.exitCode = 9
      send(llmobs, process.argv[1], 'esm')
    })`
  const { code } = await run(['-e', script, url])
  expect(code).toBe(0)
  expect(spans().map(span => span.name)).toEqual(['esm'])
})

test('two copies of the native file: both deliver, and the second says once that it is one', async () => {
  const { url, spans } = bound(await intake.start())
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-copy-'))
  try {
    for (const name of ['index.js', 'package.json', 'lib']) {
      fs.cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true })
    }
    const script = `${SEND}
      send(require(${JSON.stringify(ROOT)}).llmobs, process.argv[1], 'first')
      send(require(${JSON.stringify(folder)}).llmobs, process.argv[1], 'second')`
    const { code, stderr } = await run(['-e', script, url])
    expect(code).toBe(0)
    expect(
      spans()
        .map(span => span.name)
        .sort()
    ).toEqual(['first', 'second'])
    expect(stderr.match(/second copy/g)).toHaveLength(1)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})

test.each([
  ['child_process.fork', "require('node:child_process').fork(__filename, [process.argv[2], 'child'])"],
  [
    'cluster',
    "require('node:cluster').setupPrimary({ args: [process.argv[2], 'child'] }); require('node:cluster').fork()"
  ]
])('%s: parent and children each deliver their own', async (_, start) => {
  const { url, spans } = bound(await intake.start())
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-fork-'))
  try {
    const file = path.join(folder, 'main.js')
    fs.writeFileSync(
      file,
      `${SEND}
      const isChild = process.argv[3] === 'child'
      const llmobs = send(require(${JSON.stringify(ROOT)}).llmobs, process.argv[2], isChild ? 'child' : 'parent')
      if (isChild) llmobs.flush().then(() => process.exit(0))
      else for (let child = 0; child < 2; child += 1) { ${start} }`
    )
    const { code } = await run([file, url])
    expect(code).toBe(0)
    expect(
      spans()
        .map(span => span.name)
        .sort()
    ).toEqual(['child', 'child', 'parent'])
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})

/** @param {string[]} args */
function run(args) {
  return runChild(args, { timeoutMs: CHILD_TIMEOUT_MS })
}

/** @param {import('../../testing').Intake} one */
function bound(one) {
  return {
    url: one.url,
    spans: () => one.spans(),
    waitFor: (/** @type {number} */ count) => one.waitFor(count, { timeoutMs: CHILD_TIMEOUT_MS })
  }
}
