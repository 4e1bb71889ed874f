'use strict'

// Where the system gives no threads, or no address space for them, the application runs as if Spanlane were not there.
// One warning says why nothing is recorded.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT } = require('../support/run-child')
const { Log } = require('../sdk/setup')

jest.setTimeout(120_000)

describe('a core that gets no threads', () => {
  /** @param {Error & { code?: string }} error what opening a core throws */
  function loadWith(error) {
    jest.resetModules()
    const real = jest.requireActual('../../lib/native')
    const open = () => {
      throw error
    }
    jest.doMock('../../lib/native', () => ({
      ...real,
      Core: Object.assign(class {}, { open, shared: open })
    }))
    return require('../..')
  }

  afterEach(() => {
    jest.dontMock('../../lib/native')
  })

  test.each(['createLLMObs', 'init'])('%s passes through, and says so once', how => {
    const { createLLMObs, llmobs } = loadWith(
      Object.assign(new Error('the system refuses'), { code: 'SPANLANE_NO_THREADS' })
    )
    const logger = new Log()
    const options = { intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop', logger }
    const opened = how === 'init' ? llmobs.init(options) : createLLMObs(options)
    createLLMObs(options)
    expect([opened.enabled, opened.trace({ kind: 'task' }, () => 'ran')]).toEqual([false, 'ran'])
    expect(logger.lines).toEqual([
      'nothing can be delivered (SPANLANE_NO_THREADS: the system refuses): ' +
        'LLM Observability is disabled and calls pass through; raise the limit of threads, or of address space ' +
        '(docs/troubleshooting.md#no_threads)'
    ])
  })

  test('what else goes wrong is still thrown', () => {
    const { createLLMObs } = loadWith(Object.assign(new Error('wrong'), { code: 'SPANLANE_INVALID_OPTION' }))
    const options = { intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop' }
    expect(() => createLLMObs(options)).toThrow(expect.objectContaining({ code: 'SPANLANE_INVALID_OPTION' }))
  })
})

const PROGRAM = `
  const { llmobs, createLLMObs } = require('.')
  const options = { mlApp: 'shop', apiKey: 'd'.repeat(32), intakeUrl: 'http://127.0.0.1:1', exitTimeoutMs: 0 }
  llmobs.init(options)
  const other = createLLMObs(options)
  const ran = [llmobs, other].map(one => one.trace({ kind: 'task' }, () => 'ran'))
  setTimeout(() => { console.log(...ran); process.exit(0) }, 50)`

/**
 * @param {string} limit as `ulimit` takes it
 * @param {string} program
 * @param {{ cwd?: string, user?: number }} [settings]
 */
function run(limit, program, { cwd = ROOT, user } = {}) {
  const { status, signal, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `ulimit -c 0; ulimit ${limit}; exec "$NODE" -e "$PROGRAM"`],
    {
      cwd,
      env: { PATH: process.env.PATH, NODE: process.execPath, PROGRAM: program },
      encoding: 'utf8',
      timeout: 15_000,
      ...(user !== undefined && { uid: user, gid: user })
    }
  )
  return { code: status, signal, stdout, stderr }
}

/** @param {number[]} limits @param {(limit: number) => { code: number | null }} alone runs Node under it */
function least(limits, alone) {
  const found = limits.find(limit => alone(limit).code === 0)
  if (found === undefined) throw new Error('Node runs under none of these limits')
  return found
}

/** @param {{ code: number | null, signal: string | null, stdout: string, stderr: string }} ended */
function expectSurvived(ended) {
  expect(ended).toMatchObject({ code: 0, signal: null, stdout: 'ran ran\n' })
  expect(ended.stderr).not.toMatch(/panicked|memory allocation/)
  expect(refusals(ended.stderr).length).toBeLessThanOrEqual(1)
}

/** @param {string} stderr of a run that is to have said one thing at most, whatever became of its spans */
function refusals(stderr) {
  return stderr.split('\n').filter(line => line.includes('calls pass through'))
}

const NOTHING = 'setTimeout(() => {}, 50)'

if (process.platform === 'linux') {
  test('address space: whatever the limit under which Node runs, the functions run', () => {
    const limits = Array.from({ length: 20 }, (_, index) => 500_000 + 100_000 * index)
    const base = least(limits, kilobytes => run(`-v ${kilobytes}`, NOTHING))
    // The program needs some of it without Spanlane, too.
    const runs = [200_000, 300_000, 450_000, 600_000, 800_000, 2_000_000].map(more =>
      run(`-v ${base + more}`, PROGRAM)
    )
    for (const ended of runs) expectSurvived(ended)
    // The range has both ends: too little at first, enough at last.
    expect(refusals(runs[0].stderr)).toEqual([expect.stringContaining('ulimit -v')])
    expect(refusals(runs.at(-1)?.stderr ?? '')).toEqual([])
  })
}

// Root is not limited; it can become a user who has no other processes.
if (process.platform === 'linux' && process.getuid?.() === 0) {
  test('threads: from as few as Node needs, the functions run', () => {
    const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-'))
    fs.chmodSync(cwd, 0o755)
    for (const name of ['index.js', 'package.json', 'lib']) {
      fs.cpSync(path.join(ROOT, name), path.join(cwd, name), { recursive: true })
    }
    const settings = { cwd, user: 64_399 }
    const limits = Array.from({ length: 36 }, (_, index) => 4 + index)
    const base = least(limits, threads => run(`-u ${threads}`, NOTHING, settings))
    const runs = [0, 1, 2, 3, 5, 6, 40].map(more => run(`-u ${base + more}`, PROGRAM, settings))
    fs.rmSync(cwd, { recursive: true })
    for (const ended of runs) expectSurvived(ended)
    expect(refusals(runs[0].stderr)).toEqual([expect.stringContaining('SPANLANE_NO_THREADS')])
    expect(refusals(runs.at(-1)?.stderr ?? '')).toEqual([])
  })
}
