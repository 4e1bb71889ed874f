'use strict'

/**
 * dd-trace makes spans of its own for calls of libraries that it follows. Where its spans are ours to deliver, those that an
 * instrumentation of OpenTelemetry makes of the same calls would come on top of them.
 */

const { channel } = require('node:diagnostics_channel')

/**
 * By the end of a tracer's name: channels that dd-trace listens to while it follows the same library. It does so once the
 * library is loaded in a way that dd-trace can see.
 *
 * @type {[end: string, channels: string[]][]}
 */
const FOLLOWED = [
  ['instrumentation-openai', ['tracing:apm:openai:request:start']],
  ['instrumentation-anthropic', ['tracing:apm:anthropic:request:start']],
  [
    'instrumentation-langchain',
    [
      'tracing:orchestrion:@langchain/core:RunnableSequence_invoke:start',
      'tracing:apm:langchain:invoke:start'
    ]
  ],
  ['instrumentation-bedrock', ['apm:aws:request:complete:bedrockruntime']],
  ['instrumentation-vertexai', ['tracing:apm:vertexai:request:start']]
]
/** The AI SDK's own tracer has no other name. */
const AI_SDK = ['tracing:dd-trace:vercel-ai:start', 'dd-trace:vercel-ai:chunk']

/** @type {string[]} */
const NONE = []

/**
 * @param {string} scope of a tracer
 * @returns {boolean} whether dd-trace follows what the tracer's spans are made of
 */
function isFollowed(scope) {
  const channels = scope === 'ai' ? AI_SDK : (FOLLOWED.find(([end]) => scope.endsWith(end))?.[1] ?? NONE)
  return channels.some(name => channel(name).hasSubscribers)
}

/**
 * @param {any} span
 * @returns {boolean} whether it is one of the provider that dd-trace puts in the place of OpenTelemetry's. It does not show
 *   its attributes
 */
function isOfDdTrace(span) {
  return span.attributes === undefined && typeof span._ddSpan === 'object'
}

module.exports = { isFollowed, isOfDdTrace }
