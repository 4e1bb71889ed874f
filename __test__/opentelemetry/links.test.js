'use strict'

const { ACME, GLOBEX, sdk } = require('../sdk/setup')
const { contextOf, otelSpan: spanOf, processorOf } = require('./setup')

const { open } = sdk()
const TRACE = 'c'.repeat(32)
const ELSEWHERE = { traceId: 'e'.repeat(32), spanId: '00000000000000ff', traceFlags: 1 }
const CHAT = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.request.model': 'large-2',
  'gen_ai.request.temperature': 0.5,
  'gen_ai.usage.input_tokens': 3,
  'gen_ai.conversation.id': 'talk',
  'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"hi"}]}]',
  'gen_ai.output.messages': '[not JSON',
  customer: 'one'
}
const AGENT = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'helper' }

/** @param {Record<string, any>} given */
const otelSpan = given => spanOf({ traceId: TRACE, ...given })

/** @param {any} llmobs @param {any} intake */
function driver(llmobs, intake) {
  const processor = processorOf(llmobs)
  return {
    /** @param {any} route @param {any} span @param {any} [parent] */
    start(route, span, parent) {
      llmobs.withRoutingContext(route, () => processor.onStart(span, contextOf(parent)))
      return span
    },
    /** @param {any} span */
    end: span => processor.onEnd(span),
    /** @returns {Promise<Record<string, any>>} by name */
    async events() {
      await processor.forceFlush()
      return Object.fromEntries(intake.spans().map((/** @type {any} */ event) => [event.name, event]))
    }
  }
}

/** @param {any} event @returns {any} what spans that say the same have in common */
function common({ span_id: _, name, _dd: { span_id: __, ...own }, span_links: ___, ...event }) {
  return { ...event, _dd: own }
}

describe('the event of a span with links', () => {
  test.each([
    ['a call', CHAT, {}],
    ['a call that failed', CHAT, { status: { code: 2, message: 'no' }, droppedLinksCount: 3 }],
    ['a tool', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.call.arguments': '{}' }, {}]
  ])('%s: is the one without, and the links', async (_, attributes, more) => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const agent = start(ACME, otelSpan({ name: 'agent', traceId: TRACE, attributes: AGENT }))
    const given = { traceId: TRACE, attributes, ...more }
    for (const [name, links] of [
      ['plain', []],
      ['linked', [{ context: ELSEWHERE }]]
    ])
      end(start(ACME, otelSpan({ ...given, name, links }), agent))
    end(agent)
    const { plain, linked } = await events()
    expect(common(linked)).toEqual(common(plain))
    expect(Object.keys(linked)).toEqual([...Object.keys(plain), 'span_links'])
    expect(plain.meta.agent_attribution).toMatchObject({ pagent_name: 'agent' })
    expect(linked.span_links).toEqual([{ trace_id: ELSEWHERE.traceId, span_id: '255', attributes: {} }])
  })

  test('an event that is too large keeps its links, and both ends of its texts', async () => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const attributes = { ...CHAT, 'gen_ai.output.messages': `begin ${'long '.repeat(1_500_000)} end` }
    end(start(ACME, otelSpan({ name: 'linked', attributes, links: [{ context: ELSEWHERE }] })))
    const { linked } = await events()
    expect(linked.span_links).toHaveLength(1)
    expect(linked.meta.output.messages[0].content).toMatch(/^begin .* bytes removed .* end$/)
    expect(linked.metrics).toEqual({ input_tokens: 3 })
  })

  test('attributes of a link: short, plain, without dots in their names, and no credentials', async () => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const attributes = {
      from: 'output',
      'link.weight': 2,
      'link.ways': ['a', 'b'],
      'http.header.authorization': 'Bearer x',
      prompt: 'x'.repeat(257),
      object: { a: 1 }
    }
    const links = [
      { context: ELSEWHERE, attributes },
      { context: { traceId: 'x', spanId: 'y' } },
      null,
      'link'
    ]
    end(start(ACME, otelSpan({ name: 'linked', attributes: CHAT, links })))
    const { linked } = await events()
    expect(linked.span_links).toEqual([
      {
        trace_id: ELSEWHERE.traceId,
        span_id: '255',
        attributes: { from: 'output', link_weight: 2, link_ways: '["a","b"]' }
      }
    ])
    expect(linked.collection_errors).toEqual(expect.arrayContaining(['truncated:span_links']))
  })

  test('more links than a span may have are counted as truncated', async () => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const links = Array.from({ length: 200 }, () => ({ context: ELSEWHERE }))
    end(start(ACME, otelSpan({ name: 'linked', attributes: CHAT, links })))
    const { linked } = await events()
    expect(linked.span_links).toHaveLength(128)
    expect(linked.collection_errors).toContain('truncated:span_links')
  })
})

describe('links at the border of tenants', () => {
  test('in one trace of two tenants each is told the ids that spans have for it', async () => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const root = start(ACME, otelSpan({ name: 'root', traceId: TRACE, attributes: CHAT }))
    const first = start(GLOBEX, otelSpan({ name: 'first', traceId: TRACE, attributes: CHAT }), root)
    end(first)
    const links = [root, first].map(span => ({ context: span.spanContext() }))
    end(start(GLOBEX, otelSpan({ name: 'second', traceId: TRACE, attributes: CHAT, links }), root))
    end(root)
    const { root: ofAcme, first: linkedWith, second } = await events()
    expect(ofAcme.trace_id).toBe(TRACE)
    expect(second.span_links).toEqual([
      { trace_id: linkedWith.trace_id, span_id: linkedWith.span_id, attributes: {} }
    ])
    expect(JSON.stringify(second)).not.toContain(TRACE)
    expect(JSON.stringify(second)).not.toContain(`"${ofAcme.span_id}"`)
  })

  test('of a span for two tenants each copy has the links to its own', async () => {
    const { llmobs, intake } = await open()
    const { start, end } = driver(llmobs, intake)
    const ofAcme = start(ACME, otelSpan({ name: 'of acme', traceId: 'a1'.repeat(16), attributes: CHAT }))
    const ofGlobex = start(
      GLOBEX,
      otelSpan({ name: 'of globex', traceId: 'b1'.repeat(16), attributes: CHAT })
    )
    const links = [ofAcme, ofGlobex].map(span => ({ context: span.spanContext() }))
    end(start({ targets: [ACME, GLOBEX] }, otelSpan({ name: 'both', attributes: CHAT, links })))
    end(ofAcme)
    end(ofGlobex)
    await llmobs.flush()
    const copies = intake.arrivals().filter(({ event }) => event.name === 'both')
    expect(copies).toHaveLength(2)
    expect(
      copies.map(({ event }) => event.span_links.map((/** @type {any} */ link) => link.trace_id)).sort()
    ).toEqual([['a1'.repeat(16)], ['b1'.repeat(16)]])
  })

  test('a span that was only linked with another tenant has no links', async () => {
    const { llmobs, intake } = await open()
    const { start, end, events } = driver(llmobs, intake)
    const ofAcme = start(ACME, otelSpan({ name: 'of acme', traceId: 'a1'.repeat(16), attributes: CHAT }))
    const links = [{ context: ofAcme.spanContext() }]
    end(start(GLOBEX, otelSpan({ name: 'linked', traceId: TRACE, attributes: CHAT, links })))
    const { linked } = await events()
    expect(linked).not.toHaveProperty('span_links')
  })
})
