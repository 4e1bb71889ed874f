'use strict'

/** Tags as environment variables write them. */

/** What OpenTelemetry calls the tags that Datadog has names for. The first that is there counts. */
const RESOURCE_NAMES = /** @type {const} */ ([
  ['service', ['service.name']],
  ['env', ['deployment.environment.name', 'deployment.environment']],
  ['version', ['service.version']]
])

/**
 * DD_TAGS: `a:1,b:2`, or, without any comma, `a:1 b:2`.
 *
 * @param {string} text
 * @returns {Record<string, string>}
 */
function readTags(text) {
  return pairs(text.split(text.includes(',') ? ',' : /\s+/), ':')
}

/**
 * OTEL_RESOURCE_ATTRIBUTES: `a=1,b=2`.
 *
 * @param {string} text
 * @returns {Record<string, string>} under Datadog's names
 */
function readResource(text) {
  const attributes = pairs(text.split(','), '=')
  /** @type {Record<string, string>} */
  const tags = Object.create(null)
  for (const [tag, names] of RESOURCE_NAMES) {
    for (const name of names) {
      if (name in attributes) tags[tag] ??= attributes[name]
      delete attributes[name]
    }
  }
  return Object.assign(tags, attributes)
}

/**
 * @param {string[]} parts
 * @param {string} separator
 * @returns {Record<string, string>}
 */
function pairs(parts, separator) {
  /** @type {Record<string, string>} */
  const found = Object.create(null)
  for (const part of parts) {
    const at = part.indexOf(separator)
    const name = (at === -1 ? part : part.slice(0, at)).trim()
    if (name !== '') found[name] = at === -1 ? '' : part.slice(at + 1).trim()
  }
  return found
}

module.exports = { readResource, readTags }
