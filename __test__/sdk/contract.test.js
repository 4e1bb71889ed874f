'use strict'

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const spanlane = require('../..')
const { CODES } = require('../../lib/errors')

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
