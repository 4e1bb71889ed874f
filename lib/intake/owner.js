'use strict'

const { keyFingerprint } = require('./address')

/**
 * @typedef {import('../../testing').WireEvent} WireEvent
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').Violation} Violation
 */

const OWNER_TAG = 'owner:'
/** More owners than any test has; beyond it places are no longer learnt, so that memory stays bounded. */
const MAX_OWNERS = 1_000_000
/** Shorter keys are test names such as "a", which a body may well contain. */
const MIN_SEARCHED_KEY_LENGTH = 16

/**
 * Who an event belongs to, by the tag `owner:<x>` or else `metadata.owner`.
 *
 * @param {WireEvent} event
 * @returns {string | null}
 */
function ownerOf(event) {
  const tags = Array.isArray(event.tags) ? event.tags : []
  const tag = tags.find(member => typeof member === 'string' && member.startsWith(OWNER_TAG))
  if (tag !== undefined) return tag.slice(OWNER_TAG.length)
  const metadata = event.meta?.metadata ?? event.metadata
  return typeof metadata?.owner === 'string' ? metadata.owner : null
}

/** Knows where each owner's data may arrive, and notices when it arrives elsewhere. */
class Ownership {
  /** @type {Map<string, { places: Set<string>, declared: boolean }>} */
  #owners = new Map()

  /**
   * @param {string} owner
   * @param {{ key?: string, keyFingerprint?: string, site: string }} place
   */
  declare(owner, { key, keyFingerprint: given, site }) {
    const fingerprint = given ?? (key === undefined ? undefined : keyFingerprint(key))
    if (fingerprint === undefined) throw new TypeError('expectOwner: key or keyFingerprint is required')
    const known = this.#owners.get(owner)
    const places = known?.declared ? known.places : new Set()
    places.add(placeName(fingerprint, site))
    this.#owners.set(owner, { places, declared: true })
  }

  /**
   * @param {RequestRecord} request
   * @param {readonly WireEvent[]} events
   * @returns {Violation[]}
   */
  check(request, events) {
    const owners = new Set()
    for (const event of events) {
      const owner = ownerOf(event)
      if (owner !== null) owners.add(owner)
    }
    const names = [...owners]
    /** @type {Violation[]} */
    const found = []
    if (names.length > 1) {
      found.push(violation('mixed_body', request, names, `one body holds events of ${names.length} owners`))
    }
    for (const owner of names) {
      const elsewhere = this.#placesIfWrong(owner, request)
      if (elsewhere !== null) {
        const message = `data of ${JSON.stringify(owner)} belongs to ${elsewhere}`
        found.push(violation('owner_moved', request, [owner], message))
      }
    }
    return found
  }

  /**
   * @param {string} owner
   * @param {RequestRecord} request
   * @returns {string | null} the right places, when this is not one of them
   */
  #placesIfWrong(owner, request) {
    const here = placeName(request.keyFingerprint ?? 'no key', request.site)
    const known = this.#owners.get(owner)
    if (known === undefined) {
      if (this.#owners.size < MAX_OWNERS)
        this.#owners.set(owner, { places: new Set([here]), declared: false })
      return null
    }
    return known.places.has(here) ? null : [...known.places].join(' or ')
  }
}

/**
 * A key belongs into its header and nowhere else.
 *
 * @param {RequestRecord} request
 * @param {Buffer} body
 * @param {string} key
 * @returns {Violation[]}
 */
function leaksOf(request, body, key) {
  if (key.length < MIN_SEARCHED_KEY_LENGTH) return []
  /** @type {Violation[]} */
  const found = []
  if (body.includes(key)) found.push(violation('key_in_body', request, [], 'the body holds the API key'))
  for (const [name, value] of Object.entries(request.headers)) {
    if (value.includes(key)) {
      found.push(violation('key_in_header', request, [], `the header ${name} holds the API key`))
    }
  }
  return found
}

/**
 * @param {import('../../testing').ViolationKind} kind
 * @param {RequestRecord} request
 * @param {string[]} owners
 * @param {string} what
 * @returns {Violation}
 */
function violation(kind, { number, site, keyFingerprint: fingerprint }, owners, what) {
  const message = `request ${number} to ${site} with key ${fingerprint ?? 'missing'}: ${what}`
  return { kind, message, request: number, site, keyFingerprint: fingerprint, owners }
}

/** @param {string} fingerprint @param {string} site */
function placeName(fingerprint, site) {
  return `${site} with key ${fingerprint}`
}

module.exports = { Ownership, leaksOf, ownerOf, violation }
