'use strict'

// The repository's own JavaScript as a compiler sees it: what a comment or a text mentions is neither a call nor a name.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')

const ROOT = path.join(__dirname, '..', '..')

/** @type {Map<string, ts.Node[]>} */
const parsed = new Map()

/**
 * @param {...string} patterns as git reads them, from the root of the repository
 * @returns {string[]} the tracked files that match one, and those that are new
 */
function trackedFiles(...patterns) {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', ...patterns]
  return execFileSync('git', list, { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter(file => file !== '' && fs.existsSync(path.join(ROOT, file)))
}

/** @param {string} file */
function textOf(file) {
  return fs.readFileSync(path.join(ROOT, file), 'utf8')
}

/**
 * @param {string} file
 * @returns {ts.Node[]} all of it, without comments; the first is the file itself
 */
function nodesOf(file) {
  const known = parsed.get(file)
  if (known !== undefined) return known
  /** @type {ts.Node[]} */
  const nodes = []
  /** @param {ts.Node} node */
  const visit = node => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, textOf(file), ts.ScriptTarget.Latest, true))
  parsed.set(file, nodes)
  return nodes
}

/**
 * @param {string} file
 * @returns {string[]} the text of each argument of `require`, as it is written
 */
function requiresOf(file) {
  return nodesOf(file)
    .filter(ts.isCallExpression)
    .filter(call => ts.isIdentifier(call.expression) && call.expression.text === 'require')
    .map(call => call.arguments.map(argument => argument.getText()).join(', '))
}

/**
 * @param {string} file
 * @returns {string[]} what it requires of this repository, from the root, as it is written
 */
function requiredBy(file) {
  return requiresOf(file)
    .map(argument => /^'(\..*)'$/.exec(argument)?.[1])
    .filter(target => target !== undefined)
    .map(target => path.posix.join(path.posix.dirname(file), target))
}

/**
 * @param {string} file
 * @returns {string[]} what of this repository the types in its comments name, from the root, as it is written
 */
function typesNamedBy(file) {
  return [...textOf(file).matchAll(/\bimport\('(\.[^']*)'\)/g)].map(([, target]) =>
    path.posix.join(path.posix.dirname(file), target)
  )
}

/**
 * @param {string} file
 * @returns {{ name: string, line: number, lines: number, callee: string }[]} its functions; `callee` is what one is
 *   handed to as an argument
 */
function functionsOf(file) {
  const source = nodesOf(file)[0].getSourceFile()
  const lineOf = (/** @type {number} */ position) => source.getLineAndCharacterOfPosition(position).line + 1
  return nodesOf(file)
    .filter(node => ts.isFunctionLike(node) && 'body' in node && node.body !== undefined)
    .map(node => {
      const line = lineOf(node.getStart())
      const name = /** @type {ts.FunctionLikeDeclaration} */ (node).name?.getText() ?? ''
      const callee = ts.isCallExpression(node.parent) ? node.parent.expression.getText() : ''
      return { name, line, lines: lineOf(node.getEnd()) - line + 1, callee }
    })
}

/**
 * @param {string} file
 * @returns {string[]} what it exports, by name
 */
function exportsOf(file) {
  return nodesOf(file)
    .filter(ts.isBinaryExpression)
    .filter(({ left, right }) => left.getText() === 'module.exports' && ts.isObjectLiteralExpression(right))
    .flatMap(({ right }) =>
      /** @type {ts.ObjectLiteralExpression} */ (right).properties.map(({ name }) => name?.getText() ?? '')
    )
}

module.exports = {
  ROOT,
  exportsOf,
  functionsOf,
  nodesOf,
  requiredBy,
  requiresOf,
  textOf,
  trackedFiles,
  typesNamedBy
}
