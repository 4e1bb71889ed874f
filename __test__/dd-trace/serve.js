'use strict'

/** A service that still runs dd-trace: serves one request with each of the headers it is given, and passes on its own. */

const tracer = require('dd-trace').init()

const carriers = JSON.parse(process.argv[2])
const served = Object.entries(carriers).map(([name, headers]) => {
  const context = tracer.extract('http_headers', headers)
  return tracer.trace('web.request', { childOf: context ?? undefined }, span =>
    tracer.llmobs.trace({ kind: 'tool', name }, () => {
      /** @type {Record<string, string>} */
      const onward = {}
      tracer.inject(tracer.scope().active() ?? span, 'http_headers', onward)
      return [
        name,
        { apmTraceId: span.context().toTraceId(true), links: context?._links?.length ?? 0, onward }
      ]
    })
  )
})
process.stdout.write(JSON.stringify(Object.fromEntries(served)))
