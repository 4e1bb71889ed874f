'use strict'

// V8 with a sandbox, as in Electron, allows no memory but its own: who asks for a view of other memory gets a copy, and
// is not told. Spans written there would reach nobody; they take another way.

const { ForeignSpan } = require('../../lib/bridge/foreign-span')
const { HandOver } = require('../../lib/event/hand-over')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { eventText } = require('../support/event-text')
const { openRawIntake } = require('../support/raw-intake')
const { intakes } = require('../support/intake')
const { ACME, KEYS, Log } = require('./setup')

const { start } = intakes()

/** What such an engine makes of the producer's views. What was lent cannot be given back: it never was a view. */
const COPYING = {
  control: real => real.control().slice(0),
  body: real => real.body().slice(0),
  lend: (real, bytes) => real.lend(bytes)?.slice(0)
}

const ENGINES = {
  'copies all': COPYING,
  'copies the control alone': { control: COPYING.control, lend: COPYING.lend },
  'copies the bytes alone': { body: COPYING.body, lend: COPYING.lend },
  'refuses views': {
    control() {
      throw new Error('External buffers are not allowed')
    }
  }
}

/** @param {object} real a native object @param {Record<string, (real: any, ...args: any[]) => any>} changed its methods */
function withChanged(real, changed) {
  return new Proxy(real, {
    get(target, name) {
      if (Object.hasOwn(changed, name)) return (...args) => changed[name](target, ...args)
      const value = target[name]
      return typeof value === 'function' ? value.bind(target) : value
    }
  })
}

describe.each(Object.entries(ENGINES))('an engine that %s', (_what, engine) => {
  /** @type {Awaited<ReturnType<typeof openRawIntake>>} */
  let intake
  /** @type {HandOver} */
  let handOver

  beforeEach(async () => {
    intake = await openRawIntake()
    const openProducer = real => withChanged(real.openProducer(), engine)
    handOver = new HandOver(withChanged(intake.core, { openProducer }))
  })
  afterEach(() => intake.close())

  test('spans of all sizes arrive whole, each once, in their order', async () => {
    const sizes = [10, 1000, 20_000, 1, 300_000, 1_300_000, 60, 700_000, 5]
    const texts = []
    for (let number = 0; number < 200; number++) {
      const output = (number % 2 ? 'é' : 'x').repeat(number < 20 ? sizes[number % sizes.length] : number)
      const span = newSpan('experiment', { route: intake.route, spanId: String(number), output })
      handOver.submitSpan(0, span, CONFIG, span.lineage, null)
      texts.push(eventText(span, CONFIG))
    }
    const events = await intake.events()
    expect(events.length).toBe(texts.length)
    for (const [index, text] of texts.entries()) expect(events[index] === text).toBe(true)
    expect(intake.core.stats().total).toMatchObject({ submitted: 200, delivered: 200, dropped: 0 })
  }, 60_000)

  test('a span that finishes while another is being written arrives, too', async () => {
    const inner = newSpan('experiment', { route: intake.route, spanId: '2', output: 'inner' })
    const metadata = {
      get text() {
        handOver.submitSpan(0, inner, CONFIG, inner.lineage, null)
        return 'outer'
      }
    }
    const event = { trace_id: '1', span_id: '1', parent_id: 'undefined', name: 'outer', meta: { metadata } }
    const outer = new ForeignSpan(/** @type {any} */ ({}), event, intake.route, null, undefined)
    handOver.submitForeign(0, outer, CONFIG, intake.route.laneId)
    const events = await intake.events()
    expect(events.map(text => JSON.parse(text).span_id).sort()).toEqual(['1', '2'])
  })

  test('metrics arrive', async () => {
    handOver.submitMetric(intake.route.laneId, { label: 'quality', value: 'x'.repeat(2000) })
    expect(await intake.metrics()).toContain('"label":"quality"')
  })
})

test('the SDK delivers in such an engine, and knows nothing of it', async () => {
  const intake = await start()
  jest.resetModules()
  const real = jest.requireActual('../../lib/native')
  const open = (...args) =>
    withChanged(real.Core.open(...args), { openProducer: core => withChanged(core.openProducer(), COPYING) })
  jest.doMock('../../lib/native', () => ({ ...real, Core: Object.assign(class {}, { open, shared: open }) }))
  const logger = new Log()
  const llmobs = require('../..').createLLMObs({ intakeUrl: intake.url, mlApp: 'shop', logger })
  jest.dontMock('../../lib/native')
  for (const size of [10, 3_000_000]) {
    llmobs.withRoutingContext(ACME, () =>
      llmobs.trace({ kind: 'task', name: `${size}` }, () => llmobs.annotate({ outputData: 'x'.repeat(size) }))
    )
  }
  expect(await llmobs.shutdown()).toMatchObject({ delivered: 2, dropped: 0, pending: 0 })
  expect(intake.spans({ key: KEYS.acme }).map(span => span.meta.output.value.length)).toEqual([10, 3_000_000])
  expect(logger.lines).toEqual([])
})

test('an engine that allows other memory is found to', async () => {
  const intake = await openRawIntake()
  const calls = { submit: 0 }
  const openProducer = real =>
    withChanged(real.openProducer(), {
      submit(producer, record) {
        calls.submit++
        producer.submit(record)
      }
    })
  const handOver = new HandOver(withChanged(intake.core, { openProducer }))
  const span = newSpan('experiment', { route: intake.route, spanId: '1', output: 'words' })
  handOver.submitSpan(0, span, CONFIG, span.lineage, null)
  expect(await intake.events()).toEqual([eventText(span, CONFIG)])
  expect(calls.submit).toBe(0)
  await intake.close()
})
