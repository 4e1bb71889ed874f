'use strict'

// The same spans of OpenTelemetry, through the batch processor and an OTLP exporter and through Spanlane's processor, in
// alternating rounds: what one span cost this thread, its delivery included. Bodies go to an intake that looks at nothing.
// Argument: the plan as JSON. Needs --expose-gc.

const { OTLPTraceExporter: JsonExporter } = require('@opentelemetry/exporter-trace-otlp-http')
const { OTLPTraceExporter: ProtobufExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { createLLMObs } = require('../..')
const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { annotations } = require('../support/annotations')
const { tenantsOf } = require('../support/load')
const { summaryOf } = require('../support/summary')
const { clockOverheadUs, openThreadClock } = require('../support/thread-cpu')
const { turned } = require('../support/turned')

/** Spans in a batch, by size in KB: as many as the batch processor exports in one request, at most. */
const BATCHES = /** @type {Record<number, number>} */ ({ 1: 500, 10: 100 })
const SPAN = Object.freeze({ kind: 'llm', name: 'chat', modelName: 'large-2', modelProvider: 'openai' })
/** How much longer the first round is, which warms up and does not count: the ways through all four are long. */
const WARM_UP = 15

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {(pool: Said[]) => void} make a span of each
 * @property {() => Promise<void>} flush
 * @property {() => Promise<number>} settle spans that came through since; not measured
 */

/** @typedef {{ annotation: import('../support/annotations').Annotation, attributes: Record<string, any> }} Said */

/** @type {{ url: string, sizes: number[], charsets: import('../support/events').Charset[], rounds: number, cpuMs: number, seed: number }} */
const plan = JSON.parse(process.argv[2])
const readCpuUs = openThreadClock()
const overheadUs = clockOverheadUs(readCpuUs)
const [route] = tenantsOf(1)
const collect = /** @type {() => void} */ (globalThis.gc)

/**
 * @param {string} name
 * @param {new (options: { url: string }) => any} Exporter
 * @returns {Peer}
 */
function exporting(name, Exporter) {
  const exporter = new Exporter({ url: `${plan.url}/v1/traces` })
  let arrived = 0
  const send = exporter.export.bind(exporter)
  exporter.export = (/** @type {any[]} */ spans, /** @type {any} */ done) =>
    send(spans, (/** @type {any} */ result) => {
      if (result.code === 0) arrived += spans.length
      done(result)
    })
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  return {
    name,
    make: pool => record(provider, pool),
    flush: () => provider.forceFlush(),
    async settle() {
      // The batch processor does not wait for what it sends already.
      await exporter.forceFlush()
      const since = arrived
      arrived = 0
      return since
    }
  }
}

/** @returns {Peer} the SDK alone */
function withoutProcessor() {
  const provider = new NodeTracerProvider({ spanProcessors: [] })
  return counted('none', pool => record(provider, pool))
}

/** @returns {Peer} what reading the messages costs whoever has to look into them */
function parsing() {
  return counted('JSON.parse', pool => {
    for (const { attributes } of pool) {
      JSON.parse(attributes['gen_ai.input.messages'])
      JSON.parse(attributes['gen_ai.output.messages'])
    }
  })
}

/**
 * @param {string} name
 * @param {(pool: Said[]) => void} make
 * @returns {Peer} that delivers nothing
 */
function counted(name, make) {
  let made = 0
  return {
    name,
    make(pool) {
      make(pool)
      made += pool.length
    },
    flush: async () => {},
    async settle() {
      const since = made
      made = 0
      return since
    }
  }
}

/** @returns {Peer} */
function spanlane() {
  const llmobs = opened()
  const provider = new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
  return routed('spanlane', llmobs, pool => record(provider, pool))
}

/** @returns {Peer} a span of the same content that an application makes itself, without OpenTelemetry */
function byHand() {
  const llmobs = opened()
  return routed('by hand', llmobs, pool => {
    for (const { annotation } of pool) {
      const span = llmobs.startSpan(SPAN)
      span.annotate(annotation)
      span.end()
    }
  })
}

function opened() {
  return createLLMObs({ mlApp: 'bench', intakeUrl: plan.url, exitTimeoutMs: 0, logger: {} })
}

/**
 * @param {string} name
 * @param {any} llmobs
 * @param {(pool: Said[]) => void} make
 * @returns {Peer}
 */
function routed(name, llmobs, make) {
  let known = 0
  return {
    name,
    make: pool => llmobs.withRoutingContext(route, () => make(pool)),
    flush: () => llmobs.flush({ timeoutMs: 10_000 }),
    async settle() {
      await llmobs.flush({ timeoutMs: 10_000 })
      const { delivered } = llmobs.stats().total
      const since = delivered - known
      known = delivered
      return since
    }
  }
}

/**
 * @param {any} provider
 * @param {Said[]} pool
 */
function record(provider, pool) {
  const tracer = provider.getTracer('bench')
  for (const { attributes } of pool) {
    const span = tracer.startSpan('chat large-2')
    span.setAttributes(attributes)
    span.end()
  }
}

/** @param {any} part a message as the semantic conventions have it */
const message = ({ role, content }) => ({ role, parts: [{ type: 'text', content }] })

/**
 * @param {import('../support/annotations').Annotation} annotation
 * @returns {Record<string, any>} attributes that an instrumentation sets
 */
function attributesOf({ inputData, outputData, metadata, metrics }) {
  return {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'large-2',
    'gen_ai.response.model': 'large-2',
    'gen_ai.request.temperature': metadata.temperature,
    'gen_ai.request.max_tokens': metadata.max_tokens,
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.usage.input_tokens': metrics.inputTokens,
    'gen_ai.usage.output_tokens': metrics.outputTokens,
    'gen_ai.input.messages': JSON.stringify(inputData.map(message)),
    'gen_ai.output.messages': JSON.stringify(outputData.map(message)),
    customer: metadata.customer
  }
}

/**
 * @param {Peer} peer
 * @param {Said[]} pool
 */
async function batch({ make, flush }, pool) {
  const before = readCpuUs()
  make(pool)
  await flush()
  return readCpuUs() - before - overheadUs
}

/**
 * @param {Peer} peer
 * @param {Said[]} pool
 * @param {number} cpuMs
 * @returns {Promise<{ us: number, made: number, arrived: number }>}
 */
async function measure(peer, pool, cpuMs) {
  let [usedUs, made, arrived] = [0, 0, 0]
  do {
    usedUs += await batch(peer, pool)
    made += pool.length
    arrived += await peer.settle()
  } while (usedUs < cpuMs * 1000)
  return { us: usedUs / made, made, arrived }
}

async function main() {
  const peers = [
    withoutProcessor(),
    exporting('OTLP JSON', JsonExporter),
    exporting('OTLP protobuf', ProtobufExporter),
    spanlane(),
    parsing(),
    byHand()
  ]
  /** @type {Record<string, { made: number, arrived: number }>} */
  const counts = Object.fromEntries(peers.map(({ name }) => [name, { made: 0, arrived: 0 }]))
  const rows = []
  for (const size of plan.sizes) {
    for (const charset of plan.charsets) {
      /** @type {number[][]} */
      const costs = peers.map(() => [])
      for (let round = -1; round < plan.rounds; round++) {
        const count = BATCHES[size]
        const seed = plan.seed + (round + 1) * count
        const pool = annotations(charset, size * 1000, count, seed).map(annotation => ({
          annotation,
          attributes: attributesOf(annotation)
        }))
        for (const [index, peer] of turned([...peers.entries()], round + 1)) {
          // Nobody pays for what the one before left behind.
          collect()
          const cpuMs = round < 0 ? WARM_UP * plan.cpuMs : plan.cpuMs
          const { us, made, arrived } = await measure(peer, pool, cpuMs)
          counts[peer.name].made += made
          counts[peer.name].arrived += arrived
          if (round >= 0) costs[index].push(us)
        }
      }
      rows.push({
        size,
        charset,
        us: Object.fromEntries(peers.map(({ name }, index) => [name, summaryOf(costs[index])]))
      })
    }
  }
  process.send?.({ rows, counts })
  process.once('disconnect', () => process.exit())
}

main()
