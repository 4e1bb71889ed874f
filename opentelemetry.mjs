import instrumentation from './opentelemetry.js'

export const { SpanlaneLogRecordProcessor, SpanlaneSpanProcessor } = instrumentation
