'use strict'

// Spanlane's ways to hand an event over: the record of its own span, and the record of another SDK's event (the
// bridge). Bodies go to an intake in another process that looks at nothing.

const { KIND, openCore } = require('../../lib/binding')
const { ForeignSpan } = require('../../lib/bridge/foreign-span')
const { keepShapes } = require('../../lib/bridge/kept-shapes')
const { resolveOptions } = require('../../lib/options/options')
const { NO_OPTIONS, Route } = require('../../lib/routing/routing')
const { HandOver } = require('../../lib/event/hand-over')
const { createLLMObs } = require('../../lib/sdk')
const { LLMObs } = require('../../lib/sdk/llmobs')
const { SpanId, TraceId } = require('../../lib/trace/ids')
const { Lineage } = require('../../lib/trace/lineage')
const { CONFIG } = require('../support/events')

/** A core, and a hand-over to it. */
class SpanlaneWriter {
  /** @param {string} intakeUrl */
  constructor(intakeUrl) {
    // What an instance and a bridge keep for the engine when they are opened is kept here, too.
    keepShapes(LLMObs.instanceOf(createLLMObs({ intakeUrl, mlApp: 'bench', logger: {} })))
    const { settings } = resolveOptions({ intakeUrl, mlApp: 'bench', apiKey: 'd'.repeat(32), logger: {} })
    // What waits for the intake is not what is measured.
    settings.maxBufferedBytes = settings.maxBufferedBytesPerTenant = 2 ** 31
    this.core = openCore(settings, null)
    const handle = this.core.openRoute('a'.repeat(32), {
      ddSite: 'datadoghq.com',
      tenant: 'acme',
      isDefault: false
    })
    this.route = new Route(this.core, handle, NO_OPTIONS, false)
    this.handOver = new HandOver(this.core)
  }

  /** Waits until the core has delivered everything. */
  settle() {
    return this.core.flush(10_000, null)
  }
}

/**
 * @param {SpanlaneWriter} spanlane
 * @returns {import('./variants').Variant[]}
 */
function spanlaneVariants(spanlane) {
  const { route, handOver } = spanlane
  const settle = () => spanlane.settle()
  return [
    {
      name: 'spanlane',
      run: ({ spans }, index) => {
        const span = spans[index]
        handOver.submitSpan(KIND.SPAN, span, CONFIG, span.lineage, null)
      },
      settle
    },
    {
      name: 'bridge',
      run: ({ events }, index) => {
        const event = events[index]
        const span = new ForeignSpan(NO_INSTANCE, event, route, lineageOf(event, route), undefined)
        handOver.submitForeign(KIND.SPAN, span, CONFIG, route.laneId)
      },
      settle
    }
  ]
}

const NO_INSTANCE = /** @type {any} */ ({})

/**
 * Who dd-trace's span is for a tenant.
 *
 * @param {any} event
 * @param {Route} route
 */
function lineageOf(event, route) {
  const lineage = new Lineage(route)
  lineage.trace = TraceId.of(event.trace_id)
  lineage.above = SpanId.of(event.parent_id)
  lineage.mlApp = 'bench'
  lineage.sampleRate = lineage.samplingDecision = '1'
  return lineage
}

module.exports = { SpanlaneWriter, spanlaneVariants }
