'use strict'

// The same trees of nested contexts and spans, once by dd-trace with the bridge and once by Spanlane's own SDK.

const { createLLMObs } = require('../../..')
const { ACME, GLOBEX, bridge, init, main, tracer } = require('./world')

const TREES = 40
const LEVELS = 4

let state = Number(process.argv[2])
/** @param {number} below @returns {number} a whole number, the same in every run */
function drawn(below) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

const CONTEXTS = [
  null,
  ACME,
  GLOBEX,
  { ...ACME, mlApp: 'acme nearer', sampleRate: 0 },
  { ...ACME, ddSite: 'datadoghq.com' },
  { targets: [ACME, GLOBEX] },
  { targets: [GLOBEX, { ...ACME, mlApp: 'acme as second' }] }
]

/** @param {string} name @param {number} level */
function tree(name, level) {
  const count = level === LEVELS ? 0 : drawn(3) + (level === 0 ? 1 : 0)
  return {
    name,
    kind: drawn(3) === 0 ? 'agent' : 'task',
    // The outermost span has a context: what is outside all of them is dd-trace's own affair.
    context: CONTEXTS[level === 0 ? 1 + drawn(CONTEXTS.length - 1) : drawn(CONTEXTS.length)],
    ...(drawn(4) === 0 ? { sessionId: `session of ${name}` } : {}),
    ...(drawn(6) === 0 ? { mlApp: `app of ${name}` } : {}),
    children: Array.from({ length: count }, (_, index) => tree(`${name}.${index}`, level + 1))
  }
}

/** @param {any} llmobs @param {string} by @param {any} node */
function grow(llmobs, by, { context, children, name, ...options }) {
  // In every other tree each span has an APM trace of its own: what spans of one share is dd-trace's affair.
  const apart = by === 'bridge' && Number.parseInt(name, 10) % 2 === 1 ? { childOf: null } : {}
  const span = () =>
    llmobs.trace({ ...options, ...apart, name: `${by} ${name}` }, () => {
      for (const child of children) grow(llmobs, by, child)
    })
  return context === null ? span() : llmobs.withRoutingContext(context, span)
}

main(async () => {
  init()
  bridge.attach(tracer)
  const sdk = createLLMObs({ mlApp: 'assistant' })
  const trees = Array.from({ length: TREES }, (_, index) => tree(`${index}`, 0))
  for (const node of trees) grow(tracer.llmobs, 'bridge', node)
  for (const node of trees) grow(sdk, 'sdk', node)
  await Promise.all([tracer.llmobs.flush(), sdk.flush()])
  return {}
})
