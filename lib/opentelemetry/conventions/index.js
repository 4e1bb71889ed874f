'use strict'

const genai = require('./genai')
const langfuse = require('./langfuse')
const openinference = require('./openinference')
const traceloop = require('./traceloop')
const vercel = require('./vercel')

/**
 * What an attribute, or all that begin with it, becomes.
 *
 * @typedef {object} Row
 * @property {string} from the attribute's name; with a dot at its end the beginning of names
 * @property {string} to a field of the event
 * @property {import('../readers').Reader} [read] default: as it is
 * @property {string} [tree] the value is spread over attributes that begin so
 * @property {string[]} [kinds] of spans for which it holds
 * @property {boolean} [isContent] true: left out where no content is to be sent
 * @property {string} [why] of what becomes nothing
 */

/**
 * @typedef {object} Convention
 * @property {string} name
 * @property {string[]} marks attributes that its spans have one of
 * @property {string[]} scopes of tracers that write it, or their beginnings
 * @property {Row[]} rows
 */

/** Where two say the same, the first one counts. @type {Convention[]} */
const CONVENTIONS = [vercel, genai, openinference, traceloop, langfuse]

const MARKS = CONVENTIONS.flatMap(({ marks }) => marks)
const SCOPES = CONVENTIONS.flatMap(({ scopes }) => scopes)
const ROWS = CONVENTIONS.flatMap(({ rows }) => /** @type {Row[]} */ (rows))
const RANKS = new Map(ROWS.map((row, rank) => [row, rank]))
const EXACT = new Map(ROWS.filter(row => !isBeginning(row)).map(row => [row.from, row]))
/** Longest first. */
const BEGINNINGS = ROWS.filter(isBeginning).sort((left, right) => right.from.length - left.from.length)
/** What no row names, but whose meaning is a convention's. */
const OWN_NAMES =
  /^(?:gen_ai|llm|ai|traceloop|langfuse|openinference|input|output|embedding|retrieval|reranker|gcp\.vertex\.agent)\./

/** @param {Row} row */
function isBeginning({ from }) {
  return from.endsWith('.')
}

/**
 * @param {string} attribute
 * @returns {Row | undefined}
 */
function rowOf(attribute) {
  return EXACT.get(attribute) ?? BEGINNINGS.find(({ from }) => attribute.startsWith(from))
}

/** @param {Row} row @returns {number} the lower one counts */
function rankOf(row) {
  return /** @type {number} */ (RANKS.get(row))
}

/** @param {string} attribute that no row names */
function isOfConvention(attribute) {
  return OWN_NAMES.test(attribute)
}

/**
 * @param {Record<string, unknown>} attributes
 * @returns {boolean} whether a span with these is one of a convention's
 */
function hasMark(attributes) {
  return MARKS.some(mark => Object.hasOwn(attributes, mark))
}

/**
 * @param {string} scope of a tracer
 * @returns {boolean} whether its spans are, though they may not say so before they end
 */
function isKnownScope(scope) {
  return SCOPES.some(known => scope === known || (/[-/]$/.test(known) && scope.startsWith(known)))
}

module.exports = { CONVENTIONS, hasMark, isKnownScope, isOfConvention, rankOf, rowOf }
