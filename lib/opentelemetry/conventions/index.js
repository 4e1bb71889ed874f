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
/** Places that are objects of names. */
const OBJECTS = ['metadata', 'metrics', 'tags']
/** Names that are remembered: instrumentations write the same ones again and again. */
const NAMES_MAX = 4096
const NAME_CHARACTERS_MAX = 256

/** What becomes of an attribute, as far as its name says. */
class Meaning {
  /**
   * @param {string} attribute
   * @param {Row | undefined} row undefined: no table names it
   */
  constructor(attribute, row) {
    this.attribute = attribute
    this.row = row
    this.read = row?.read
    this.isNothing = row?.to === 'nothing'
    this.isContent = row?.isContent === true
    this.isTree = row?.tree !== undefined
    this.rank = row === undefined ? 0 : rankOf(row)
    const { object, name, place } = row === undefined ? UNKNOWN : placeOf(row, attribute)
    /** One of OBJECTS, or ''. */
    this.object = object
    /** In that object. '': the value is an object of names itself. */
    this.name = name
    /** All that lead there have the same. */
    this.place = place
    /** Of what no table names. */
    this.isOfConvention = row === undefined && OWN_NAMES.test(attribute)
    this.lastName = row === undefined ? attribute.slice(attribute.lastIndexOf('.') + 1) : ''
  }
}

const UNKNOWN = Object.freeze({ object: '', name: '', place: '' })

/** @type {Map<string, Meaning>} */
const meanings = new Map()

/** @param {Row} row */
function isBeginning({ from }) {
  return from.endsWith('.')
}

/**
 * @param {Row} row
 * @param {string} attribute
 */
function placeOf({ to, from, tree, kinds }, attribute) {
  const dot = to.indexOf('.')
  const object = dot === -1 ? to : to.slice(0, dot)
  if (!OBJECTS.includes(object)) {
    return { object: '', name: '', place: kinds === undefined ? to : `${to} of ${kinds[0]}` }
  }
  const rest = tree === undefined && isBeginning({ from, to }) ? attribute.slice(from.length) : ''
  const name = dot === -1 ? rest : to.slice(dot + 1)
  return { object, name, place: `${object} ${name}` }
}

/**
 * @param {string} attribute
 * @returns {Row | undefined}
 */
function rowOf(attribute) {
  return EXACT.get(attribute) ?? BEGINNINGS.find(({ from }) => attribute.startsWith(from))
}

/** @param {string} attribute @returns {Meaning} */
function meaningOf(attribute) {
  let meaning = meanings.get(attribute)
  if (meaning === undefined) {
    meaning = new Meaning(attribute, rowOf(attribute))
    if (attribute.length > NAME_CHARACTERS_MAX) return meaning
    // Names that are made up anew for each span are kept for nothing.
    if (meanings.size >= NAMES_MAX) meanings.clear()
    meanings.set(attribute, meaning)
  }
  return meaning
}

/** @param {Row} row @returns {number} the lower one counts */
function rankOf(row) {
  return /** @type {number} */ (RANKS.get(row))
}

/**
 * @param {Record<string, unknown>} attributes
 * @returns {boolean} whether a span with these is one of a convention's
 */
function hasMark(attributes) {
  for (let index = 0; index < MARKS.length; index++) {
    if (Object.hasOwn(attributes, MARKS[index])) return true
  }
  return false
}

/** By their names: whether tracers are of a convention. @type {Map<string, boolean>} */
const scopes = new Map()

/**
 * @param {string} scope of a tracer
 * @returns {boolean} whether its spans are, though they may not say so before they end
 */
function isKnownScope(scope) {
  let isKnown = scopes.get(scope)
  if (isKnown === undefined) {
    isKnown = SCOPES.some(known => scope === known || (/[-/]$/.test(known) && scope.startsWith(known)))
    if (scopes.size >= NAMES_MAX) scopes.clear()
    scopes.set(scope, isKnown)
  }
  return isKnown
}

module.exports = { CONVENTIONS, hasMark, isKnownScope, meaningOf, rowOf }
