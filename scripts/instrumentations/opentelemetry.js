'use strict'

// The span processor with the SDK of OpenTelemetry: registered as each version wants it, and wrongly.

const { SpanlaneSpanProcessor } = require('../../opentelemetry')
const { RUNS, load, openWorld, runAll, tell, textOf, verdict } = require('./world')

const version = process.env.INSTRUMENTATION_VERSION ?? ''
const { trace, context } = load('@opentelemetry/api')

/** @param {any} processor @returns {any} a provider that is registered */
function providerWith(processor) {
  if (version.startsWith('3.')) {
    const { TracerProvider } = load('@opentelemetry/sdk-trace')
    const { AsyncLocalStorageContextManager } = load('@opentelemetry/context-async-hooks')
    const provider = new TracerProvider({ spanProcessors: [processor] })
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    trace.setGlobalTracerProvider(provider)
    return provider
  }
  const { NodeTracerProvider } = load('@opentelemetry/sdk-trace-node')
  const provider = version.startsWith('1.')
    ? new NodeTracerProvider()
    : new NodeTracerProvider({ spanProcessors: [processor] })
  if (version.startsWith('1.')) provider.addSpanProcessor(processor)
  provider.register()
  return provider
}

/** As somebody might register it who takes it for an exporter. @param {any} processor */
function registerWrongly(processor) {
  const { BatchSpanProcessor } = load(
    version.startsWith('3.') ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base'
  )
  for (const wrapped of [processor, { exporter: processor }]) {
    try {
      const batch = new BatchSpanProcessor(wrapped)
      const span = {
        spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }),
        resource: {},
        attributes: {}
      }
      batch.onEnd(span)
      batch.forceFlush().catch(() => {})
    } catch {
      // Some refuse it by themselves.
    }
  }
}

async function main() {
  const { intake, llmobs, log } = await openWorld()
  const processor = new SpanlaneSpanProcessor({ llmobs })
  const provider = providerWith(processor)
  const tracer = provider.getTracer('matrix')
  /** @param {string} name @param {any} attributes @param {() => any} fn */
  const run = (name, attributes, fn) =>
    tracer.startActiveSpan(name, { attributes }, async (/** @type {any} */ span) => {
      await fn()
      span.end()
    })
  await runAll(llmobs, name =>
    run('agent', { 'gen_ai.operation.name': 'invoke_agent', owner: textOf(name) }, () =>
      run('GET /', {}, () =>
        run(
          'chat',
          { 'gen_ai.operation.name': 'chat', owner: textOf(name) },
          () => new Promise(resolve => setTimeout(resolve, 2))
        )
      )
    )
  )
  await provider.forceFlush()
  const before = log.length
  registerWrongly(processor)
  await new Promise(resolve => setTimeout(resolve, 50))
  const found = verdict(intake)
  const byId = new Map(intake.spans().map(span => [span.span_id, span]))
  tell(found, {
    'every span': found.spans === 2 * RUNS,
    'a trace for each run': found.traces === RUNS,
    'agents above calls': intake
      .spans()
      .every(({ name, parent_id: id }) => name === 'agent' || byId.get(id)?.name === 'agent'),
    'nothing to warn of': before === 0,
    'told when it is registered wrongly': log.some(line => /nothing is sent; register it/.test(line))
  })
  await provider.shutdown()
  await provider.shutdown().catch(() => {})
  await llmobs.shutdown()
  await intake.close()
}

main()
