'use strict'

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const esbuild = require('esbuild')
const { exports: exported } = require('../../package.json')
const { intakes } = require('../support/intake')
const { ROOT, runChild } = require('../support/run-child')
const { textOf } = require('../support/sources')
const { installPackage } = require('./installed')

// What users install has the modules of a first span in one file, and is the same library.

const { start } = intakes()
const ROUTE = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'one' }
/** Source of a function that makes one span by the library that it is given. */
const SEND = `const send = ({ llmobs }, name) => {
  llmobs.init({ mlApp: 'one file', intakeUrl: process.env.INTAKE_URL })
  llmobs.withRoutingContext(${JSON.stringify(ROUTE)}, () => llmobs.trace({ kind: 'task', name }, () => {}))
  return llmobs
};`
const ENTRIES = Object.keys(exported)
  .filter(entry => !entry.endsWith('.json'))
  .map(entry => path.posix.join('spanlane', entry))

/** @type {ReturnType<typeof installPackage>} */
let installed
/** The text of the bundle. */
let bundle = ''
/** The modules in it, in their order: text by file. @type {Map<string, string>} */
const modules = new Map()

beforeAll(() => {
  installed = installPackage({ withAddon: true })
  bundle = fs.readFileSync(path.join(installed.folder, 'lib', 'bundle.js'), 'utf8')
  const parts = bundle.split(/^\/\/ -+ (lib\/\S+)$/m).slice(1)
  for (let at = 0; at < parts.length; at += 2) modules.set(parts[at], parts[at + 1])
})
afterAll(() => installed.remove())

/** @param {string} program @param {{ url?: string, args?: string[] }} [settings] */
function run(program, { url = 'http://127.0.0.1:1', args = [] } = {}) {
  const env = { INTAKE_URL: url }
  return runChild([...args, '-e', program], { cwd: installed.application, env })
}

/** @param {{ spans(): { name: string }[] }} intake */
const namesAt = intake =>
  intake
    .spans()
    .map(({ name }) => name)
    .sort()

describe('every entry', () => {
  test.each(ENTRIES)('%s can be required and imported, and is the same', async entry => {
    const { code, stdout, stderr } = await run(`
      const required = require('${entry}')
      import('${entry}').then(imported => {
        const names = Object.keys(required)
        console.log(names.length > 0, names.filter(name => imported[name] !== required[name]))
      })`)
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: '', stdout: 'true []\n' })
  })
})

describe('a first span', () => {
  test('loads these files, and arrives', async () => {
    const intake = await start()
    const { code, stdout, stderr } = await run(
      `${SEND}
      const llmobs = send(require('spanlane'), 'first')
      llmobs.flush().then(() => process.stdout.write(JSON.stringify(Object.keys(require.cache))))`,
      { url: intake.url }
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(namesAt(intake)).toEqual(['first'])
    const files = JSON.parse(stdout).map(file => path.relative(fs.realpathSync(installed.application), file))
    expect(
      files.map(file => file.replaceAll('\\', '/').replace(/-\w+-\w+(?:-\w+)?\/.*\.node$/, '-*/*.node'))
    ).toEqual([
      'node_modules/spanlane/index.js',
      'node_modules/spanlane/lib/errors.js',
      'node_modules/spanlane/lib/sdk/index.js',
      'node_modules/spanlane/lib/sdk/llmobs.js',
      'node_modules/spanlane/lib/bundle.js',
      'node_modules/spanlane/package.json',
      'node_modules/spanlane/lib/native/index.js',
      'node_modules/spanlane-*/*.node',
      expect.stringMatching(/^node_modules\/spanlane-[\w-]+\/package\.json$/)
    ])
  })

  test('an import does not load the bundle', async () => {
    const { stdout } = await run("require('spanlane'); console.log(Object.keys(require.cache).length)")
    expect(stdout).toBe('4\n')
  })

  test('from a worker thread and the main one goes to one core', async () => {
    const intake = await start()
    const { code, stdout, stderr } = await run(
      `${SEND}
      const { Worker } = require('node:worker_threads')
      const llmobs = send(require('spanlane'), 'main')
      new Worker(${JSON.stringify(`${SEND} send(require('spanlane'), 'worker')`)}, { eval: true }).on('exit', async () => {
        await llmobs.flush()
        console.log(llmobs.stats().total.submitted)
      })`,
      { url: intake.url }
    )
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '2\n', stderr: '' })
    expect(namesAt(intake)).toEqual(['main', 'worker'])
  })

  test('of each of two copies arrives, and the second says once that it is one', async () => {
    const intake = await start()
    const copy = path.join(installed.application, 'copy', 'node_modules')
    fs.cpSync(path.join(installed.application, 'node_modules'), copy, { recursive: true })
    const { code, stderr } = await run(
      `${SEND}
      const copies = [require('spanlane'), require('./copy/node_modules/spanlane')]
      const [first, second] = copies.map((copy, index) => send(copy, 'copy ' + index))
      if (first === second) process.exitCode = 9`,
      { url: intake.url }
    )
    expect(code).toBe(0)
    expect(namesAt(intake)).toEqual(['copy 0', 'copy 1'])
    expect(stderr.match(/second copy of spanlane/g)).toHaveLength(1)
  })

  test('leaves the stack of what is thrown readable: the line is that of the repository, below the name of its file', async () => {
    const { code, stderr } = await run("require('spanlane').llmobs.init({ unheardOf: 1 })")
    expect(code).toBe(1)
    const frame = /at (?:\w+\.)?checkOptionNames \(.*bundle\.js:(\d+):(\d+)\)/.exec(stderr)
    const above = bundle.split('\n').slice(0, Number(frame?.[1]))
    expect(above.findLast(line => /^\/\/ -+ /.test(line))).toMatch(/ lib\/options\/option-rules\.js$/)
    const [line] = above.slice(-1)
    expect(line).toContain('misuse(')
    expect(textOf('lib/options/option-rules.js').split('\n')).toContain(line)
  })
})

describe('the bundle', () => {
  test('has each module once, and no other way to it', async () => {
    expect(modules.size).toBeGreaterThan(70)
    expect([...modules.keys()]).toEqual(expect.arrayContaining(['lib/trace/span.js', 'lib/binding.js']))
    expect(bundle.match(/^'lib\/.*'\(module, exports\) \{$/gm)).toHaveLength(modules.size)
    const { stdout, stderr } = await run(`
      const fromBundle = require('./node_modules/spanlane/lib/bundle.js')
      const files = ${JSON.stringify([...modules.keys()])}
      console.log(files.filter(file => require('./node_modules/spanlane/' + file) !== fromBundle(file)))
      const named = name => name.includes('spanlane/lib/') && !name.includes('/lib/native/')
      console.log(Object.keys(require.cache).filter(named).length)`)
    expect({ stdout, stderr }).toEqual({ stdout: `[]\n${modules.size + 2}\n`, stderr: '' })
  })

  test('has them as they are in the repository, but for where they require from', () => {
    for (const [file, text] of modules) {
      const written = textOf(file).trimEnd().split('\n')
      const bundled = text.split('\n').slice(3, 3 + written.length)
      const changed = written.filter((line, index) => line !== bundled[index])
      expect(changed.filter(line => !/\brequire\('\.|\b__dirname\b/.test(line))).toEqual([])
      expect(
        text
          .split('\n')
          .slice(3 + written.length)
          .join('')
      ).toMatch(/^\},(?:\})?$/)
    }
  })

  test('names no place of the machine that made it', () => {
    for (const place of [ROOT, installed.application, path.dirname(process.execPath)]) {
      expect(bundle.includes(place)).toBe(false)
    }
  })

  test('requires texts alone, each a file of the package or part of Node', () => {
    const required = []
    /** @param {ts.Node} node */
    const visit = node => {
      if (ts.isIdentifier(node) && node.text === 'require' && !ts.isPropertyAccessExpression(node.parent)) {
        const call = /** @type {ts.CallExpression} */ (node.parent)
        expect([call.arguments.length, call.arguments[0].kind]).toEqual([1, ts.SyntaxKind.StringLiteral])
        required.push(/** @type {ts.StringLiteral} */ (call.arguments[0]).text)
      }
      ts.forEachChild(node, visit)
    }
    visit(ts.createSourceFile('bundle.js', bundle, ts.ScriptTarget.Latest, true))
    const own = [...new Set(required)].filter(target => !target.startsWith('node:')).sort()
    expect(own).toEqual(expect.arrayContaining(['../package.json', './errors', './native']))
    const found = target =>
      ['', '.js', '/index.js'].some(ending =>
        fs.existsSync(path.join(installed.folder, 'lib', target + ending))
      )
    expect(own.filter(target => !found(target))).toEqual([])
    expect(own.filter(target => modules.has(path.posix.join('lib', `${target}.js`)))).toEqual([])
  })

  test("can be followed by an application's bundler: what that makes delivers a span", async () => {
    const intake = await start()
    const { warnings, metafile } = await esbuild.build({
      stdin: {
        contents: `${SEND} send(require('spanlane'), 'bundled').wrap({ kind: 'task', name: 'wrapped' }, () => {})`,
        resolveDir: installed.application
      },
      outfile: path.join(installed.application, 'app', 'app.js'),
      bundle: true,
      platform: 'node',
      external: ['*.node', './spanlane.wasi*', 'spanlane-*'],
      metafile: true
    })
    expect(warnings).toEqual([])
    const inputs = Object.keys(metafile.inputs).join(' ')
    for (const file of ['bundle.js', 'trace/wrap.js', 'native/index.js'])
      expect(inputs).toContain(`/lib/${file}`)
    const { code, stderr } = await run("require('./app/app.js')", { url: intake.url })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(namesAt(intake)).toEqual(['bundled'])
  })
})
