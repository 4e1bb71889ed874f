'use strict'

const { SpanlaneLogRecordProcessor } = require('./lib/opentelemetry/log-records')
const { SpanlaneSpanProcessor } = require('./lib/opentelemetry/processor')

module.exports = { SpanlaneLogRecordProcessor, SpanlaneSpanProcessor }
