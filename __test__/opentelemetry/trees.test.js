'use strict'

const { context, trace } = require('@opentelemetry/api')
const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
const { ACME, GLOBEX, sdk } = require('../sdk/setup')
const { processorOf } = require('./setup')

const { open: openSdk } = sdk()
const LLM = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'm' }
const TOOL = { 'gen_ai.operation.name': 'execute_tool' }
const WORKFLOW = { 'gen_ai.operation.name': 'invoke_workflow' }
const AGENT = { 'gen_ai.operation.name': 'invoke_agent' }

/** @type {NodeTracerProvider[]} */
let providers = []
afterEach(async () => {
  await Promise.all(providers.map(provider => provider.shutdown()))
  providers = []
  trace.disable()
  context.disable()
})

/** @param {any} [options] of the processor @param {any} [sdkOptions] */
async function open(options, sdkOptions) {
  const opened = await openSdk(sdkOptions)
  const processor = processorOf(opened.llmobs, options)
  const provider = new NodeTracerProvider({ spanProcessors: [processor] })
  provider.register()
  providers.push(provider)
  const tracer = provider.getTracer('test')
  /** @param {string} name @param {any} attributes @param {(span: any) => any} [fn] */
  const run = (name, attributes, fn = () => {}) =>
    tracer.startActiveSpan(name, { attributes }, span => {
      const result = fn(span)
      span.end()
      return result
    })
  return { ...opened, provider, tracer, processor, run }
}

/** @param {any} span @returns {string} its id as events have it */
function decimal(span) {
  return BigInt(`0x${span.spanContext().spanId}`).toString()
}

describe('with the SDK of OpenTelemetry', () => {
  test('trace ids stay, span ids are decimal, times are exact', async () => {
    const { tracer, spans } = await open()
    const startMs = Date.now() - 5000
    const span = tracer.startSpan('call', {
      attributes: LLM,
      startTime: [Math.floor(startMs / 1000), 123_456_789]
    })
    span.end([Math.floor(startMs / 1000) + 2, 123_456_790])
    const { call } = await spans()
    expect(call).toMatchObject({
      trace_id: span.spanContext().traceId,
      span_id: decimal(span),
      parent_id: 'undefined',
      duration: 2_000_000_001,
      status: 'ok'
    })
    expect(BigInt(call.start_ns) / 1000n).toBe(BigInt(Math.floor(startMs / 1000)) * 1_000_000n + 123_456n)
  })

  test('the parent is the nearest ancestor that is sent', async () => {
    const { run, spans } = await open()
    run('request', { 'http.route': '/' }, () =>
      run('workflow', WORKFLOW, () =>
        run('middleware', {}, () => run('call', LLM, () => run('fetch', {}, () => run('inner', TOOL))))
      )
    )
    const all = await spans()
    expect(Object.keys(all).sort()).toEqual(['call', 'inner', 'workflow'])
    expect(all.workflow.parent_id).toBe('undefined')
    expect(all.call.parent_id).toBe(all.workflow.span_id)
    expect(all.inner.parent_id).toBe(all.call.span_id)
    expect(new Set(Object.values(all).map(span => span.trace_id)).size).toBe(1)
  })

  test('an ancestor that ended first is a parent, too', async () => {
    const { tracer, spans } = await open()
    const outer = tracer.startSpan('outer', { attributes: WORKFLOW })
    const http = tracer.startSpan('http', {}, trace.setSpan(context.active(), outer))
    const inner = tracer.startSpan('inner', { attributes: LLM }, trace.setSpan(context.active(), http))
    outer.end()
    http.end()
    const late = tracer.startSpan('late', { attributes: LLM }, trace.setSpan(context.active(), http))
    inner.end()
    late.end()
    const all = await spans()
    expect(all.inner.parent_id).toBe(all.outer.span_id)
    expect(all.late.parent_id).toBe(all.outer.span_id)
  })

  test('a span whose instrumentation says at its end what it is, is a parent before', async () => {
    const { provider, spans } = await open()
    const tracer = provider.getTracer('@arizeai/openinference-instrumentation-openai')
    const outer = tracer.startSpan('outer')
    tracer
      .startSpan(
        'inner',
        { attributes: { 'openinference.span.kind': 'LLM' } },
        trace.setSpan(context.active(), outer)
      )
      .end()
    outer.end()
    const all = await spans()
    expect(all.inner.parent_id).toBe(all.outer.span_id)
    expect(all.outer.meta['span.kind']).toBe('workflow')
  })

  test('a remote parent is no parent: nobody knows whether it is sent', async () => {
    const { tracer, spans } = await open()
    const remote = { traceId: 'f'.repeat(32), spanId: '1'.repeat(16), traceFlags: 1, isRemote: true }
    tracer.startSpan('call', { attributes: LLM }, trace.setSpanContext(context.active(), remote)).end()
    expect((await spans()).call).toMatchObject({ parent_id: 'undefined', trace_id: 'f'.repeat(32) })
  })

  test('a parent that never ended is one all the same, and costs nothing', async () => {
    const { tracer, spans, llmobs } = await open()
    const outer = tracer.startSpan('outer', { attributes: WORKFLOW })
    tracer.startSpan('inner', { attributes: LLM }, trace.setSpan(context.active(), outer)).end()
    const all = await spans()
    expect(all.inner.parent_id).toBe(decimal(outer))
    expect(llmobs.stats()).toMatchObject({ openSpans: 0, total: { submitted: 1 } })
  })

  test('below an agent a span is told whose it is; sessions are inherited', async () => {
    const { run, spans } = await open()
    run('agent', { ...AGENT, 'gen_ai.conversation.id': 's1' }, () => run('call', LLM))
    const { agent, call } = await spans()
    expect(call).toMatchObject({
      session_id: 's1',
      meta: { agent_attribution: { pagent_name: 'agent', pagent_span_id: agent.span_id } }
    })
  })

  test("spans that are not sampled are nobody's", async () => {
    const { processor, llmobs } = await open()
    const span = {
      spanContext: () => ({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 0 }),
      attributes: LLM
    }
    processor.onStart(span, {})
    processor.onEnd(span)
    await processor.forceFlush()
    expect(llmobs.stats().total.submitted).toBe(0)
  })
})

describe('beside spans of Spanlane', () => {
  test('a span of Spanlane around is the parent, and the trace is its trace', async () => {
    const { run, llmobs, spans } = await open()
    llmobs.trace({ kind: 'workflow', name: 'ours', sessionId: 's1' }, () =>
      run('call', LLM, () => run('tool', TOOL))
    )
    const { ours, call, tool } = await spans()
    expect(call).toMatchObject({ trace_id: ours.trace_id, parent_id: ours.span_id, session_id: 's1' })
    expect(tool).toMatchObject({ trace_id: ours.trace_id, parent_id: call.span_id, session_id: 's1' })
  })

  test('the nearer of both is the parent', async () => {
    const { run, llmobs, spans } = await open()
    run('outer', WORKFLOW, () => llmobs.trace({ kind: 'task', name: 'ours' }, () => run('below ours', LLM)))
    llmobs.trace({ kind: 'task', name: 'around' }, () =>
      run('workflow', WORKFLOW, () => run('below workflow', LLM))
    )
    const all = await spans()
    expect(all['below ours'].parent_id).toBe(all.ours.span_id)
    expect(all['below workflow'].parent_id).toBe(all.workflow.span_id)
    expect(all.workflow.parent_id).toBe(all.around.span_id)
  })

  test('annotation contexts hold for spans that start in them', async () => {
    const { run, llmobs, spans } = await open()
    llmobs.annotationContext({ tags: { release: 'r1' } }, () => run('call', LLM))
    expect((await spans()).call.tags).toContain('release:r1')
  })
})

describe('tenants', () => {
  test('the route is the one of the context at the start, wherever it ends', async () => {
    const { tracer, llmobs, places } = await open()
    const span = llmobs.withRoutingContext(ACME, () => tracer.startSpan('of acme', { attributes: LLM }))
    llmobs.withRoutingContext(GLOBEX, () => span.end())
    expect(await places()).toEqual({ 'of acme': 'acme@datadoghq.eu' })
  })

  test('where the context was lost, the span above decides, whose context was there', async () => {
    const { tracer, llmobs, spans, places } = await open()
    const start = (name, above) =>
      tracer.startSpan(name, { attributes: LLM }, trace.setSpan(context.active(), above))
    const outer = llmobs.withRoutingContext(ACME, () => tracer.startSpan('outer', { attributes: WORKFLOW }))
    const lost = start('lost', outer)
    const below = start('below', lost)
    const theirs = llmobs.withRoutingContext(GLOBEX, () => start('theirs', outer))
    for (const span of [below, lost, theirs, outer]) span.end()
    expect(await places()).toEqual({
      outer: 'acme@datadoghq.eu',
      lost: 'acme@datadoghq.eu',
      below: 'acme@datadoghq.eu',
      theirs: 'globex@us5.datadoghq.com'
    })
    const all = await spans()
    expect(all.below.parent_id).toBe(all.lost.span_id)
    expect(all.theirs.parent_id).toBe('undefined')
  })

  test('at a border nothing crosses: a trace id of its own, no parent, no session', async () => {
    const { run, llmobs, spans, places } = await open()
    const acme = { ...AGENT, 'gen_ai.conversation.id': 'acme session', 'gen_ai.agent.name': 'acme agent' }
    llmobs.withRoutingContext(ACME, () =>
      run('acme outer', acme, () => {
        llmobs.withRoutingContext(GLOBEX, () => run('theirs', WORKFLOW, () => run('their call', LLM)))
        run('inner', LLM)
      })
    )
    const all = await spans()
    const outer = all['acme outer']
    expect(all.theirs.parent_id).toBe('undefined')
    expect(all['their call']).toMatchObject({ trace_id: all.theirs.trace_id, parent_id: all.theirs.span_id })
    expect(all.inner).toMatchObject({ trace_id: outer.trace_id, parent_id: outer.span_id })
    for (const name of ['theirs', 'their call']) {
      const text = JSON.stringify(all[name])
      for (const secret of [outer.trace_id, outer.span_id, 'acme']) expect(text).not.toContain(secret)
    }
    expect(await places()).toMatchObject({
      theirs: 'globex@us5.datadoghq.com',
      'acme outer': 'acme@datadoghq.eu'
    })
  })

  test('the tenant of the first span has the trace id as it is, also where a request around has none', async () => {
    const { run, llmobs, spans } = await open()
    let traceId
    run('request', {}, span => {
      traceId = span.spanContext().traceId
      llmobs.withRoutingContext(ACME, () => run('a', LLM))
      llmobs.withRoutingContext(GLOBEX, () => run('b', LLM))
      llmobs.withRoutingContext(ACME, () => run('a again', LLM))
      llmobs.withRoutingContext(GLOBEX, () => run('b again', LLM))
    })
    const all = await spans()
    expect(all.a.trace_id).toBe(traceId)
    expect(all['a again'].trace_id).toBe(traceId)
    expect(all.b.trace_id).not.toBe(traceId)
    expect(all.b.trace_id).toMatch(/^[0-9a-f]{32}$/)
    expect(all['b again'].trace_id).toBe(all.b.trace_id)
  })

  test('several targets get a copy each', async () => {
    const { run, llmobs, intake } = await open()
    llmobs.withRoutingContext({ targets: [ACME, GLOBEX] }, () =>
      run('outer', WORKFLOW, () => run('call', LLM))
    )
    await llmobs.flush()
    for (const { ddApiKey: key, ddSite: site } of [ACME, GLOBEX]) {
      const [call, outer] = intake.spans({ key, site })
      expect([call.name, outer.name]).toEqual(['call', 'outer'])
      expect(call.parent_id).toBe(outer.span_id)
    }
  })

  test('outside all contexts: the default route, until tenants are served', async () => {
    const { run, llmobs, places, log } = await open()
    run('before', LLM)
    llmobs.withRoutingContext(ACME, () => run('of acme', LLM))
    run('after', LLM)
    run('no model', {})
    expect(await places()).toEqual({ before: 'platform@datadoghq.com', 'of acme': 'acme@datadoghq.eu' })
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ no_route: 1 })
    expect(log.lines.filter(line => line.includes('#outside_contexts'))).toHaveLength(1)
  })

  test('a route without content sends none of it: no messages, no unknown attribute, no instructions', async () => {
    const { run, llmobs, intake } = await open()
    const secret = 'the secret text'
    const attributes = {
      ...AGENT,
      'gen_ai.system_instructions': secret,
      'gen_ai.input.messages': JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: secret }] }]),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: secret }] }
      ]),
      'gen_ai.something.new': secret,
      'llm.invocation_parameters': JSON.stringify({ instructions: secret }),
      'llm.prompt_template.template': secret,
      'app.long': secret.repeat(50),
      'app.short': 'tag'
    }
    llmobs.withRoutingContext({ ...ACME, captureContent: false }, () => {
      run('agent', attributes)
      run('call', { ...attributes, ...LLM })
    })
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(2)
    expect(JSON.stringify(intake.spans())).not.toContain(secret)
    expect(intake.spans()[0].tags).toContain('app.short:tag')
  })

  test('links stay, but not to another tenant', async () => {
    const { tracer, llmobs, spans } = await open()
    const start = (route, name, links = []) =>
      llmobs.withRoutingContext(route, () => tracer.startSpan(name, { attributes: LLM, links }))
    const ofAcme = start(ACME, 'of acme')
    const ofGlobex = start(GLOBEX, 'of globex')
    ofAcme.end()
    ofGlobex.end()
    const remote = { traceId: 'e'.repeat(32), spanId: '00000000000000ff', traceFlags: 1 }
    const links = [ofAcme, ofGlobex].map(span => ({ context: span.spanContext(), attributes: { from: 'x' } }))
    start(ACME, 'linked', [...links, { context: remote }]).end()
    const { linked } = await spans()
    expect(linked.span_links).toEqual([
      { trace_id: ofAcme.spanContext().traceId, span_id: decimal(ofAcme), attributes: { from: 'x' } },
      { trace_id: 'e'.repeat(32), span_id: '255', attributes: {} }
    ])
    expect(JSON.stringify(linked)).not.toContain(ofGlobex.spanContext().traceId)
  })
})

describe('routeOf', () => {
  const routeOf = span => ({ acme: ACME, globex: GLOBEX })[span.attributes['app.tenant']]

  test('names the route from what the span says, and wins over the context', async () => {
    const { run, llmobs, places } = await open({ routeOf })
    llmobs.withRoutingContext(ACME, () => {
      run('named', { ...LLM, 'app.tenant': 'globex' })
      run('not named', LLM)
    })
    expect(await places()).toEqual({ named: 'globex@us5.datadoghq.com', 'not named': 'acme@datadoghq.eu' })
    expect(llmobs.stats().total.tenantMismatch).toBe(1)
  })

  test('a parent that does not say yet whose it is, is of the tenant of what is below it', async () => {
    const { run, spans, places } = await open({ routeOf })
    run('outer', WORKFLOW, span => {
      run('inner', { ...LLM, 'app.tenant': 'acme' })
      span.setAttribute('app.tenant', 'acme')
    })
    const { outer, inner } = await spans()
    expect(inner).toMatchObject({ parent_id: outer.span_id, trace_id: outer.trace_id })
    expect(await places()).toEqual({ outer: 'acme@datadoghq.eu', inner: 'acme@datadoghq.eu' })
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('secret')
      }
    ],
    ['returns no route', () => ({ ddApiKey: '' })],
    ['returns a text', () => 'acme']
  ])("%s: invalid_route, and not the context's", async (_what, wrong) => {
    const { run, llmobs, log, intake } = await open({ routeOf: wrong })
    llmobs.withRoutingContext(ACME, () => run('call', LLM))
    await llmobs.flush()
    expect(intake.spans()).toEqual([])
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ invalid_route: 1 })
    expect(log.lines.join()).toMatch(/routeOf returned no route.*#opentelemetry/)
    expect(log.lines.join()).not.toContain('secret')
  })
})

describe('filter', () => {
  test('decides which spans are sent, and is told what is known', async () => {
    const { run, spans } = await open({ filter: (span, isKnown) => isKnown && span.name !== 'hidden' })
    run('outer', WORKFLOW, () => run('hidden', WORKFLOW, () => run('call', LLM)))
    const all = await spans()
    expect(Object.keys(all).sort()).toEqual(['call', 'outer'])
    expect(all.call.parent_id).toBe(all.outer.span_id)
  })

  test('may send what no convention describes', async () => {
    const { run, spans } = await open({ filter: () => true })
    run('GET /', { 'http.route': '/' }, () => run('call', LLM))
    const all = await spans()
    expect(all['GET /']).toMatchObject({
      meta: { 'span.kind': 'workflow' },
      tags: expect.arrayContaining(['http.route:/'])
    })
    expect(all.call.parent_id).toBe(all['GET /'].span_id)
  })

  test('throws: counted as processor, with a warning', async () => {
    const { run, llmobs, log } = await open({
      filter: () => {
        throw new TypeError('secret')
      }
    })
    run('call', LLM)
    await llmobs.flush()
    expect(llmobs.stats().unrouted.droppedByReason).toEqual({ processor: 1 })
    expect(log.lines.join()).toMatch(/filter threw: TypeError.*#opentelemetry/)
    expect(log.lines.join()).not.toContain('secret')
  })
})

describe('what a span carries', () => {
  test('evaluations, to where the span goes', async () => {
    const { run, llmobs, intake } = await open()
    llmobs.withRoutingContext(ACME, () =>
      run('call', LLM, span => {
        const of = fields =>
          Object.fromEntries(
            Object.entries(fields).map(([name, value]) => [`gen_ai.evaluation.${name}`, value])
          )
        span.addEvent(
          'gen_ai.evaluation.result',
          of({ name: 'relevance', 'score.value': 0.5, 'score.label': 'ok', explanation: 'why' })
        )
        span.addEvent('gen_ai.evaluation.result', of({ name: 'tone', 'score.label': 'polite' }))
        span.addEvent('gen_ai.evaluation.result', of({ name: 'says nothing' }))
      })
    )
    await llmobs.flush()
    const [call] = intake.spans()
    const [relevance, tone, ...others] = intake.evaluations({ key: ACME.ddApiKey, site: ACME.ddSite })
    expect(others).toEqual([])
    expect(relevance).toMatchObject({
      label: 'relevance',
      score_value: 0.5,
      reasoning: 'why',
      join_on: { span: { trace_id: call.trace_id, span_id: call.span_id } }
    })
    expect(tone).toMatchObject({ label: 'tone', metric_type: 'categorical', categorical_value: 'polite' })
  })

  test('errors: of the status and of the exception, and not of a status that says all is well', async () => {
    const { run, spans } = await open()
    run('failed', LLM, span => {
      span.recordException(new RangeError('too far'))
      span.setStatus({ code: 2, message: 'it failed' })
    })
    run('caught', LLM, span => span.recordException(new RangeError('handled')))
    run('ok', LLM, span => span.setStatus({ code: 1 }))
    run('type only', { ...LLM, 'error.type': '429' })
    const all = await spans()
    expect(all.failed).toMatchObject({
      status: 'error',
      meta: {
        'error.type': 'RangeError',
        'error.message': 'it failed',
        'error.stack': expect.stringContaining('too far')
      }
    })
    expect([all.caught.status, all.ok.status, all['type only'].status]).toEqual(['ok', 'ok', 'error'])
    expect(all['type only'].meta['error.type']).toBe('429')
  })

  test('how much the SDK left out', async () => {
    const opened = await openSdk()
    const provider = new NodeTracerProvider({
      spanProcessors: [processorOf(opened.llmobs)],
      spanLimits: { attributeCountLimit: 3 }
    })
    providers.push(provider)
    provider
      .getTracer('t')
      .startSpan('call', { attributes: { ...LLM, 'gen_ai.usage.input_tokens': 1, b: 2 } })
      .end()
    expect((await opened.spans()).call.collection_errors).toEqual(['otel_dropped_attributes:2'])
  })

  test('content of the details event of 1.37', async () => {
    const { run, spans } = await open()
    run('call', LLM, span =>
      span.addEvent('gen_ai.client.inference.operation.details', {
        'gen_ai.input.messages': JSON.stringify([
          { role: 'user', parts: [{ type: 'text', content: 'hello' }] }
        ])
      })
    )
    expect((await spans()).call.meta.input.messages).toEqual([{ role: 'user', content: 'hello' }])
  })
})
