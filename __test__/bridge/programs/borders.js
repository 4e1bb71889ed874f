'use strict'

// Tenants inside tenants, beside each other in one APM trace, and inside the application's own spans.

const { ACME, GLOBEX, bridge, init, main, tracer } = require('./world')

main(async () => {
  init()
  bridge.attach(tracer, { tenantTags: ['team'] })
  const observe = tracer.llmobs
  const task = (name, options, fn = () => {}) => observe.trace({ kind: 'task', name, ...options }, fn)

  // One request of the platform: everything below shares its APM trace.
  await tracer.trace('web.request', async () => {
    await observe.trace(
      { kind: 'agent', name: 'ours', sessionId: 'session of ours', mlApp: 'ours' },
      async () => {
        await observe.routingContext(ACME, async () => {
          await observe.trace(
            { kind: 'agent', name: 'acme agent', sessionId: 'session of acme', mlApp: 'acme app' },
            async () => {
              task('acme child', { tags: {} }, () =>
                observe.annotate({ tags: { team: 'of acme', channel: 'web' } })
              )
              await observe.routingContext(GLOBEX, async () => {
                await observe.trace({ kind: 'workflow', name: 'globex root' }, async () => {
                  task('globex child')
                  observe.routingContext({ ...ACME, ddApiKey: 'c'.repeat(32) }, () => task('acme again'))
                })
              })
              observe.routingContext({ ...ACME, ddSite: 'datadoghq.com' }, () => task('acme, other site'))
            }
          )
        })
        task('ours again')
      }
    )
    observe.routingContext(GLOBEX, () => task('globex beside'))
    observe.routingContext(ACME, () => task('acme beside'))
    observe.routingContext(
      { ...GLOBEX, mlApp: 'route app', service: 'route service', env: 'route env' },
      () => task('with route options')
    )
    task('ours beside')
  })
  // Some versions of dd-trace write into the caller's own objects.
  const shared = { tags: { from: 'context' } }
  observe.annotationContext(shared, () => {
    observe.routingContext(ACME, () =>
      task('annotated acme', {}, () => observe.annotate({ tags: { secret: 'acme' } }))
    )
    observe.routingContext(GLOBEX, () => task('annotated globex'))
  })
  await observe.flush()
  return { shared }
})
