'use strict'

/** The tags of an event: what the host, the SDK and the application say about it, in dd-trace's order. */

const { stringOf, tagText } = require('../values/json-rules')

/** All tags of one event: far more than the intake takes, and an end to what an application can make us build. */
const MAX_TAGS_CHARACTERS = 8_000_000

/**
 * @typedef {object} EventConfig
 * @property {string|null} [service]
 * @property {string|null} [env]
 * @property {string|null} [version]
 * @property {[string, string][]} hostTags DD_TAGS and the `tags` option
 * @property {string[]} tenantTags names of host tags that tenants may see
 * @property {string} tracerVersion
 */

/**
 * @param {Span} span
 * @param {EventConfig} config
 * @param {Lineage} target
 * @returns {string[]} each `name:value`
 */
function tagsOf(span, config, target) {
  const tags = Object.create(null)
  const isTenant = target.route !== null && !target.route.isDefault
  for (const [name, value] of config.hostTags) {
    // The host's tags describe the operator; a tenant sees those he was promised.
    if (!isTenant || config.tenantTags.includes(name)) tags[name] = value
  }
  tags.version = config.version
  tags.env = target.env ?? config.env
  tags.service = target.service ?? config.service
  tags.source = 'integration'
  tags.ml_app = target.mlApp
  tags['ddtrace.version'] = config.tracerVersion
  tags.error = span.error === null ? 0 : 1
  tags.language = 'javascript'
  if (span.error?.type) tags.error_type = span.error.type
  if (target.sessionId) tags.session_id = target.sessionId
  if (span.integration) tags.integration = span.integration
  if (span.tags !== null) for (const name of Object.keys(span.tags)) tags[name] = span.tags[name]

  /** @type {string[]} */
  const list = []
  let characters = 0
  const add = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    if (characters > MAX_TAGS_CHARACTERS) return
    const tag = tagText(name, stringOf(value))
    characters += tag.length
    list.push(tag)
  }
  for (const name in tags) {
    const value = tags[name]
    if (!Array.isArray(value) || value.length === 0) add(name, value)
    // A comma separates tags at the intake, so a list is one tag for each element.
    else for (let index = 0; index < value.length; index++) add(name, value[index])
  }
  return list
}

module.exports = { tagsOf }
