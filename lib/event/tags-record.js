'use strict'

/** The tags of an event in a record. What spans have in common is written once, as one named piece of JSON. */

const { tagsOf } = require('./tags')
const { jsonText, stringOf } = require('../values/json-rules')
const { OP } = require('../record/ops')

/** @typedef {import('./tags').EventConfig} EventConfig */

/** Distinct sets of common tags that are kept: one for each ml app, service and environment. */
const MAX_SETS = 256
/** With more or longer ones of its own, an event's tags are written one by one. */
const MAX_OWN_TAGS = 64
const MAX_TAG_CHARACTERS = 1_000

/** What the engine puts before other names, in whatever order they were set. */
const LIKE_AN_INDEX = /^\d/

class CommonTags {
  /**
   * @param {number} id of the piece of JSON; -1 when it has none
   * @param {Set<string>} names
   * @param {Span} span
   * @param {Lineage} target
   */
  constructor(id, names, span, target) {
    this.id = id
    this.names = names
    this.isError = span.error !== null
    this.isTenant = isOfTenant(target)
    this.env = target.env
    this.service = target.service
    this.mlApp = target.mlApp
  }

  /**
   * @param {Span} span
   * @param {Lineage} target
   */
  fits(span, target) {
    return (
      this.mlApp === target.mlApp &&
      this.isError === (span.error !== null) &&
      this.isTenant === isOfTenant(target) &&
      this.env === target.env &&
      this.service === target.service
    )
  }
}

class RecordTags {
  /** @type {EventConfig | null} */
  #config = null
  /** @type {CommonTags | null} */
  #last = null
  /** @type {Map<string, CommonTags>} */
  #sets = new Map()

  /**
   * @param {import('../record/values').ValueWriter} writer
   * @param {Span} span
   * @param {EventConfig} config
   * @param {Lineage} target
   */
  write(writer, span, config, target) {
    writer.op(OP.ARRAY)
    const { mark } = writer
    const common = this.#find(writer, span, config, target)
    if (common === null || common.id === -1 || !writeOwn(writer, common, span, target)) {
      writer.rewind(mark)
      for (const tag of tagsOf(span, config, target)) writer.string(tag)
    }
    writer.op(OP.END)
  }

  /**
   * @param {import('../record/values').ValueWriter} writer
   * @param {Span} span
   * @param {EventConfig} config
   * @param {Lineage} target
   * @returns {number} the piece of JSON with all tags of a span that has none of its own; -1: it has some
   */
  commonId(writer, span, config, target) {
    if (span.tags !== null || span.error !== null || span.integration !== null || target.sessionId) return -1
    return this.#find(writer, span, config, target)?.id ?? -1
  }

  /**
   * @param {import('../record/values').ValueWriter} writer
   * @param {Span} span
   * @param {EventConfig} config
   * @param {Lineage} target
   * @returns {CommonTags | null}
   */
  #find(writer, span, config, target) {
    if (this.#config === config && this.#last?.fits(span, target)) return this.#last
    if (this.#config !== config) {
      this.#config = config
      this.#sets.clear()
    }
    const key = JSON.stringify([
      target.mlApp,
      span.error !== null,
      isOfTenant(target),
      target.env,
      target.service
    ])
    let set = this.#sets.get(key)
    if (set === undefined) {
      if (this.#sets.size >= MAX_SETS) return null
      set = makeSet(writer, span, config, target)
      this.#sets.set(key, set)
    }
    this.#last = set
    return set
  }
}

/**
 * @param {import('../record/values').ValueWriter} writer
 * @param {Span} span
 * @param {EventConfig} config
 * @param {Lineage} target
 * @returns {CommonTags}
 */
function makeSet(writer, span, config, target) {
  const error = span.error === null ? null : { type: '', message: '', stack: '' }
  const bare = /** @type {any} */ ({ error, integration: null, tags: null })
  const { route, env, service, mlApp } = target
  const of = /** @type {any} */ ({ route, env, service, mlApp, sessionId: null })
  const tags = tagsOf(bare, config, of)
  const names = new Set(tags.map(tag => tag.slice(0, tag.indexOf(':'))))
  // A host tag may have a colon in its name.
  for (const [name] of config.hostTags) names.add(name)
  return new CommonTags(writer.symbols.defineJson(jsonText(tags).slice(1, -1)), names, span, target)
}

/**
 * @param {import('../record/values').ValueWriter} writer
 * @param {CommonTags} common
 * @param {Span} span
 * @param {Lineage} target
 * @returns {boolean} false when they have to be merged with the common ones
 */
function writeOwn(writer, common, span, target) {
  const { names } = common
  const type = span.error === null ? '' : span.error.type
  const { sessionId } = target
  const { integration, tags } = span
  writer.json(common.id)
  if (type && !writeTag(writer, names, 'error_type', type)) return false
  if (sessionId && !writeTag(writer, names, 'session_id', sessionId)) return false
  if (integration && !writeTag(writer, names, 'integration', integration)) return false
  if (tags === null) return true
  const own = Object.keys(tags)
  if (own.length > MAX_OWN_TAGS) return false
  for (const name of own) {
    if ((type && name === 'error_type') || (sessionId && name === 'session_id')) return false
    if ((integration && name === 'integration') || LIKE_AN_INDEX.test(name)) return false
    // As `isOfExperiment`: code for the tag of one application is thrown away with its spans.
    const value = Reflect.get(tags, name)
    if (Array.isArray(value)) {
      if (value.length === 0 && !writeTag(writer, names, name, '')) return false
      if (value.length > MAX_OWN_TAGS) return false
      for (let index = 0; index < value.length; index++) {
        if (!writeTag(writer, names, name, value[index])) return false
      }
    } else if (!writeTag(writer, names, name, value)) return false
  }
  return true
}

/**
 * @param {import('../record/values').ValueWriter} writer
 * @param {Set<string>} taken
 * @param {string} name
 * @param {unknown} value
 * @returns {boolean}
 */
function writeTag(writer, taken, name, value) {
  const text = typeof value === 'string' ? value : stringOf(value)
  if (taken.has(name) || name.length > MAX_TAG_CHARACTERS || text.length > MAX_TAG_CHARACTERS) return false
  writer.op(OP.TAG)
  writer.name(name)
  writer.string(text)
  return true
}

/** @param {Lineage} target */
function isOfTenant(target) {
  return target.route !== null && !target.route.isDefault
}

module.exports = { RecordTags }
