'use strict'

/**
 * From the attributes of a span to the fields of an event, by the tables in `conventions/`. What no table names: an
 * attribute of a convention's own names becomes metadata; any other becomes a tag if it is short, and metadata if not.
 */

const { bare } = require('../values/bare')
const { noteError } = require('../values/collection-errors')
const { isCredential } = require('../values/credentials')
const { meaningOf } = require('./conventions')
const { Flattened, TREES } = require('./flattened')
const { isObject } = require('./messages')
const { plainOf } = require('./plain')
const { QUIET, text } = require('./readers')

/** @typedef {import('./conventions').Row} Row */
/** @typedef {ReturnType<typeof meaningOf>} Meaning */

/** Attributes that no table names: more are counted as truncated. */
const UNKNOWN_MAX = 256
/** Longer texts are no tags. */
const TAG_CHARACTERS_MAX = 256
/** Elements of a list that become tags. */
const TAG_ELEMENTS_MAX = 32

/** Fields by their places: all of them here, so that those of every span have one shape. */
class Fields {
  /** @type {any} */
  kind = undefined
  /** @type {any} */
  name = undefined
  /** @type {any} */
  'name of tool' = undefined
  /** @type {any} */
  'name of workflow' = undefined
  /** @type {any} */
  function = undefined
  /** @type {any} */
  modelName = undefined
  /** @type {any} */
  modelProvider = undefined
  /** @type {any} */
  sessionId = undefined
  /** @type {any} */
  tools = undefined
  /** @type {any} */
  'input.messages' = undefined
  /** @type {any} */
  'input.system' = undefined
  /** @type {any} */
  'input.value' = undefined
  /** @type {any} */
  'input.documents' = undefined
  /** @type {any} */
  'input.prompt' = undefined
  /** @type {any} */
  'input.request' = undefined
  /** @type {any} */
  'input.any' = undefined
  /** @type {any} */
  'output.messages' = undefined
  /** @type {any} */
  'output.value' = undefined
  /** @type {any} */
  'output.documents' = undefined
  /** @type {any} */
  'output.embeddings' = undefined
  /** @type {any} */
  'output.text' = undefined
  /** @type {any} */
  'output.reasoning' = undefined
  /** @type {any} */
  'output.calls' = undefined
  /** @type {any} */
  'output.response' = undefined
  /** @type {any} */
  'output.any' = undefined
  /** @type {any} */
  'prompt.id' = undefined
  /** @type {any} */
  'prompt.version' = undefined
  /** @type {any} */
  'prompt.template' = undefined
  /** @type {any} */
  'prompt.variables' = undefined
  /** @type {any} */
  'agent.name' = undefined
  /** @type {any} */
  'agent.description' = undefined
  /** @type {any} */
  'error.type' = undefined
  /** @type {any} */
  'error.message' = undefined
}

/** What the attributes of one span say, by field. */
class Draft {
  fields = new Fields()
  /** @type {Record<string, any>} */
  metadata = bare()
  /** Whether nothing has to be asked of it: names are no credentials, values are plain and nobody else's. */
  isMetadataPlain = true
  /** @type {Record<string, any>} */
  metrics = bare()
  /** @type {Record<string, any>} */
  tags = bare()
  /** Whether each is a text, a number or a boolean. */
  areTagsPlain = true
  /** Collection errors. @type {string[]} */
  errors = []
  /** What came first to each place. @type {{ place: string, rank: number }[]} */
  #taken = []
  #unknown = 0
  #hidesContent
  #attribute = ''
  #note = (/** @type {string} */ reason) => noteError(this.errors, reason, this.#attribute)

  /** @param {boolean} hidesContent whether only what is no content may be sent */
  constructor(hidesContent) {
    this.#hidesContent = hidesContent
  }

  /**
   * @param {Meaning} meaning of an attribute that a table names
   * @param {any} given
   */
  take(meaning, given) {
    if (meaning.isNothing || (meaning.isContent && this.#hidesContent)) return
    const { read, object, name } = meaning
    this.#attribute = meaning.attribute
    const value = read === undefined ? given : read(given, this.#note)
    if (value === undefined || value === null) return
    if (object === '') this.#put(this.fields, meaning.place, value, meaning)
    else if (name !== '') this.#add(object, name, value, meaning)
    else this.#merge(object, value, meaning)
  }

  /**
   * @param {Meaning} meaning of an attribute that no table names
   * @param {any} value
   */
  takeUnknown({ attribute, lastName, isOfConvention }, value) {
    if (value === undefined || value === null || isCredential(lastName, value)) return
    if (++this.#unknown > UNKNOWN_MAX) return noteError(this.errors, 'truncated', 'attributes')
    const tag = isOfConvention ? undefined : tagOf(value)
    if (tag !== undefined) {
      if (typeof tag === 'object') this.areTagsPlain = false
      this.tags[attribute] ??= tag
    } else if (!this.#hidesContent) {
      // It may be anything, a prompt too.
      this.metadata[attribute] ??= this.#metadataOf(attribute, value)
    }
  }

  /**
   * @param {string} object
   * @param {any} value whose names, if it has any, are those in the object
   * @param {Meaning} meaning
   */
  #merge(object, value, { attribute, row, rank }) {
    if (!isObject(value)) {
      const name = row?.from ?? attribute
      return this.#add(object, name, value, { place: `${object} ${name}`, rank })
    }
    for (const name of Object.keys(value)) {
      this.#add(object, name, value[name], { place: `${object} ${name}`, rank })
    }
  }

  /**
   * @param {string} object
   * @param {string} name
   * @param {any} value
   * @param {{ place: string, rank: number }} whence
   */
  #add(object, name, value, whence) {
    if (object === 'metadata') this.#put(this.metadata, name, this.#metadataOf(name, value), whence)
    else if (object === 'metrics') this.#put(this.metrics, name, value, whence)
    else {
      if (typeof value === 'object') this.areTagsPlain = false
      this.#put(this.tags, name, value, whence)
    }
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  #metadataOf(name, value) {
    if (isCredential(name, value)) this.isMetadataPlain = false
    const plain = plainOf(value)
    if (plain !== undefined) return plain
    this.isMetadataPlain = false
    return value
  }

  /**
   * @param {Record<string, any>} object
   * @param {string} name
   * @param {any} value
   * @param {{ place: string, rank: number }} whence the lower rank counts
   */
  #put(object, name, value, whence) {
    if (object[name] !== undefined && !this.#isBefore(whence)) return
    this.#taken.push(whence)
    object[name] = value
  }

  /** @param {{ place: string, rank: number }} whence */
  #isBefore({ place, rank }) {
    for (let index = this.#taken.length - 1; index >= 0; index--) {
      if (this.#taken[index].place === place) return this.#taken[index].rank > rank
    }
    return true
  }
}

/**
 * @param {any} value
 * @returns {any} undefined when it is no tag
 */
function tagOf(value) {
  if (typeof value === 'string') return value !== '' && value.length <= TAG_CHARACTERS_MAX ? value : undefined
  if (Array.isArray(value)) {
    const isShort =
      value.length <= TAG_ELEMENTS_MAX &&
      value.every(item => tagOf(item) !== undefined && !Array.isArray(item))
    return isShort && value.length > 0 ? value : undefined
  }
  if (typeof value === 'object') return undefined
  const tag = text(value, QUIET)
  return tag !== undefined && tag.length <= TAG_CHARACTERS_MAX ? tag : undefined
}

/**
 * @param {(Record<string, any> | null)[]} sources of attributes; what one says, the later ones do not say again
 * @param {boolean} [hidesContent]
 * @param {(meaning: Meaning) => boolean} [isRead] default: all are
 * @returns {Draft}
 */
function draftOf(sources, hidesContent = false, isRead) {
  const draft = new Draft(hidesContent)
  /** @type {Map<Row, Flattened> | null} */
  let flattened = null
  for (let index = 0; index < sources.length; index++) {
    const source = sources[index]
    if (source === null) continue
    const names = Object.keys(source)
    for (let at = 0; at < names.length; at++) {
      const attribute = names[at]
      const meaning = meaningOf(attribute)
      if (isRead !== undefined && !isRead(meaning)) continue
      if (index > 0 && wasSaid(sources, index, attribute)) continue
      const value = valueIn(source, attribute, draft.errors)
      if (meaning.row === undefined) draft.takeUnknown(meaning, value)
      else if (meaning.isTree) flattened = flatten(flattened ?? new Map(), meaning.row, attribute, value)
      else draft.take(meaning, value)
    }
  }
  if (flattened !== null) takeTrees(draft, flattened)
  return draft
}

/**
 * @param {(Record<string, any> | null)[]} sources
 * @param {number} index
 * @param {string} attribute
 * @returns {boolean} whether a source before has it
 */
function wasSaid(sources, index, attribute) {
  return sources.slice(0, index).some(before => before !== null && Object.hasOwn(before, attribute))
}

/**
 * @param {Map<Row, Flattened>} flattened
 * @param {Row} row
 * @param {string} attribute
 * @param {any} value
 */
function flatten(flattened, row, attribute, value) {
  let whole = flattened.get(row)
  if (whole === undefined) {
    whole = new Flattened()
    flattened.set(row, whole)
  }
  whole.put(attribute.slice(row.from.length), value)
  return flattened
}

/**
 * @param {Draft} draft
 * @param {Map<Row, Flattened>} flattened
 */
function takeTrees(draft, flattened) {
  for (const [row, whole] of flattened) {
    draft.take(meaningOf(row.from), TREES[/** @type {string} */ (row.tree)](whole.value()))
  }
}

/**
 * @param {Record<string, any>} attributes
 * @param {string} attribute
 * @param {string[]} errors
 */
function valueIn(attributes, attribute, errors) {
  try {
    return attributes[attribute]
  } catch {
    noteError(errors, 'unserializable', attribute)
    return undefined
  }
}

module.exports = { Fields, draftOf }
