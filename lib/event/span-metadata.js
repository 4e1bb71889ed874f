'use strict'

/**
 * @param {import('../trace/span').Span} span
 * @returns {object|null} with the SDK's own part in `_dd`, when there is any
 */
function metadataOf(span) {
  const manifest = span.kind === 'agent' ? span.agentManifest : null
  if (span.costTags === null && manifest === null) return span.metadata
  const metadata = copyOf(span.metadata)
  const own = copyOf(metadata._dd)
  metadata._dd = own
  if (span.costTags !== null) own.cost_tags = span.costTags
  if (manifest !== null) {
    own.agent_manifest = {
      __proto__: null,
      framework: 'manual',
      ...manifest,
      name: manifest.name ?? span.name
    }
  }
  return metadata
}

/**
 * @param {unknown} value
 * @returns {Record<string, unknown>} its own fields; none when it is not an object
 */
function copyOf(value) {
  const copy = Object.create(null)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const fields = /** @type {Record<string, unknown>} */ (value)
    for (const name of Object.keys(fields)) copy[name] = fields[name]
  }
  return copy
}

module.exports = { metadataOf }
