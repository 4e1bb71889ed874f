'use strict'

/** Names of options that nobody knows, and the known ones that they are near to. */

const LETTERS_MAX = 40
/** How many letters may differ in a name of so many; a shorter one may be anything. */
const LETTERS_OF_ONE = 5
const LETTERS_OF_TWO = 8

/** What may be shown: other text may be a key in the wrong place. */
const SHOWN = /^[a-z_-]{1,40}$/i

/** The names of one call's options. */
class Names {
  #known
  /** @type {Map<string, string>} */
  #meant
  #elsewhere
  #ignored

  /**
   * @param {readonly string[]} known
   * @param {object} [others]
   * @param {Readonly<Record<string, string>>} [others.meant] names that others have for the known ones
   * @param {Readonly<Record<string, string>>} [others.elsewhere] what to do instead, for names that belong somewhere else
   * @param {readonly string[]} [others.ignored] names that say nothing here, and are not told
   */
  constructor(known, { meant = {}, elsewhere = {}, ignored = [] } = {}) {
    this.#known = new Set(known)
    this.#meant = new Map(known.map(name => [plain(name), name]))
    for (const [name, other] of Object.entries(meant)) this.#meant.set(plain(name), other)
    this.#elsewhere = new Map(Object.entries(elsewhere).map(([name, cure]) => [plain(name), cure]))
    this.#ignored = new Set(ignored)
  }

  /**
   * @param {string} name
   * @returns {boolean} whether there is something to say about it
   */
  isUnknown(name) {
    return !this.#known.has(name) && !this.#ignored.has(name)
  }

  /**
   * @param {string} name unknown
   * @returns {string | undefined} the known one that is certainly meant
   */
  meantBy(name) {
    return name.length > LETTERS_MAX ? undefined : this.#meant.get(plain(name))
  }

  /**
   * @param {string} name unknown
   * @returns {string | undefined} the known one that may be meant
   */
  nearTo(name) {
    return this.meantBy(name) ?? nearest(name, this.#known)
  }

  /**
   * @param {string} name unknown
   * @returns {string} what to say of it, as the rest of a sentence
   */
  cureOf(name) {
    const cure = name.length > LETTERS_MAX ? undefined : this.#elsewhere.get(plain(name))
    if (cure !== undefined) return `: ${cure}`
    const near = this.nearTo(name)
    return near === undefined ? '' : `: did you mean "${near}"?`
  }
}

/**
 * @param {string} name
 * @param {Iterable<string>} known
 * @returns {string | undefined} one that differs in a letter or two
 */
function nearest(name, known) {
  if (name.length > LETTERS_MAX) return undefined
  const letters = plain(name)
  const most = letters.length >= LETTERS_OF_TWO ? 2 : letters.length >= LETTERS_OF_ONE ? 1 : 0
  return most === 0 ? undefined : [...known].find(one => distance(letters, plain(one), most) <= most)
}

/**
 * @param {string} one
 * @param {string} other
 * @param {number} most what is further away need not be known exactly
 * @returns {number} letters to change, to add and to leave out
 */
function distance(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return most + 1
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const changed = row[j - 1] + (one[i - 1] === other[j - 1] ? 0 : 1)
      next[j] = Math.min(changed, row[j] + 1, next[j - 1] + 1)
    }
    row = next
  }
  return row[other.length]
}

/** @param {string} name @returns {string} how it would be the same in another style */
function plain(name) {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** @param {string} name @returns {string} */
function shownName(name) {
  return SHOWN.test(name) ? `"${name}"` : 'one of the names'
}

/**
 * @param {object} given what was read by known names
 * @returns {number} how many of them said something
 */
function countGiven(given) {
  let count = 0
  for (const value of Object.values(given)) if (value !== undefined) count++
  return count
}

/**
 * @param {object} options
 * @param {string} name of a field
 * @returns {boolean} false where it is not given, or nothing; no getter runs
 */
function isSaid(options, name) {
  try {
    const field = Object.getOwnPropertyDescriptor(options, name)
    return field !== undefined && !('value' in field && (field.value === undefined || field.value === null))
  } catch {
    return true
  }
}

module.exports = { Names, countGiven, isSaid, shownName }
