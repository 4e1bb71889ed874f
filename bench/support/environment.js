'use strict'

const FOREIGN =
  /^_?DD_|^DATADOG_|^SPANLANE_|_proxy$|^NODE_OPTIONS$|^NODE_EXTRA_CA_CERTS$|^NODE_V8_COVERAGE$|^JEST_/i

/**
 * What a measured process starts with: no setting of the machine for Datadog, Spanlane or Node.
 *
 * @param {Record<string, string>} [settings]
 * @returns {Record<string, string | undefined>}
 */
function environment(settings = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))
  return { ...Object.fromEntries(kept), ...settings }
}

module.exports = { environment }
