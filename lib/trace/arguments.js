'use strict'

/** Function sources longer than this are not read for names: generated code, not worth the time. */
const SOURCE_CHARS_MAX = 100_000

/** @type {WeakMap<Function, string[]>} */
const namesByFunction = new WeakMap()

/**
 * The arguments of a call as one value: the only argument itself, or an object keyed by parameter names.
 *
 * @param {Function} fn
 * @param {readonly unknown[]} args
 * @param {number} [omitted] index of an argument that is no input (a callback), or -1
 * @returns {unknown} undefined when there is nothing to show
 */
function namedArguments(fn, args, omitted = -1) {
  if (args.length === 0) return undefined
  if (args.length === 1) return omitted === 0 ? undefined : args[0]
  const names = parameterNames(fn)
  /** @type {Record<string, unknown>} */
  const named = Object.create(null)
  for (let index = 0; index < args.length; index++) {
    if (index === omitted) continue
    const name = names[index]
    if (name?.startsWith('...')) {
      named[name.slice(3)] = args.slice(index).filter((_, offset) => index + offset !== omitted)
      break
    }
    // More arguments than parameters: the position is the only name left.
    named[name || String(index)] = args[index]
  }
  return named
}

/**
 * @param {Function} fn
 * @returns {string[]}
 */
function parameterNames(fn) {
  let names = namesByFunction.get(fn)
  if (names === undefined) {
    names = readNames(sourceOf(fn))
    namesByFunction.set(fn, names)
  }
  return names
}

/**
 * @param {Function} fn
 * @returns {string} '' when it has none that can be read
 */
function sourceOf(fn) {
  const source = Function.prototype.toString.call(fn)
  return source.length <= SOURCE_CHARS_MAX && !source.endsWith('{ [native code] }') ? source : ''
}

/**
 * Reads the parameter list of a function's source. A small reader, not a parser: what it misreads costs a
 * name, never a value.
 *
 * @param {string} source
 * @returns {string[]}
 */
function readNames(source) {
  const list = parameterList(source)
  if (list === '') return []
  return splitAtCommas(list).map(parameter => {
    const name = beforeDefault(parameter).trim()
    // A destructured parameter has no name of its own.
    return /^(\.\.\.)?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name) ? name : ''
  })
}

/** @param {string} source */
function parameterList(source) {
  const reader = new SourceReader(source)
  let start = -1
  while (reader.next()) {
    if (reader.char === '(' && reader.depth === 1 && start === -1) start = reader.index + 1
    else if (reader.char === ')' && reader.depth === 0 && start !== -1)
      return reader.text(start, reader.index)
    // One bare parameter before an arrow.
    else if (start === -1 && source.startsWith('=>', reader.index)) {
      return reader.text(0, reader.index).replace(/^\s*async\s/, '')
    }
  }
  return ''
}

/** @param {string} list */
function splitAtCommas(list) {
  const reader = new SourceReader(list)
  const parts = []
  let start = 0
  while (reader.next()) {
    if (reader.char !== ',' || reader.depth !== 0) continue
    parts.push(list.slice(start, reader.index))
    start = reader.index + 1
  }
  const last = list.slice(start)
  if (last.trim() !== '') parts.push(last)
  return parts
}

/** @param {string} parameter */
function beforeDefault(parameter) {
  const reader = new SourceReader(parameter)
  while (reader.next()) {
    if (reader.char === '=' && reader.depth === 0) return parameter.slice(0, reader.index)
  }
  return parameter
}

/** Walks over source text, past comments and strings, and knows how deep in brackets it is. */
class SourceReader {
  index = -1
  depth = 0
  char = ''
  #source
  /** @type {[number, number][]} */
  #comments = []

  /** @param {string} source */
  constructor(source) {
    this.#source = source
  }

  /** @returns {boolean} false at the end */
  next() {
    this.index++
    this.#skipCommentsAndStrings()
    if (this.index >= this.#source.length) return false
    this.char = this.#source[this.index]
    if ('([{'.includes(this.char)) this.depth++
    else if (')]}'.includes(this.char)) this.depth--
    return true
  }

  /**
   * @param {number} start
   * @param {number} end
   * @returns {string} without the comments passed on the way
   */
  text(start, end) {
    let text = ''
    for (const [from, to] of this.#comments) {
      if (from < start) continue
      text += this.#source.slice(start, from)
      start = to
    }
    return text + this.#source.slice(start, end)
  }

  #skipCommentsAndStrings() {
    for (;;) {
      const char = this.#source[this.index]
      const start = this.index
      if (char === '/' && this.#source[start + 1] === '/') this.#skipPast('\n', start + 2)
      else if (char === '/' && this.#source[start + 1] === '*') this.#skipPast('*/', start + 2)
      else if (char === "'" || char === '"' || char === '`') {
        this.#skipString(char)
        continue
      } else return
      this.#comments.push([start, this.index])
    }
  }

  /**
   * @param {string} end
   * @param {number} from
   */
  #skipPast(end, from) {
    const found = this.#source.indexOf(end, from)
    this.index = found === -1 ? this.#source.length : found + end.length
  }

  /** @param {string} quote */
  #skipString(quote) {
    do {
      this.index += this.#source[this.index] === '\\' ? 2 : 1
    } while (this.index < this.#source.length && this.#source[this.index] !== quote)
    this.index++
  }
}

module.exports = { namedArguments, parameterNames }
