'use strict'

const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto')
const { openOtlp } = require('./opentelemetry')

/** @type {import('./adapters').Open} */
function open({ url }) {
  return openOtlp(url, OTLPTraceExporter)
}

module.exports = { open }
