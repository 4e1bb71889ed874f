'use strict'

/** The tags of an event in a record. What spans have in common is written once, as one named piece of JSON. */

const { tagsText } = require('./tags')
const { stringOf } = require('../values/field-text')
const { OP } = require('../record/ops')

/** @typedef {import('./tags').EventConfig} EventConfig */
/** @typedef {import('../trace/span').Span} Span */
/** @typedef {import('../trace/lineage').Lineage} Lineage */

/** Distinct sets of common tags that are kept: one for each ml app, service and environment. */
const MAX_SETS = 256
/** With more or longer ones of its own, an event's tags are written one by one. */
const MAX_OWN_TAGS = 64
const MAX_TAG_CHARACTERS = 1_000
/** A head that is longer is not kept: it holds a name that has no number, or tags that are not common. */
const MAX_HEAD_BYTES = 48

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

/** What the span before was called and tagged with, as tokens: mostly the next one is too. */
class LastHead {
  /** @type {EventConfig | null} */
  config = null
  name = ''
  /** @type {CommonTags | null} */
  common = null
  /** @type {string | null} */
  sampleRate = null
  /** @type {string | null} */
  samplingDecision = null
  tokens = new Uint8Array(0)

  /**
   * @param {Span} span
   * @param {EventConfig} config
   * @param {Lineage} target
   */
  fits(span, config, target) {
    return (
      this.config === config &&
      this.name === span.name &&
      this.sampleRate === target.sampleRate &&
      this.samplingDecision === target.samplingDecision &&
      this.common?.fits(span, target) === true
    )
  }
}

class RecordTags {
  #head = new LastHead()
  /** @type {EventConfig | null} */
  #config = null
  /** @type {CommonTags | null} */
  #last = null
  /** @type {Map<string, CommonTags>} */
  #sets = new Map()

  /**
   * Name, tags, attribution, sampling and session of a span, the last four by `writeRest`.
   *
   * @param {import('../record/values').ValueWriter} writer
   * @param {Span} span
   * @param {EventConfig} config
   * @param {Lineage} target
   * @param {(writer: import('../record/values').ValueWriter, span: Span, target: Lineage) => void} writeRest
   * @param {(writer: import('../record/values').ValueWriter, name: unknown) => void} writeName
   */
  writeHead(writer, span, config, target, writeRest, writeName) {
    const isCommon =
      span.tags === null &&
      span.integration === null &&
      span.error === null &&
      target.agentAttribution === null &&
      !target.sessionId
    const head = this.#head
    if (isCommon && head.fits(span, config, target)) return writer.again(head.tokens)
    const { mark } = writer
    writeName(writer, span.name)
    this.write(writer, span, config, target)
    writeRest(writer, span, target)
    const bytes = writer.mark - mark
    if (!isCommon || bytes > MAX_HEAD_BYTES || !this.#last?.fits(span, target)) return
    head.config = config
    head.name = span.name
    head.common = this.#last
    head.sampleRate = target.sampleRate
    head.samplingDecision = target.samplingDecision
    head.tokens = Uint8Array.prototype.slice.call(writer.bytes, writer.at - bytes, writer.at)
  }

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
      for (const tag of JSON.parse(tagsText(span, config, target))) writer.string(tag)
    }
    writer.op(OP.END)
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
  const text = tagsText(bare, config, of)
  const names = new Set(JSON.parse(text).map((/** @type {string} */ tag) => tag.slice(0, tag.indexOf(':'))))
  // A host tag may have a colon in its name.
  for (const [name] of config.hostTags) names.add(name)
  return new CommonTags(writer.symbols.defineJson(text.slice(1, -1)), names, span, target)
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
    const value = tags[name]
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
