'use strict'

/**
 * Who answers at a base URL: many speak OpenAI's or Anthropic's language. Nothing of the URL itself is told; it may be the
 * platform's own.
 */

const { URL } = require('node:url')

/** A part of the host, or of the path behind a gateway, and the provider. The first that fits counts. */
const PROVIDERS = [
  ['azure', 'azure_openai'],
  ['deepseek', 'deepseek'],
  ['openrouter', 'openrouter'],
  ['bedrock', 'amazon_bedrock'],
  ['aiplatform.googleapis', 'google'],
  ['generativelanguage.googleapis', 'google'],
  ['anthropic', 'anthropic'],
  ['groq', 'groq'],
  ['mistral', 'mistral'],
  ['together', 'together'],
  ['fireworks', 'fireworks'],
  ['perplexity', 'perplexity'],
  ['cerebras', 'cerebras'],
  ['x.ai', 'xai'],
  ['openai', 'openai']
]

/** As dd-trace calls it. */
const UNKNOWN = 'unknown'

/**
 * @param {unknown} baseUrl
 * @returns {string}
 */
function providerAt(baseUrl) {
  if (typeof baseUrl !== 'string' || !URL.canParse(baseUrl)) return UNKNOWN
  const { hostname, pathname } = new URL(baseUrl)
  return (
    [hostname.toLowerCase(), pathname.toLowerCase()]
      .map(text => PROVIDERS.find(([part]) => text.includes(part))?.[1])
      .find(provider => provider !== undefined) ?? UNKNOWN
  )
}

module.exports = { providerAt }
