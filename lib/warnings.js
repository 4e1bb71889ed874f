'use strict'

/** The one shape of what the application is warned of: what happened, what cures it, where more is written. */

/** The headings of docs/troubleshooting.md, but for those of error codes. What the core reports keeps its name. */
const TOPICS = /** @type {const} */ ([
  // What becomes of events.
  'key_refused',
  'rejected',
  'endpoint_missing',
  'rate_limited',
  'server_error',
  'redirect_refused',
  'unexpected_status',
  'too_early',
  'timeout',
  'connect_error',
  'connection_reset',
  'dns_error',
  'tls_error',
  'tls_unknown_issuer',
  'tls_name_mismatch',
  'tls_expired',
  'tls_not_yet_valid',
  'tls_unsupported_algorithm',
  'tls_client_certificate',
  'proxy_auth_required',
  'proxy_refused',
  'network_error',
  'buffer_full',
  'tenant_share',
  'evicted',
  'no_route',
  'invalid_route',
  'unsafe_context',
  'too_large',
  'processor',
  'expired',
  'too_old',
  'disabled',
  'shutdown',
  'internal_error',
  'lost_at_exit',
  'open_spans',
  // How the package was started.
  'no_native_part',
  'no_threads',
  'second_copy',
  'wrong_environment',
  'no_application_name',
  'no_default_route',
  'certificates',
  // How it is called.
  'headers_too_long',
  'outside_contexts',
  'foreign_reference',
  // What `spanlane/dd-trace` could not do.
  'bridge',
  // What `spanlane/opentelemetry` could not do.
  'opentelemetry',
  // What `spanlane/langchain` could not do.
  'langchain',
  // What `spanlane/ai` could not do.
  'ai',
  // What `spanlane/openai` and `spanlane/anthropic` could not do.
  'clients',
  // What `spanlane/openai-agents` could not do.
  'openai_agents'
])

/** Longer names are cut: a log line is no place for a text. */
const NAME_CHARACTERS = 100

/** Error codes are headings, too. @typedef {typeof TOPICS[number] | Lowercase<import('..').ErrorCode>} Topic */

/**
 * @param {Topic} topic
 * @param {string} what happened
 * @param {string} cure what to do, as the end of the sentence
 * @returns {string}
 */
function warning(topic, what, cure) {
  const todo = what.endsWith('.') ? ` ${cure[0].toUpperCase()}${cure.slice(1)}` : `; ${cure}`
  return `${what}${todo} (docs/troubleshooting.md#${topic})`
}

/**
 * Which span something happened to, as text behind it.
 *
 * @param {{ kind: string, name: unknown } | null} span
 * @returns {string}
 */
function inSpan(span) {
  return span === null ? '' : ` (${span.kind} span ${quoted(span.name)})`
}

/**
 * The same as text before it.
 *
 * @param {{ kind: string, name: unknown } | null} span
 * @returns {string}
 */
function ofSpan(span) {
  return span === null ? '' : `${span.kind} span ${quoted(span.name)}: `
}

/**
 * @param {unknown} name whatever an application put there
 * @returns {string}
 */
function quoted(name) {
  const text = typeof name === 'string' ? name : typeof name
  const characters = Array.from(text.slice(0, 2 * NAME_CHARACTERS))
    .slice(0, NAME_CHARACTERS)
    .join('')
  return JSON.stringify(characters === text ? text : `${characters}...`)
}

module.exports = { TOPICS, inSpan, ofSpan, warning }
