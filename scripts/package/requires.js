'use strict'

// Where a module names its surroundings: what it requires, and its own place. Found by a parser, since a text or a comment
// may say the same. What could not be found from another file is refused.

const ts = require('typescript')

/** What a module is surrounded by, and what it would be in a bundle. */
const NAMES = new Set(['require', 'module', '__dirname', '__filename', 'fromBundle'])
/** Nodes that no module of ours has. */
const FOREIGN = new Set([
  ts.SyntaxKind.ImportDeclaration,
  ts.SyntaxKind.ImportKeyword,
  ts.SyntaxKind.ExportKeyword,
  ts.SyntaxKind.ExportDeclaration,
  ts.SyntaxKind.ExportAssignment
])

/**
 * @typedef {{ start: number, end: number }} Span of the text
 * @typedef {Span & { target: string, isPathOnly: boolean }} Required all of the call; `target`: what is between its quotes;
 *   isPathOnly: `require.resolve`
 * @typedef {Span & { name: string }} Place `__dirname` or `__filename`
 * @typedef {{ requires: Required[], places: Place[] }} Surroundings in the order of the text
 */

/**
 * @param {string} file for messages
 * @param {string} text
 * @returns {Surroundings}
 */
function surroundingsOf(file, text) {
  const options = {
    languageVersion: ts.ScriptTarget.Latest,
    jsDocParsingMode: ts.JSDocParsingMode.ParseNone
  }
  const source = ts.createSourceFile(file, text, options, true, ts.ScriptKind.JS)
  /** @type {Surroundings} */
  const found = { requires: [], places: [] }
  /** @param {ts.Node} node */
  const visit = node => {
    const problem = ts.isIdentifier(node) ? look(node) : FOREIGN.has(node.kind) ? 'is of an ES module' : null
    if (problem !== null) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart())
      throw new Error(`${file}:${line + 1}: \`${text.split('\n')[line].trim()}\` ${problem}`)
    }
    ts.forEachChild(node, visit)
  }
  /** @param {ts.Identifier} node @returns {string | null} why a module with it cannot be moved */
  const look = node => {
    const name = node.text
    if (!NAMES.has(name) || isField(node)) return null
    if (name === 'fromBundle') return 'is a name of the bundle'
    if (name === 'module') return isOwnToModules(node) ? 'is not there in a bundle' : null
    if (name === 'require') {
      const required = requiredBy(node)
      if (required !== null) found.requires.push(required)
      return required !== null || isFieldOf(node, 'cache') ? null : 'does not say what it requires'
    }
    found.places.push({ name, start: node.getStart(), end: node.end })
    return ts.isShorthandPropertyAssignment(node.parent) ? 'cannot be written anew' : null
  }
  visit(source)
  return found
}

/** @param {ts.Identifier} node @returns {boolean} whether it names a field, and no variable */
function isField(node) {
  const { parent } = node
  const hasFields =
    ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent)
  return hasFields && parent.name === node
}

/** @param {ts.Identifier} node @param {string} field @returns {boolean} whether this field of it is asked for */
function isFieldOf({ parent }, field) {
  return ts.isPropertyAccessExpression(parent) && parent.name.text === field
}

/** @param {ts.Identifier} node the name `module` @returns {boolean} whether more than its exports is asked for */
function isOwnToModules(node) {
  return ts.isPropertyAccessExpression(node.parent) && !isFieldOf(node, 'exports')
}

/** @param {ts.Identifier} node the name `require` @returns {Required | null} null: no call that says what it requires */
function requiredBy(node) {
  const { parent } = node
  const isResolve =
    ts.isPropertyAccessExpression(parent) && parent.expression === node && parent.name.text === 'resolve'
  const callee = isResolve ? parent : node
  const call = callee.parent
  if (!ts.isCallExpression(call) || call.expression !== callee) return null
  const [target] = call.arguments
  if (call.arguments.length !== 1 || !ts.isStringLiteral(target)) return null
  return { start: call.getStart(), end: call.end, target: target.text, isPathOnly: isResolve }
}

module.exports = { surroundingsOf }
