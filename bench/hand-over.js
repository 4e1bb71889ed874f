'use strict'

// What handing finished spans over costs the JavaScript thread, in microseconds of its CPU time per event: Spanlane's
// records beside JSON text, dd-trace's writer (its request left out) and plain copies of the same bytes. Variants
// alternate; the median of the rounds is printed. Bodies go to an intake in another process that looks at nothing.
// --rounds 5 --sizes 1,10,100 --charsets ascii,mixed,cjk --ms 100

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { parseArgs } = require('node:util')
const { KIND, openCore } = require('../lib/binding')
const { resolveOptions } = require('../lib/options')
const { NO_OPTIONS, Route } = require('../lib/routing')
const { encodeSpan } = require('../lib/sdk/encode')
const { ForeignSpan } = require('../lib/bridge/foreign-span')
const { HandOver } = require('../lib/sdk/hand-over')
const { drawTable } = require('../testing')
const { openDdTraceWriter } = require('./support/dd-trace-writer')
const { CONFIG, eventOf, makeSpan } = require('./support/events')
const { quantile } = require('./support/load')
const { openThreadClock, sleepMs } = require('./support/thread-cpu')

/** Distinct events in a pool and events in a batch, by size in KB: data is not warm, a batch is a second's work. */
const SIZES = /** @type {Record<string, { pool: number, batch: number }>} */ ({
  1: { pool: 512, batch: 500 },
  10: { pool: 100, batch: 50 },
  100: { pool: 12, batch: 10 }
})
const COMMITTED = 0
const CONSUMED = 16

/** @typedef {{ name: string, run: (index: number) => void, end?: () => void, settle?: () => void }} Variant */

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '1,10,100' },
    charsets: { type: 'string', default: 'ascii,mixed,cjk' },
    ms: { type: 'string', default: '100' },
    only: { type: 'string', default: '' }
  }
})
const readCpuUs = openThreadClock()

/** A core, and a look at the ring that its hand-over writes into. */
class Bench {
  /** @type {Int32Array} */
  control = new Int32Array(32)

  /** @param {string} intakeUrl */
  constructor(intakeUrl) {
    const { settings } = resolveOptions({ intakeUrl, mlApp: 'bench', apiKey: 'd'.repeat(32), logger: {} })
    // What waits for the intake is not what is measured.
    settings.maxBufferedBytes = settings.maxBufferedBytesPerTenant = 2 ** 31
    this.core = openCore(settings, false)
    this.route = new Route(
      this.core,
      this.core.openRoute('a'.repeat(32), 'datadoghq.com', 'acme'),
      NO_OPTIONS,
      false
    )
    this.handOver = new HandOver(/** @type {any} */ ({ openProducer: () => this.#watched() }))
  }

  /** Waits until the core has read everything. */
  settle() {
    while (Atomics.load(this.control, COMMITTED) !== Atomics.load(this.control, CONSUMED)) sleepMs(0.5)
  }

  #watched() {
    const producer = this.core.openProducer()
    const control = producer.control()
    this.control = new Int32Array(control)
    return {
      control: () => control,
      body: () => producer.body(),
      define: (/** @type {string[]} */ texts, /** @type {boolean} */ isJson) =>
        producer.define(texts, isJson),
      wake: () => producer.wake(),
      submit: (/** @type {Buffer} */ record) => producer.submit(record)
    }
  }
}

/**
 * @param {Bench} bench
 * @param {ReturnType<typeof openDdTraceWriter>['writer']} writer
 * @param {any[]} spans
 * @returns {Variant[]}
 */
function variantsOf(bench, writer, spans) {
  const { core, route, handOver } = bench
  const settle = () => bench.settle()
  const events = spans.map(eventOf)
  const foreign = events.map(
    event => new ForeignSpan(/** @type {any} */ ({}), event, route, identityOf(event, route), undefined)
  )
  const jsons = spans.map(span => Buffer.from(encodeSpan(span, CONFIG)))
  const target = Buffer.alloc(2 * 1024 * 1024)
  const contents = spans.map(({ input, output }) =>
    [...input.messages, ...output.messages].map(({ content }) => content)
  )
  let at = 0
  const room = (/** @type {number} */ bytes) => {
    if (at + bytes > target.length) at = 0
    at += bytes
    return at - bytes
  }
  return [
    {
      name: 'record',
      run: index => handOver.submitSpan(KIND.SPAN, spans[index], CONFIG, spans[index], null),
      settle
    },
    {
      name: 'record of a foreign event',
      run: index => handOver.submitForeign(KIND.SPAN, foreign[index], CONFIG, route.laneId),
      settle
    },
    {
      name: 'JSON text',
      run: index => core.submit(route.handle, KIND.SPAN, encodeSpan(spans[index], CONFIG))
    },
    {
      name: 'JSON.stringify',
      run: index => core.submit(route.handle, KIND.SPAN, JSON.stringify(events[index]))
    },
    { name: 'dd-trace', run: index => writer.append(events[index]), end: () => writer.flush() },
    {
      name: 'copy of the JSON bytes',
      run: index => void target.set(jsons[index], room(jsons[index].length))
    },
    {
      name: 'copy of the contents',
      run: index => {
        for (const text of contents[index]) target.write(text, room(2 * text.length), 'utf16le')
      }
    }
  ]
}

/**
 * @param {Variant} variant
 * @param {number} pool
 * @param {number} batch
 * @param {number} overheadUs of looking at the clock
 * @returns {number} microseconds per event
 */
function measure(variant, pool, batch, overheadUs) {
  const limitUs = Number(values.ms) * 1000
  let usedUs = 0
  let events = 0
  while (usedUs < limitUs) {
    const before = readCpuUs()
    for (let index = 0; index < batch; index++) variant.run((events + index) % pool)
    variant.end?.()
    usedUs += readCpuUs() - before - overheadUs
    events += batch
    variant.settle?.()
  }
  return usedUs / events
}

/**
 * Who dd-trace's span is for a tenant.
 *
 * @param {any} event
 * @param {Route} route
 * @returns {any}
 */
function identityOf(event, route) {
  const { trace_id: traceId, parent_id: parentId } = event
  return { traceId, parentId, route, mlApp: 'bench', sessionId: null, sampleRate: '1', samplingDecision: '1' }
}

/** @returns {number} what two readings of the clock cost each other */
function clockOverheadUs() {
  const costs = Array.from({ length: 300 }, () => {
    const before = readCpuUs()
    return readCpuUs() - before
  })
  return quantile(costs, 0.5)
}

async function main() {
  const intake = fork(path.join(__dirname, 'support/black-intake.js'))
  const [{ url }] = await once(intake, 'message')
  const bench = new Bench(url)
  const { writer } = openDdTraceWriter()
  const overheadUs = clockOverheadUs()
  const rows = []
  for (const size of values.sizes.split(',')) {
    const { pool, batch } = SIZES[size]
    for (const charset of /** @type {('ascii'|'mixed'|'cjk')[]} */ (values.charsets.split(','))) {
      const spans = Array.from({ length: pool }, (_, seed) =>
        makeSpan(bench.route, charset, Number(size) * 1000, seed)
      )
      const variants = variantsOf(bench, writer, spans).filter(
        ({ name }) => !values.only || name === values.only
      )
      /** @type {number[][]} */
      const costs = variants.map(() => [])
      for (let round = -1; round < Number(values.rounds); round++) {
        for (const [index, variant] of variants.entries()) {
          const us = measure(variant, pool, batch, overheadUs)
          // The first round warms up.
          if (round >= 0) costs[index].push(us)
          await bench.core.flush(5000, null)
        }
      }
      const medians = costs.map(list => quantile(list, 0.5))
      rows.push([
        `${size} KB ${charset}`,
        ...medians.map(us => us.toFixed(2)),
        ((medians[4] ?? Number.NaN) / (medians[0] ?? Number.NaN)).toFixed(1)
      ])
      console.error(rows.at(-1)?.join('  '))
    }
  }
  const { total } = bench.core.stats()
  console.log(`Node ${process.version}, dd-trace ${require('dd-trace/package.json').version}: us per event`)
  const names = variantsOf(bench, writer, [])
    .map(({ name }) => name)
    .filter(name => !values.only || name === values.only)
  console.log(drawTable(['event', ...names, 'dd-trace / record'], rows))
  console.log(`dropped ${total.dropped} of ${total.submitted}`)
  await bench.core.shutdown(1000)
  intake.disconnect()
}

main().then(() => process.exit())
