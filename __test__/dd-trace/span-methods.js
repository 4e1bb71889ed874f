'use strict'

/** Calls every method of a span, and of its context, and prints what each returned: dd-trace's span, or one of ours. */

/** @param {any} span @returns {Record<string, () => unknown>} */
const calls = span => ({
  addEvent: () => span.addEvent('name', { a: 1 }),
  addLink: () => span.addLink({ context: span.context(), attributes: { a: 1 } }),
  addLinks: () => span.addLinks([{ context: span.context() }]),
  addSpanPointer: () => span.addSpanPointer('s3', 'u', 'hash'),
  addTags: () => span.addTags({ a: 1 }),
  setBaggageItem: () => span.setBaggageItem('user', 'u1'),
  getBaggageItem: () => span.getBaggageItem('user'),
  getAllBaggageItems: () => span.getAllBaggageItems(),
  removeBaggageItem: () => span.removeBaggageItem('user'),
  'getBaggageItem, removed': () => span.getBaggageItem('user'),
  'setBaggageItem again': () => span.setBaggageItem('user', 'u2').setBaggageItem('plan', 'gold'),
  'getAllBaggageItems, both': () => span.getAllBaggageItems(),
  removeAllBaggageItems: () => span.removeAllBaggageItems(),
  'getAllBaggageItems, none': () => span.getAllBaggageItems(),
  log: () => span.log({ event: 'e' }),
  logEvent: () => span.logEvent('e', {}),
  recordException: () => span.recordException(new Error('x'), { attempt: 1 }),
  setOperationName: () => span.setOperationName('name'),
  setTag: () => span.setTag('a', 1),
  tracer: () => span.tracer(),
  'tracer().startSpan': () => span.tracer().startSpan('other').setTag('a', 1).finish(),
  'tracer().inject': () => span.tracer().inject(span.context(), 'http_headers', {}),
  'tracer().extract': () => span.tracer().extract('http_headers', {}),
  context: () => span.context(),
  toTraceId: () => span.context().toTraceId(),
  'toTraceId(true)': () => span.context().toTraceId(true),
  toSpanId: () => span.context().toSpanId(),
  'toSpanId(true)': () => span.context().toSpanId(true),
  toTraceparent: () => span.context().toTraceparent(),
  finish: () => span.finish(),
  'finish again': () => span.finish()
})

/** @param {string} name @param {unknown} value @param {any} span */
function shown(name, value, span) {
  if (value === span) return 'the span'
  if (value === null) return 'null'
  if (typeof value !== 'string') return typeof value
  const isHex = /\(true\)$|^toTraceparent$/.test(name)
  return isHex ? value.replace(/[0-9a-f]{32}/, '<32>').replace(/[0-9a-f]{16}/, '<16>') : value
}

/** @param {any} span */
function useSpan(span) {
  return Object.fromEntries(
    Object.entries(calls(span)).map(([name, call]) => [name, shown(name, call(), span)])
  )
}

/** @param {object} value @returns {string[]} the public methods of its class */
function methodsOf(value) {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(value)).filter(
    name => !/^(_|constructor$)/.test(name)
  )
}

const APIS = {
  'dd-trace'() {
    const span = require('dd-trace').init().startSpan('x')
    return { methods: methodsOf(span), returned: useSpan(span) }
  },
  spanlane() {
    const { createLLMObs } = require('../..')
    const options = { intakeUrl: 'http://127.0.0.1:1', mlApp: 'shop', exitTimeoutMs: 0 }
    const on = createLLMObs(options)
    const off = createLLMObs({ ...options, enabled: false })
    const use = (/** @type {any} */ llmobs) => llmobs.trace({ kind: 'task' }, useSpan)
    return { returned: use(on), whileOff: use(off) }
  }
}

process.stdout.write(JSON.stringify(APIS[/** @type {keyof typeof APIS} */ (process.argv[2])]()), () =>
  process.exit()
)
