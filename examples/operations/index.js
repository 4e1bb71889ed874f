// @ts-nocheck
'use strict'

// What docs/operations.md shows, as an application without types has it: the accounting for Prometheus, for
// OpenTelemetry's metrics and for DogStatsD, what is worth an alarm, and a customer's view.

const { subscribe } = require('node:diagnostics_channel')
const { createServer } = require('node:http')
const { llmobs } = require('spanlane')

/**
 * A port for Prometheus, an OpenTelemetry Collector or a Datadog Agent.
 *
 * @param {number} port
 * @returns {Promise<import('node:http').Server>}
 */
function serveMetrics(port) {
  // operations: prometheus
  const metrics = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0; charset=utf-8')
    response.end(llmobs.openMetrics())
  })
  // end
  return new Promise(resolve => metrics.listen(port, '127.0.0.1', () => resolve(metrics)))
}

/**
 * The same by OpenTelemetry's metrics.
 *
 * @param {any} meter of `@opentelemetry/api`
 */
function observeMetrics(meter) {
  // operations: opentelemetry
  const counter = name => meter.createObservableCounter(`spanlane.events.${name}`)
  const submitted = counter('submitted')
  const delivered = counter('delivered')
  const rejected = counter('rejected')
  const dropped = counter('dropped')
  const held = meter.createObservableUpDownCounter('spanlane.events.held')
  meter.addBatchObservableCallback(
    result => {
      const { total } = llmobs.stats()
      result.observe(submitted, total.submitted)
      result.observe(delivered, total.delivered)
      result.observe(rejected, total.rejected)
      result.observe(dropped, total.dropped)
      result.observe(held, total.held)
    },
    [submitted, delivered, rejected, dropped, held]
  )
  // end
}

/**
 * The same by DogStatsD, once in a while.
 *
 * @param {any} statsd of hot-shots, or dd-trace's `tracer.dogstatsd`
 */
function reportToDatadog(statsd) {
  // operations: datadog
  const { total, tenants } = llmobs.stats()
  statsd.gauge('spanlane.events.delivered', total.delivered)
  statsd.gauge('spanlane.events.rejected', total.rejected)
  statsd.gauge('spanlane.events.dropped', total.dropped)
  statsd.gauge('spanlane.events.held', total.held)
  for (const { tenant, site, held, parkedSinceMs } of tenants) {
    if (parkedSinceMs !== null)
      statsd.gauge('spanlane.tenant.refused', held, [`tenant:${tenant}`, `site:${site}`])
  }
  // end
}

/**
 * What the operator wants to hear of at once.
 *
 * @param {(text: string) => void} alarm
 */
function watchDelivery(alarm) {
  // operations: channel
  subscribe('spanlane:delivery', ({ tenant, outcome, reason, count }) => {
    if (outcome === 'dropped' && reason === 'no_route') alarm(`${count} spans have lost their customer`)
    if (outcome === 'parked') alarm(`the key of ${tenant} is refused: ask for a new one`)
  })
  // end
}

/**
 * What a customer may know of its own lane.
 *
 * @param {string} customer
 */
function healthOf(customer) {
  // operations: health
  const rows = llmobs.stats().tenants.filter(({ tenant }) => tenant === customer)
  return rows.map(
    ({ site, delivered, rejected, dropped, held, lastSuccessMs, lastError, parkedSinceMs }) => ({
      site,
      state: parkedSinceMs !== null ? 'key refused' : lastError !== null ? 'delayed' : 'ok',
      delivered,
      lost: rejected + dropped,
      waiting: held,
      lastDelivery: lastSuccessMs === null ? null : new Date(lastSuccessMs).toISOString()
    })
  )
  // end
}

/**
 * A customer's key changes: what waits goes out with the new one.
 *
 * @param {Record<string, { ddApiKey: string }>} customers
 * @param {string} name
 * @param {string} newKey
 */
function changeKey(customers, name, newKey) {
  // operations: rotation
  customers[name].ddApiKey = newKey // contexts that open from now on
  llmobs.rotate(name, { ddApiKey: newKey }) // what is held for the old one
  // end
}

/**
 * A customer goes: nothing of it is held afterwards, and its counters are in `stats().closed`.
 *
 * @param {Record<string, { ddApiKey: string, ddSite: string }>} customers
 * @param {string} name
 */
async function offboard(customers, name) {
  // operations: offboarding
  const route = customers[name]
  delete customers[name] // no new contexts
  const { pending, tenants } = await llmobs.flush({ route, timeoutMs: 10_000 })
  // end
  return { pending, tenants }
}

module.exports = {
  changeKey,
  healthOf,
  observeMetrics,
  offboard,
  reportToDatadog,
  serveMetrics,
  watchDelivery
}
