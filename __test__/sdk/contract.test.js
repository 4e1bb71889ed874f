'use strict'

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const spanlane = require('../..')
const { startIntake } = require('../../testing')
const { CODES } = require('../../lib/errors')
const { runChild } = require('../support/run-child')

const FILE = path.join(__dirname, '..', '..', 'index.d.ts')
const SOURCE = ts.createSourceFile(FILE, fs.readFileSync(FILE, 'utf8'), ts.ScriptTarget.ES2022, true)

/** What an example may take for granted. */
const PRELUDE = `
import type { LLMObs } from '${FILE.replace(/\.d\.ts$/, '')}'
declare const llmobs: LLMObs
declare const customer: { ddApiKey: string }
declare const ddApiKey: string
declare const question: string
declare function ask(question: string): Promise<string>
declare function makeReport(): Promise<void>
declare function run(job: unknown): void
declare const job: unknown
declare const worker: { postMessage(message: unknown): void }
declare const message: { job: unknown, route: import('${FILE.replace(/\.d\.ts$/, '')}').RouteReference }
`

/** @param {string} name */
function declaration(name) {
  for (const statement of SOURCE.statements) {
    if (ts.isInterfaceDeclaration(statement) && statement.name.text === name) return statement
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) return statement
  }
  throw new Error(`${name} is not declared`)
}

/** Every comment of the file that documents something. */
function comments() {
  /** @type {string[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = node => {
    for (const range of ts.getLeadingCommentRanges(SOURCE.text, node.getFullStart()) ?? []) {
      found.push(SOURCE.text.slice(range.pos, range.end))
    }
    ts.forEachChild(node, visit)
  }
  visit(SOURCE)
  return [...new Set(found)]
}

test('index.d.ts declares exactly the members that LLMObs has', () => {
  const { members } = /** @type {ts.InterfaceDeclaration} */ (declaration('LLMObs'))
  const declared = new Set(members.map(member => member.name?.getText()))
  const { constructor: _, ...actual } = Object.getOwnPropertyDescriptors(
    Object.getPrototypeOf(spanlane.llmobs)
  )
  expect([...declared].sort()).toEqual(Object.keys(actual).sort())
})

test('every error code is declared, and every declared one exists', () => {
  const codes = declaration('ErrorCode')
    .getText()
    .match(/SPANLANE_\w+/g)
  expect(codes?.sort()).toEqual(Object.values(CODES).sort())
})

test('every member of LLMObs and every option of init is documented', () => {
  for (const name of ['LLMObs', 'InitOptions', 'RouteSettings', 'RoutingContextOptions']) {
    const { members } = /** @type {ts.InterfaceDeclaration} */ (declaration(name))
    // An overload shares the comment of the first one.
    const documented = new Set(
      members
        .filter(member => ts.getJSDocCommentsAndTags(member).length > 0)
        .map(member => member.name?.getText())
    )
    expect(members.map(member => member.name?.getText()).filter(member => !documented.has(member))).toEqual(
      []
    )
  }
})

test('every reason for a drop is declared, and every declared one is the core’s', () => {
  const rust = fs.readFileSync(path.join(__dirname, '..', '..', 'src', 'stats.rs'), 'utf8')
  const [, reasons = ''] = /drop_reasons! \{([\s\S]*?)\n\}/.exec(rust) ?? []
  const names = [...reasons.matchAll(/^ {4}\w+ = "(\w+)",$/gm)].map(([, name]) => name)
  const declared = declaration('DropReason')
    .getText()
    .matchAll(/'(\w+)'/g)
  expect(names.length).toBeGreaterThan(10)
  expect([...declared].map(([, name]) => name).sort()).toEqual(names.sort())
  const documented = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'api.md'), 'utf8')
  for (const name of names) expect(documented).toContain(`| \`${name}\` |`)
})

test('the example at the top of index.d.ts runs as it stands, with a key of a customer and an intake', async () => {
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(comments()[0]) ?? []
  const intake = await startIntake()
  const program = `
    const customer = { ddApiKey: 'a'.repeat(32) }
    const question = 'How do I return an item?'
    const ask = async asked => 'Within 30 days. ' + asked
    async function main() {${example.replaceAll(/^\s*\* ?/gm, '').replace("'spanlane'", "'.'")}}
    main()`
  try {
    const ended = await runChild(['-e', program], { env: { SPANLANE_INTAKE_URL: intake.url } })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const [{ meta }] = intake.spans({ key: 'a'.repeat(32), site: 'datadoghq.eu' })
    expect(meta).toMatchObject({
      'span.kind': 'llm',
      model_name: 'gpt-5',
      input: { messages: [{ content: 'How do I return an item?' }] },
      output: { messages: [{ content: 'Within 30 days. How do I return an item?' }] }
    })
  } finally {
    await intake.close()
  }
})

test('the examples in index.d.ts compile', () => {
  const examples = comments().flatMap(comment =>
    [...comment.matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text.replaceAll(/^\s*\* ?/gm, ''))
  )
  expect(examples.length).toBeGreaterThanOrEqual(5)
  const files = new Map(
    examples.map((text, index) => [
      path.join(__dirname, `example-${index}.mts`),
      // An example that starts with its own require is a file of its own.
      `${PRELUDE.replace(/declare const llmobs.*\n/, line => (text.includes('require(') ? '' : line))}
       ${text.replace("const { llmobs } = require('spanlane')", `declare const llmobs: LLMObs`)}
       export {}`
    ])
  )
  const host = ts.createCompilerHost({})
  const { fileExists, getSourceFile } = host
  host.fileExists = file => files.has(file) || fileExists(file)
  host.getSourceFile = (file, version) => {
    const text = files.get(file)
    return text === undefined ? getSourceFile(file, version) : ts.createSourceFile(file, text, version)
  }
  const program = ts.createProgram({
    rootNames: [...files.keys()],
    options: {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      types: ['node']
    },
    host
  })
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(problem => ts.flattenDiagnosticMessageText(problem.messageText, '\n'))
  expect(problems).toEqual([])
})
