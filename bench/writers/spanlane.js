'use strict'

// Spanlane's ways to hand an event over: the record of its own span, the record of another SDK's event (the bridge),
// and JSON text, which is what the record replaced. Bodies go to an intake in another process that looks at nothing.

const { KIND, openCore } = require('../../lib/binding')
const { ForeignSpan } = require('../../lib/bridge/foreign-span')
const { resolveOptions } = require('../../lib/options')
const { NO_OPTIONS, Route } = require('../../lib/routing')
const { encodeSpan } = require('../../lib/sdk/encode')
const { HandOver } = require('../../lib/sdk/hand-over')
const { CONFIG } = require('../support/events')
const { sleepMs } = require('../support/thread-cpu')

const COMMITTED = 0
const CONSUMED = 16

/** A core, and a look at the ring that its hand-over writes into. */
class SpanlaneWriter {
  #control = new Int32Array(32)

  /** @param {string} intakeUrl */
  constructor(intakeUrl) {
    const { settings } = resolveOptions({ intakeUrl, mlApp: 'bench', apiKey: 'd'.repeat(32), logger: {} })
    // What waits for the intake is not what is measured.
    settings.maxBufferedBytes = settings.maxBufferedBytesPerTenant = 2 ** 31
    this.core = openCore(settings, false)
    const handle = this.core.openRoute('a'.repeat(32), 'datadoghq.com', 'acme')
    this.route = new Route(this.core, handle, NO_OPTIONS, false)
    this.handOver = new HandOver(/** @type {any} */ ({ openProducer: () => this.#watched() }))
  }

  /** Waits until the core has read everything. */
  settle() {
    while (Atomics.load(this.#control, COMMITTED) !== Atomics.load(this.#control, CONSUMED)) sleepMs(0.5)
  }

  /** The producer, whose words JavaScript may look at only once. */
  #watched() {
    const producer = this.core.openProducer()
    const control = producer.control()
    this.#control = new Int32Array(control)
    return new Proxy(producer, {
      get(target, name) {
        if (name === 'control') return () => control
        const own = /** @type {any} */ (target)[name]
        return typeof own === 'function' ? own.bind(target) : own
      }
    })
  }
}

/**
 * @param {SpanlaneWriter} spanlane
 * @returns {import('./variants').Variant[]}
 */
function spanlaneVariants(spanlane) {
  const { core, route, handOver } = spanlane
  const settle = () => spanlane.settle()
  return [
    {
      name: 'spanlane',
      run: ({ spans }, index) => {
        const span = spans[index]
        handOver.submitSpan(KIND.SPAN, span, CONFIG, span, null)
      },
      settle
    },
    {
      name: 'bridge',
      run: ({ events }, index) => {
        const event = events[index]
        const span = new ForeignSpan(NO_INSTANCE, event, route, identityOf(event, route), undefined)
        handOver.submitForeign(KIND.SPAN, span, CONFIG, route.laneId)
      },
      settle
    },
    {
      name: 'encode + native',
      run: ({ spans }, index) => core.submit(route.handle, KIND.SPAN, encodeSpan(spans[index], CONFIG))
    },
    {
      name: 'stringify + native',
      run: ({ events }, index) => core.submit(route.handle, KIND.SPAN, JSON.stringify(events[index]))
    }
  ]
}

const NO_INSTANCE = /** @type {any} */ ({})

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

module.exports = { SpanlaneWriter, spanlaneVariants }
