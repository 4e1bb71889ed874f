'use strict'

const { setImmediate: turn } = require('node:timers/promises')
const { ACME, GLOBEX, KEYS, sdk } = require('./setup')

const { open } = sdk()

describe('a span goes to the organisation of the routing context it started in', () => {
  test('with its own key, at its own site, and outside contexts to the default route', async () => {
    const { llmobs, places } = await open()
    llmobs.trace({ kind: 'task', name: 'ours' }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: 'of acme' }, () => {}))
    llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ kind: 'task', name: 'of globex' }, () => {}))
    expect(await places()).toEqual({
      ours: 'platform@datadoghq.com',
      'of acme': 'acme@datadoghq.eu',
      'of globex': 'globex@us5.datadoghq.com'
    })
  })

  test.each(['withRoutingContext', 'routingContext'])('%s returns what the function returns', async name => {
    const { llmobs } = await open()
    const result = {}
    const promise = Promise.resolve(result)
    expect(llmobs[name](ACME, () => result)).toBe(result)
    const returned = llmobs[name](ACME, () => promise)
    expect(returned).toBeInstanceOf(Promise)
    expect(llmobs[name](GLOBEX, () => promise)).toBe(returned)
    expect(await returned).toBe(result)
    expect(() =>
      llmobs[name](ACME, () => {
        throw new RangeError('from fn')
      })
    ).toThrow(new RangeError('from fn'))
  })

  test('whatever context it ends in', async () => {
    const { llmobs, places } = await open()
    let finish
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'task', name: 'started in acme' }, (_span, done) => {
        finish = done
      })
    )
    llmobs.withRoutingContext(GLOBEX, () => finish())
    expect(await places()).toEqual({ 'started in acme': 'acme@datadoghq.eu' })
  })

  test('across awaits, with a hundred customers at once', async () => {
    const { llmobs, intake } = await open()
    const customers = Array.from({ length: 100 }, (_, index) => ({
      ddApiKey: String(index).padStart(32, '0'),
      tenant: `customer ${index}`
    }))
    await Promise.all(
      customers.map((customer, index) =>
        llmobs.withRoutingContext(customer, () =>
          llmobs.trace({ kind: 'workflow', name: `outer ${index}` }, async () => {
            await turn()
            await llmobs.trace({ kind: 'llm', name: `inner ${index}` }, () => turn())
          })
        )
      )
    )
    await llmobs.flush()
    const wrong = customers.filter(({ ddApiKey }, index) => {
      const names = intake.spans({ key: ddApiKey }).map(span => span.name)
      return names.sort().join() !== `inner ${index},outer ${index}`
    })
    expect(wrong).toEqual([])
  })

  test('the inner context wins, and the outer one is back after it', async () => {
    const { llmobs, places } = await open()
    llmobs.withRoutingContext(ACME, () => {
      llmobs.withRoutingContext(GLOBEX, () => llmobs.trace({ kind: 'task', name: 'inner' }, () => {}))
      llmobs.trace({ kind: 'task', name: 'after' }, () => {})
    })
    expect(await places()).toEqual({ inner: 'globex@us5.datadoghq.com', after: 'acme@datadoghq.eu' })
  })

  test('one key at two sites is two destinations', async () => {
    const { llmobs, places } = await open()
    for (const ddSite of ['datadoghq.eu', 'us5.datadoghq.com']) {
      llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite }, () =>
        llmobs.trace({ kind: 'task', name: ddSite }, () => {})
      )
    }
    expect(await places()).toEqual({
      'datadoghq.eu': 'acme@datadoghq.eu',
      'us5.datadoghq.com': 'acme@us5.datadoghq.com'
    })
  })

  test('a context without a site uses the configured one', async () => {
    const { llmobs, places } = await open({ site: 'datadoghq.eu' })
    llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite: undefined }, () =>
      llmobs.trace({ kind: 'task', name: 'a' }, () => {})
    )
    expect(await places()).toEqual({ a: 'acme@datadoghq.eu' })
  })
})

describe('without a destination a span is counted, never sent elsewhere', () => {
  test('no context and no default route: no_route', async () => {
    const { llmobs, intake } = await open({ apiKey: undefined })
    expect(llmobs.trace({ kind: 'task' }, () => 7)).toBe(7)
    await llmobs.flush()
    expect(intake.requests).toEqual([])
    expect(llmobs.stats().unrouted).toMatchObject({
      submitted: 1,
      dropped: 1,
      droppedByReason: { no_route: 1 }
    })
  })

  test('outsideContexts "refuse" refuses spans outside contexts although there is a default route', async () => {
    const { llmobs, places } = await open({ outsideContexts: 'refuse' })
    llmobs.trace({ kind: 'task', name: 'outside' }, () => {})
    llmobs.withRoutingContext(ACME, () => llmobs.trace({ kind: 'task', name: 'inside' }, () => {}))
    expect(await places()).toEqual({ inside: 'acme@datadoghq.eu' })
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 1 })
  })

  test('onInvalidRoute "drop" runs the function and counts its spans', async () => {
    const { llmobs, intake, log } = await open({ onInvalidRoute: 'drop' })
    const run = () => llmobs.trace({ kind: 'task' }, () => 'done')
    expect(llmobs.withRoutingContext({ ddApiKey: KEYS.acme, ddSite: 'evil.example' }, run)).toBe('done')
    expect(llmobs.withRoutingContext({ ddApiKey: 5 }, run)).toBe('done')
    await llmobs.flush()
    expect(intake.requests).toEqual([])
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ invalid_route: 2 })
    expect(log.lines.join('\n')).toMatch(/invalid route are dropped/)
  })

  test('every counter adds up at every moment', async () => {
    const { llmobs } = await open({ outsideContexts: 'refuse' })
    const balance = () => {
      const { submitted, delivered, rejected, dropped, held } = llmobs.stats().total
      return submitted - delivered - rejected - dropped - held
    }
    for (let index = 0; index < 50; index++) {
      llmobs.trace({ kind: 'task' }, () => {})
      llmobs.withRoutingContext(index % 2 === 0 ? ACME : GLOBEX, () =>
        llmobs.trace({ kind: 'task' }, () => {})
      )
      expect(balance()).toBe(0)
    }
    await llmobs.flush()
    expect(balance()).toBe(0)
    expect(llmobs.stats().total).toMatchObject({ submitted: 100, delivered: 50, dropped: 50, held: 0 })
  })
})
