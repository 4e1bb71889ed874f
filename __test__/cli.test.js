'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { main } = require('../lib/cli/main')
const { version } = require('../package.json')
const { keyFingerprint, startIntake } = require('../testing')
const { runChild, startChild } = require('./support/run-child')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('./support/wire')

const BIN = 'bin/spanlane.js'
const ACME = keyFingerprint(KEYS.acme)

/** @type {(() => Promise<unknown>)[]} */
let running = []
afterEach(async () => {
  await Promise.all(running.map(stop => stop()))
  running = []
})

/** Runs a command line in this process. */
function run(...args) {
  const output = { stdout: '', stderr: '' }
  let watch = () => {}
  const stream = name => ({
    write: text => {
      output[name] += text
      watch()
    }
  })
  const ended = main(args, { stdout: stream('stdout'), stderr: stream('stderr') }).then(code => ({
    code,
    ...output
  }))
  return {
    ended,
    output,
    printed: (pattern, name = 'stdout') =>
      new Promise((resolve, reject) => {
        watch = () => {
          const match = pattern.exec(output[name])
          if (match !== null) resolve(match)
        }
        ended.then(({ stderr }) => reject(new Error(`ended without printing ${pattern}: ${stderr}`)))
        watch()
      }),
    /** The signal reaches the command as Ctrl-C does; that a real one does so is shown with child processes. */
    kill: signal => {
      process.emit(signal, signal)
      return ended
    }
  }
}

/** Starts `spanlane intake` on any port, and resolves once it listens. */
async function startCli(...args) {
  return listening(run('intake', '--port', '0', ...args), args)
}

async function startCliChild(...args) {
  return listening(startChild([BIN, 'intake', '--port', '0', ...args]), args)
}

async function listening(command, args) {
  running.push(() => command.kill(command.child === undefined ? 'SIGTERM' : 'SIGKILL'))
  const stream = args.includes('--json') ? 'stderr' : 'stdout'
  const [, url] = await command.printed(/listens on (http:\/\/127\.0\.0\.1:\d+)\n/, stream)
  return { ...command, url }
}

const span = change => spanBody(spanEvent({ name: 'answer', ...change }))
const said = {
  'span.kind': 'llm',
  model_name: 'gpt-5',
  input: { messages: [{ role: 'user', content: 'my secret' }] },
  output: {}
}

describe('wrong command lines end with code 2 and say why', () => {
  test.each([
    [[], 'a command is missing', 'spanlane --help'],
    [['serve'], 'unknown command "serve"', 'spanlane --help'],
    [['--verbose'], 'unknown command "--verbose"', 'spanlane --help'],
    [['intake', '--verbose'], "Unknown option '--verbose'", 'spanlane intake --help'],
    [['intake', '--port'], "Option '--port <value>' argument missing", 'spanlane intake --help'],
    [
      ['intake', '--port', '65536'],
      '--port must be an integer from 0 to 65535, not "65536"',
      'spanlane intake --help'
    ],
    [
      ['intake', '--port=-1'],
      '--port must be an integer from 0 to 65535, not "-1"',
      'spanlane intake --help'
    ],
    [
      ['intake', '--port', 'x'],
      '--port must be an integer from 0 to 65535, not "x"',
      'spanlane intake --help'
    ],
    [['intake', 'extra'], "Unexpected argument 'extra'", 'spanlane intake --help'],
    [['intake', '--quiet', '--json'], '--quiet prints no events', 'spanlane intake --help'],
    [['intake', '--json', '--tree'], '--json prints one object per event', 'spanlane intake --help'],
    [['intake', '--token', '--no-page'], '--token is for the page', 'spanlane intake --help'],
    [
      ['intake', '--script', 'no-such-file'],
      '--script: cannot read no-such-file (ENOENT)',
      'spanlane intake --help'
    ],
    [['intake', '--owner', KEYS.acme], '--owner must be <name>=<fingerprint', 'spanlane intake --help'],
    [
      ['intake', '--owner', `acme=${KEYS.acme}`],
      '--owner must be <name>=<fingerprint',
      'spanlane intake --help'
    ],
    [['intake', '--script', BIN], `--script: ${BIN} is not JSON`, 'spanlane intake --help'],
    [
      ['intake', '--script', 'package.json'],
      '--script: script[0].name is not known',
      'spanlane intake --help'
    ]
  ])('%j', async (args, message, hint) => {
    const { code, stdout, stderr } = await run(...args).ended
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.startsWith(`spanlane: ${message}`)).toBe(true)
    expect(stderr.endsWith(`\nTry: ${hint}\n`)).toBe(true)
  })
})

describe('help and version', () => {
  test.each([
    [['--help'], /^Usage: spanlane <command>/],
    [['-h'], /^Usage: spanlane <command>/],
    [['help', 'intake'], /^Usage: spanlane intake/],
    [['intake', '--help'], /--port <n>[\s\S]*--json[\s\S]*--quiet[\s\S]*--content[\s\S]*--script/],
    [['--version'], new RegExp(`^${version}\n$`)]
  ])('%j', async (args, pattern) => {
    const { code, stdout, stderr } = await run(...args).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(pattern)
  })
})

test('a port that is taken ends with code 1', async () => {
  const intake = await startIntake()
  const { code, stderr } = await run('intake', '--port', String(intake.port)).ended
  await intake.close()
  expect({ code, stderr }).toEqual({ code: 1, stderr: `spanlane: port ${intake.port} is already in use\n` })
})

describe('spanlane intake prints', () => {
  const TRACE = '7'.padStart(32, '0')
  const inTrace = (span_id, parent_id, change) =>
    spanEvent({ trace_id: TRACE, span_id, parent_id, tags: ['owner:acme'], ...change })
  const failed = {
    status: 'error',
    meta: { ...said, 'error.type': 'Overloaded', 'error.message': 'my secret' }
  }
  /** A root that arrives last, its children before it, an evaluation of it. */
  async function sendTrace(cli) {
    await send(cli, {
      body: spanBody(
        inTrace('2', '1', {
          meta: { ...said, model_name: 'gpt-5' },
          name: 'chat',
          start_ns: 1_790_000_000_100_000_000
        }),
        inTrace('3', '1', { ...failed, name: 'again', start_ns: 1_790_000_000_200_000_000 })
      ),
      site: 'us5.datadoghq.com'
    })
    const join_on = { span: { trace_id: TRACE, span_id: '1' } }
    const evaluation = metric({ join_on, reasoning: 'my secret', tags: ['owner:acme'] })
    await send(cli, { stream: 'evaluations', body: evaluationBody(evaluation), site: 'us5.datadoghq.com' })
    const root = { 'span.kind': 'workflow', input: { value: 'my secret' }, output: {} }
    await send(cli, {
      body: spanBody(inTrace('1', 'undefined', { name: 'answer', meta: root, metrics: {} })),
      site: 'us5.datadoghq.com'
    })
  }
  const LINE =
    '^\\d\\d:\\d\\d:\\d\\d\\.\\d{3}  acme  us5\\.datadoghq\\.com  workflow   answer  3 spans  201\\.5 ms  gpt-5  24 -> 6 tokens  1 evaluation  1 ERROR Overloaded$'

  test('one line for each trace: time, tenant, site, root, spans, tokens, errors; no prompt and no key', async () => {
    const cli = await startCli()
    await sendTrace(cli)
    await cli.printed(/Overloaded/)
    expect(cli.output.stdout.split('\n').slice(3, -1)).toEqual([expect.stringMatching(LINE)])
    const { stdout, stderr } = await cli.kill('SIGINT')
    expect(stdout + stderr).not.toMatch(new RegExp(`my secret|${KEYS.acme}`))
  })

  test('its tree with --tree', async () => {
    const cli = await startCli('--tree')
    await sendTrace(cli)
    await cli.printed(/helpfulness/)
    expect(cli.output.stdout.split('\n').slice(3, -1)).toEqual([
      expect.stringMatching(LINE),
      `    trace ${TRACE}`,
      '    `-- workflow  answer  1.5 ms',
      '        |-- llm  chat  1.5 ms  gpt-5  12 -> 3 tokens',
      '        `-- llm  again  1.5 ms  gpt-5  12 -> 3 tokens  ERROR Overloaded',
      '    evaluation  helpfulness  0.9'
    ])
    const { stdout } = await cli.kill('SIGINT')
    expect(stdout).not.toContain('my secret')
  })

  test('a trace whose root never came, at the end, and says so; an evaluation that came alone', async () => {
    const cli = await startCli()
    await send(cli, { body: spanBody(inTrace('2', '1', { name: 'lost' })) })
    const { stdout } = await cli.kill('SIGINT')
    expect(stdout).toMatch(/acme {2}datadoghq\.com {2}llm {8}lost {2}1 span .* its root is not here\n/)
    const other = await startCli()
    await send(other, { stream: 'evaluations', body: evaluationBody(metric()) })
    await other.printed(new RegExp(`${ACME}  datadoghq\\.com  evaluation  helpfulness  0\\.9\n`))
  })

  test('what was said only with --content', async () => {
    const cli = await startCli('--content')
    await send(cli, {
      body: span({ meta: { ...said, 'error.message': 'broken \u001b[31m' }, status: 'error' })
    })
    await cli.printed(/input: .*my secret/)
    await send(cli, { stream: 'evaluations', body: evaluationBody(metric({ reasoning: 'it helped' })) })
    const [shown] = await cli.printed(/input: .*\n[\s\S]*reasoning: "it helped"/)
    expect(shown).toContain('    errorMessage: "broken \\u001b[31m"')
  })

  test('a refused request with its reason, and a broken connection', async () => {
    const cli = await startCli()
    await send(cli, { body: '{}' })
    await send(cli, { path: '/else', key: null })
    await cli.printed(
      /[0-9a-f]{12} {2}datadoghq\.com {2}0 spans {2}answered 400 {2}body: expected an array, saw an object\n/
    )
    await cli.printed(/no key {2}datadoghq\.com {2}\/else {2}answered 404 {2}unknown path\n/)
  })

  test('one JSON object per event with --json, and nothing else on standard output', async () => {
    const cli = await startCli('--json')
    await send(cli, {
      body: spanBody(spanEvent({ name: 'one', meta: said }), spanEvent({ name: 'two', meta: said }))
    })
    await send(cli, { stream: 'evaluations' })
    await send(cli, { body: 'x' })
    await cli.printed(/"problem"/)
    const { stdout, stderr } = await cli.kill('SIGTERM')
    const objects = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(objects).toEqual([
      expect.objectContaining({
        site: 'datadoghq.com',
        tenant: ACME,
        tenantName: ACME,
        tenantNameFrom: 'fingerprint',
        stream: 'spans',
        status: 202,
        kind: 'llm',
        name: 'one',
        durationMs: 1.5,
        model: 'gpt-5',
        metrics: { input_tokens: 12, output_tokens: 3 }
      }),
      expect.objectContaining({ name: 'two' }),
      expect.objectContaining({
        stream: 'evaluations',
        kind: 'evaluation',
        name: 'helpfulness',
        spanId: '1'
      }),
      expect.objectContaining({
        status: 400,
        events: 0,
        problem: 'body is not valid JSON: it ends too early'
      })
    ])
    expect(stdout).not.toContain('my secret')
    expect(stderr).toContain('2 spans and 1 evaluation on 1 lane.')
  })

  test('content in JSON only when asked', async () => {
    const cli = await startCli('--json', '--content')
    await send(cli, { body: span({ meta: said }) })
    const [line] = await cli.printed(/.*\n/)
    expect(JSON.parse(line).content.input).toEqual(said.input)
  })

  test('nothing per trace with --quiet, and a table at Ctrl-C', async () => {
    const cli = await startCli('--quiet')
    await send(cli, { body: span() })
    await send(cli, { key: KEYS.globex, site: 'datadoghq.eu', stream: 'evaluations' })
    await send(cli, { key: KEYS.globex, site: 'datadoghq.eu', body: 'x' })
    const { code, stdout } = await cli.kill('SIGINT')
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(3)).toEqual([
      '',
      'Tenant  Site           Key           Spans  Evaluations  Requests  Refused  Bytes',
      '------  -------------  ------------  -----  -----------  --------  -------  -----',
      expect.stringMatching(
        `^-       datadoghq\\.com  ${ACME}      1            0         1        0    \\d{3}$`
      ),
      expect.stringMatching(
        `^-       datadoghq\\.eu   ${keyFingerprint(KEYS.globex)}      0            1         2        1    \\d{3}$`
      ),
      '',
      '1 span and 1 evaluation on 2 lanes.',
      'No span names its owner: nothing to compare.',
      '  not checked  Nothing says whose the 1 span on 1 lane is: swapped keys would not be noticed.',
      ''
    ])
  })

  test('that nothing arrived', async () => {
    const cli = await startCli()
    const { code, stdout } = await cli.kill('SIGINT')
    expect(code).toBe(0)
    expect(stdout.endsWith('\nNothing arrived.\n')).toBe(true)
  })

  test('data of two owners in one body, and ends with code 1', async () => {
    const cli = await startCli()
    await send(cli, { body: spanBody(spanEvent({ tags: ['owner:a'] }), spanEvent({ tags: ['owner:b'] })) })
    const { code, stdout } = await cli.kill('SIGINT')
    expect(code).toBe(1)
    expect(stdout).toContain(
      `  CROSSED      One body to a (datadoghq.com with key ${ACME}) holds data of a and b.\n`
    )
  })
})

describe('spanlane intake judges', () => {
  const owned = owner => spanBody(spanEvent({ tags: [`owner:${owner}`] }))

  test('one owner at two places: a question, with the options that answer it, and code 0', async () => {
    const cli = await startCli('--quiet')
    for (const site of ['datadoghq.com', 'datadoghq.eu']) await send(cli, { body: owned('globex'), site })
    const { code, stdout } = await cli.kill('SIGINT')
    expect(stdout).toContain(
      'globex arrives at 2 places: expected?\n  expected?    globex arrives at 2 places'
    )
    expect(stdout).toContain(
      `If that is right: --owner globex=${ACME}@datadoghq.com --owner globex=${ACME}@datadoghq.eu\n`
    )
    expect(code).toBe(0)
  })

  test('the same as proved when it was declared, by site or by key', async () => {
    for (const places of [[`g=${ACME}@datadoghq.com`, `g=${ACME}@datadoghq.eu`], [`g=${ACME}`]]) {
      const cli = await startCli('--quiet', ...places.flatMap(place => ['--owner', place]))
      for (const site of ['datadoghq.com', 'datadoghq.eu']) await send(cli, { body: owned('g'), site })
      const { code, stdout } = await cli.kill('SIGINT')
      expect(stdout).toContain('Nothing crossed: 2 spans of 1 owner on 2 lanes.\n')
      expect(code).toBe(0)
    }
  })

  test('data at a place that was not declared: code 1, also after the page was cleared', async () => {
    const cli = await startCli('--quiet', '--owner', `acme=${ACME}@datadoghq.eu`)
    await send(cli, { body: owned('acme') })
    await fetch(`${cli.url}/spanlane/clear`, { method: 'POST', headers: { origin: cli.url } })
    const { code } = await cli.kill('SIGINT')
    expect(code).toBe(1)
  })

  test('without serving a page when told so', async () => {
    const cli = await startCli('--no-page')
    expect(cli.output.stdout).not.toContain('page:')
    expect((await fetch(cli.url)).status).toBe(404)
    await send(cli, { body: spanBody(spanEvent({ tags: ['owner:a'] }), spanEvent({ tags: ['owner:b'] })) })
    expect((await cli.kill('SIGINT')).code).toBe(1)
  })
})

test('spanlane intake serves its page at the address that it prints', async () => {
  const cli = await startCli()
  const [, url] = await cli.printed(/page: (\S+)\n/)
  const answer = await fetch(url)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const { stdout } = await cli.kill('SIGINT')
  expect(stdout.endsWith('\nNothing arrived.\n')).toBe(true)
})

test('spanlane intake follows a fault script', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-cli-'))
  const file = path.join(folder, 'faults.json')
  fs.writeFileSync(file, JSON.stringify({ match: { site: 'datadoghq.eu' }, actions: [{ status: 503 }] }))
  const cli = await startCli('--script', file)
  fs.rmSync(folder, { recursive: true })
  await expect(send(cli, { site: 'datadoghq.eu' })).resolves.toMatchObject({ status: 503 })
  await expect(send(cli, { site: 'datadoghq.eu' })).resolves.toMatchObject({ status: 202 })
  await cli.printed(/[0-9a-f]{12} {2}datadoghq\.eu {2}1 spans {2}answered 503\n/)
})

describe('the program', () => {
  test.each([
    [['--version'], 0, `${version}\n`, ''],
    [['serve'], 2, '', 'spanlane: unknown command "serve"\nTry: spanlane --help\n']
  ])('%j', async (args, code, stdout, stderr) => {
    await expect(runChild([BIN, ...args])).resolves.toEqual({ code, signal: null, stdout, stderr })
  })

  test.each(['SIGINT', 'SIGTERM'])('ends at %s with its table and code 0', async signal => {
    const cli = await startCliChild('--quiet')
    await send(cli)
    const { code, stdout, stderr } = await cli.kill(signal)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('1 span and 0 evaluations on 1 lane.')
  })

  test('tries the next port when its own default is taken', async () => {
    const ports = []
    for (let started = 0; started < 2; started += 1) {
      const child = startChild([BIN, 'intake'])
      running.push(() => child.kill('SIGKILL'))
      const [, port] = await child.printed(/127\.0\.0\.1:(\d+)\n/)
      ports.push(Number(port))
    }
    expect(ports[0]).toBeGreaterThanOrEqual(7726)
    expect(ports[1]).toBeGreaterThan(ports[0])
    expect(ports[1]).toBeLessThanOrEqual(7735)
  })

  test('ends quietly when its reader goes away', async () => {
    const cli = await startCliChild()
    cli.child.stdout?.destroy()
    await Promise.allSettled([send(cli), send(cli)])
    await expect(cli.ended).resolves.toMatchObject({ code: 0, stderr: '' })
  })
})
