'use strict'

const { SpanlaneTracingProcessor } = require('../../openai-agents')
const { LLMObs } = require('../../lib/sdk/llmobs')
const { expectNothingCrossed } = require('../../testing')
const { ACME, GLOBEX, sdk, thrownBy } = require('../sdk/setup')
const { Agents, message, responseData, runOf } = require('./setup')

const { open: openSdk } = sdk()
const nothing = async () => {}
/** A processor before ours, as that of OpenAI. */
const FIRST = {
  onTraceStart: nothing,
  onTraceEnd: nothing,
  onSpanStart: nothing,
  onSpanEnd: nothing,
  forceFlush: nothing,
  shutdown: nothing
}

async function open(options, ...before) {
  const opened = await openSdk(options)
  const processor = new SpanlaneTracingProcessor({ llmobs: opened.llmobs })
  return {
    ...opened,
    processor,
    agents: new Agents(...(before.length === 0 ? [FIRST] : before), processor),
    /** @returns {Promise<any[]>} all that arrived, once nothing goes on; the first to start first */
    async arrived() {
      await settled()
      await opened.llmobs.flush()
      return opened.intake.spans().sort((left, right) => left.start_ns - right.start_ns)
    }
  }
}

/** Waits until processors were told of everything. */
const settled = () => new Promise(resolve => setImmediate(resolve))

/** Each span with that above it. @param {any[]} spans */
function tree(spans) {
  const byId = new Map(spans.map(span => [span.span_id, span]))
  return spans.map(span => [
    span.meta['span.kind'],
    span.name,
    byId.get(span.parent_id)?.name ?? span.parent_id
  ])
}

/** @param {Agents} agents @param {string} city a run of one agent, with a tool */
function helper(agents, city) {
  const call = {
    type: 'function_call',
    id: 'fc_1',
    call_id: 'c1',
    name: 'weather',
    arguments: `{"city":"${city}"}`
  }
  return agents.withTrace(
    'Agent workflow',
    () =>
      runOf(agents, { name: 'Helper', tools: ['weather'], handoffs: [], output_type: 'text' }, async () => {
        await agents.withSpan(responseData(`Weather in ${city}?`, [call]))
        await agents.withSpan({
          type: 'function',
          name: 'weather',
          input: `{"city":"${city}"}`,
          output: `sunny in ${city}`
        })
        const history = [
          { role: 'user', content: `Weather in ${city}?` },
          { ...call, callId: 'c1' },
          {
            type: 'function_call_result',
            callId: 'c1',
            name: 'weather',
            output: { type: 'text', text: `sunny in ${city}` }
          }
        ]
        await agents.withSpan(
          responseData(/** @type {any} */ (history), [
            { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
            message(`It is sunny in ${city}.`)
          ])
        )
      }),
    { groupId: 'chat 1', metadata: { plan: 'gold' } }
  )
}

describe('what a run says', () => {
  test('an agent with a tool, by responses', async () => {
    const { agents, arrived, llmobs } = await open()
    await helper(agents, 'Paris')
    const spans = await arrived()
    expect(tree(spans)).toEqual([
      ['workflow', 'Agent workflow', 'undefined'],
      ['agent', 'Helper', 'Agent workflow'],
      ['llm', 'response', 'Helper'],
      ['tool', 'weather', 'Helper'],
      ['llm', 'response', 'Helper']
    ])
    const [whole, agent, first, tool, second] = spans
    expect(whole.meta).toMatchObject({
      input: { value: 'Weather in Paris?' },
      output: { value: 'It is sunny in Paris.' },
      metadata: { plan: 'gold' }
    })
    expect(agent.meta).toMatchObject({
      input: { value: 'Weather in Paris?' },
      output: { value: 'It is sunny in Paris.' },
      metadata: {
        tools: ['weather'],
        output_type: 'text',
        _dd: { agent_manifest: { instructions: 'Be nice.' } }
      }
    })
    expect(first).toMatchObject({
      session_id: 'chat 1',
      meta: {
        model_name: 'gpt-4o-2024',
        model_provider: 'openai',
        input: {
          messages: [
            { role: 'system', content: 'Be nice.' },
            { role: 'user', content: 'Weather in Paris?' }
          ]
        },
        output: {
          messages: [
            {
              role: 'assistant',
              tool_calls: [{ name: 'weather', arguments: { city: 'Paris' }, tool_id: 'c1' }]
            }
          ]
        },
        metadata: { temperature: 0.5, response_id: 'resp_1' },
        tool_definitions: [{ name: 'weather', schema: { type: 'object' } }],
        agent_attribution: { pagent_name: 'Helper' }
      },
      metrics: {
        input_tokens: 21,
        output_tokens: 9,
        total_tokens: 30,
        cache_read_input_tokens: 4,
        reasoning_output_tokens: 2
      }
    })
    expect(tool.meta).toMatchObject({
      input: { value: '{"city":"Paris"}' },
      output: { value: 'sunny in Paris' }
    })
    expect(second.meta.input.messages.slice(2)).toMatchObject([
      { role: 'assistant', tool_calls: [{ name: 'weather', tool_id: 'c1' }] },
      { role: 'tool', tool_results: [{ result: 'sunny in Paris', tool_id: 'c1' }] }
    ])
    expect(second.meta.output.messages).toEqual([
      { role: 'reasoning', content: 'hm' },
      { role: 'assistant', content: 'It is sunny in Paris.' }
    ])
    expect(whole.tags).toContain('integration:openai-agents')
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('a call of chat completions, as the published package tells it', async () => {
    const { agents, arrived } = await open()
    const [{ span_data: data }] = require('../fixtures/openai-agents-chat.json').spans
    await agents.withTrace('chat', () => agents.withSpan(data))
    const [, call] = await arrived()
    expect(call).toMatchObject({
      name: 'generation',
      meta: {
        model_name: 'gpt-4o-2024-08-06',
        model_provider: 'openai',
        input: {
          messages: [
            { role: 'system', content: 'You are helpful.' },
            { role: 'user', content: 'Weather in Paris?' }
          ]
        },
        output: { messages: [{ tool_calls: [{ name: 'weather', arguments: { city: 'Paris' } }] }] },
        metadata: { finish_reasons: ['tool_calls'], response_id: 'chatcmpl-1' }
      },
      metrics: { input_tokens: 21, output_tokens: 9, cache_read_input_tokens: 4, reasoning_output_tokens: 2 }
    })
  })

  test('a handoff: the agent is linked with it', async () => {
    const { agents, arrived } = await open()
    await agents.withTrace('two', () =>
      agents.withSpan({ type: 'task', name: 'two' }, async () => {
        await agents.withSpan({ type: 'agent', name: 'First', handoffs: ['Second Agent'] }, () =>
          agents.withSpan({ type: 'handoff', from_agent: 'First' }, async span => {
            span.spanData.to_agent = 'Second Agent'
          })
        )
        await agents.withSpan({ type: 'agent', name: 'Second Agent' })
      })
    )
    const spans = await arrived()
    expect(tree(spans)).toEqual([
      ['workflow', 'two', 'undefined'],
      ['agent', 'First', 'two'],
      ['tool', 'transfer_to_second_agent', 'First'],
      ['agent', 'Second Agent', 'two']
    ])
    const [, first, handoff, second] = spans
    expect(first.meta.metadata).toMatchObject({ handoffs: ['Second Agent'] })
    expect(handoff.meta.metadata).toEqual({ from_agent: 'First', to_agent: 'Second Agent' })
    expect(second.span_links).toEqual([
      { trace_id: handoff.trace_id, span_id: handoff.span_id, attributes: { type: 'handoff' } }
    ])
  })

  test('guardrails, spans of the application, tools of a server, speech', async () => {
    const { agents, arrived } = await open()
    await agents.withTrace('others', async () => {
      await agents.withSpan({ type: 'guardrail', name: 'polite', triggered: true })
      await agents.withSpan({ type: 'custom', name: 'own', data: { step: 3 } })
      await agents.withSpan({ type: 'custom', name: 'turn', data: { sdk_span_type: 'turn' } })
      await agents.withSpan({ type: 'mcp_tools', server: 'files', result: ['read', 'write'] })
      const sound = { data: 'AAAA', format: 'pcm' }
      await agents.withSpan({ type: 'transcription', input: sound, output: 'hello', model: 'whisper' })
      await agents.withSpan({ type: 'speech', input: 'hello', output: sound, model: 'tts' })
      await agents.withSpan({ type: 'something new' })
    })
    const spans = await arrived()
    expect(tree(spans).map(([kind, name]) => [kind, name])).toEqual([
      ['workflow', 'others'],
      ['task', 'polite'],
      ['task', 'own'],
      ['task', 'mcp_tools'],
      ['llm', 'transcription'],
      ['llm', 'speech'],
      ['task', 'something new']
    ])
    const [, guardrail, own, tools, transcription, speech] = spans.map(({ meta }) => meta)
    expect([guardrail.metadata, own.metadata]).toEqual([{ triggered: true }, { step: 3 }])
    expect(tools).toMatchObject({ output: { value: '["read","write"]' }, metadata: { server: 'files' } })
    expect(transcription).toMatchObject({
      model_name: 'whisper',
      output: { messages: [{ content: 'hello' }] }
    })
    expect(speech).toMatchObject({ model_name: 'tts', input: { messages: [{ content: 'hello' }] } })
    expect(JSON.stringify(spans)).not.toContain('AAAA')
  })

  test('a run that fails: its trace ends with it, and what goes on in the trace is still below it', async () => {
    const { agents, arrived, llmobs } = await open()
    await agents.withTrace('retried', async () => {
      const failing = runOf(agents, { name: 'Failing' }, async () => {
        throw new RangeError('too far')
      })
      await expect(failing).rejects.toThrow('too far')
      await settled()
      await runOf(agents, { name: 'Second' }, nothing)
    })
    const spans = await arrived()
    expect(spans.map(({ name, meta }) => [name, meta['error.type'], meta['error.message']])).toEqual([
      ['retried', 'RangeError', 'too far'],
      ['Failing', 'RangeError', 'too far'],
      ['Second', undefined, undefined]
    ])
    expect(tree(spans).map(([, , above]) => above)).toEqual(['undefined', 'retried', 'retried'])
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('times are those of the work, however late a processor before ours lets go', async () => {
    let release
    const gate = new Promise(resolve => {
      release = resolve
    })
    const slow = { ...FIRST, onSpanEnd: () => gate }
    const { agents, llmobs, arrived } = await open({}, slow)
    const startMs = Date.now()
    await agents.withTrace('slow', () => agents.withSpan({ type: 'function', name: 'tool' }, nothing))
    const endMs = Date.now()
    await settled()
    // The trace is over, and its span is still to be told of.
    expect(llmobs.stats().openSpans).toBe(2)
    while (Date.now() < endMs + 20) await settled()
    release()
    const [whole, tool] = await arrived()
    expect(tool.start_ns / 1e6).toBeGreaterThan(startMs - 3)
    for (const { start_ns, duration } of [whole, tool]) {
      expect((start_ns + duration) / 1e6).toBeLessThan(endMs + 3)
    }
  })

  test('a route without content gets none', async () => {
    const { agents, llmobs, arrived } = await open()
    await llmobs.withRoutingContext({ ...GLOBEX, captureContent: false }, () => helper(agents, 'Paris'))
    const spans = await arrived()
    expect(spans).toHaveLength(5)
    expect(JSON.stringify(spans)).not.toMatch(/Paris|Be nice/)
    expect(spans.filter(({ metrics }) => metrics.input_tokens === 21)).toHaveLength(2)
  })
})

describe('where spans go', () => {
  test('forty runs of four tenants at once, each in a trace of its own', async () => {
    const { agents, llmobs, intake, log } = await open()
    const names = ['acme', 'globex', 'initech', 'umbrella']
    const routeOf = index => ({
      ddApiKey: 'abcd'[index % 4].repeat(32),
      ddSite: 'datadoghq.eu',
      tenant: names[index % 4]
    })
    const runs = Array.from({ length: 40 }, (_, index) =>
      llmobs.withRoutingContext(routeOf(index), () => helper(agents, `of ${names[index % 4]}`))
    )
    await Promise.all(runs)
    await settled()
    await llmobs.flush()
    const places = Object.fromEntries(
      names.map((name, index) => [name, { key: routeOf(index).ddApiKey, site: 'datadoghq.eu' }])
    )
    for (const [name, place] of Object.entries(places)) {
      const spans = intake.spans(place)
      expect(spans).toHaveLength(50)
      expect(spans.every(span => JSON.stringify(span).includes(`of ${name}`))).toBe(true)
      const ids = new Set(spans.map(({ span_id: id }) => id))
      const roots = spans.filter(({ parent_id: id }) => id === 'undefined')
      expect(roots).toHaveLength(10)
      expect(spans.every(span => roots.includes(span) || ids.has(span.parent_id))).toBe(true)
    }
    expectNothingCrossed(intake, places, {
      ownerOf: event => /of (\w+)/.exec(JSON.stringify(event))?.[1]
    })
    expect(log.lines).toEqual([])
  })

  test('one trace about two tenants: each has its own, and nothing of the other', async () => {
    const { agents, llmobs, places, arrived } = await open()
    const run = name =>
      runOf(agents, { name }, () =>
        agents.withSpan(responseData(`secret of ${name}`, [message(`for ${name}`)]))
      )
    await llmobs.withRoutingContext(ACME, () =>
      agents.withTrace(
        'batch',
        async () => {
          await run('acme')
          await llmobs.withRoutingContext(GLOBEX, () => run('globex'))
        },
        { groupId: 'session of acme' }
      )
    )
    await settled()
    expect(await places()).toMatchObject({
      batch: 'acme@datadoghq.eu',
      acme: 'acme@datadoghq.eu',
      globex: 'globex@us5.datadoghq.com'
    })
    const spans = await arrived()
    const globex = spans.find(({ name }) => name === 'globex')
    expect(globex.parent_id).toBe('undefined')
    expect(globex.trace_id).not.toBe(spans[0].trace_id)
    expect(globex.session_id).toBeUndefined()
    expect(JSON.stringify(spans[0])).not.toContain('globex')
  })

  test('where the context was lost, the span above decides', async () => {
    const { agents, llmobs, arrived, intake } = await open()
    const outside = require('node:async_hooks').AsyncLocalStorage.snapshot()
    const processor = new SpanlaneTracingProcessor({ llmobs })
    const trace = { traceId: 't1', name: 'kept', metadata: {} }
    await llmobs.withRoutingContext(ACME, () => processor.onTraceStart(trace))
    const span = { traceId: 't1', spanId: 's1', parentId: null, spanData: { type: 'agent', name: 'lost' } }
    await outside(() => processor.onSpanStart(span))
    await outside(() => processor.onSpanEnd(span))
    await outside(() => processor.onTraceEnd(trace))
    expect(tree(await arrived())).toEqual([
      ['workflow', 'kept', 'undefined'],
      ['agent', 'lost', 'kept']
    ])
    expect(intake.spans({ key: ACME.ddApiKey })).toHaveLength(2)
    expect(agents).toBeDefined()
  })

  test('below a span of Spanlane', async () => {
    const { agents, llmobs, arrived } = await open()
    await llmobs.trace({ kind: 'workflow', name: 'ours' }, () => agents.withTrace('theirs', nothing))
    expect(tree(await arrived())).toEqual([
      ['workflow', 'ours', 'undefined'],
      ['workflow', 'theirs', 'ours']
    ])
  })

  test('spans inside a tool are below it, and below each other, at their own tenant', async () => {
    const { agents, llmobs, arrived, intake } = await open()
    const provider = Symbol.for('openai.agents.core.traceProvider')
    globalThis[provider] = agents
    const traced = (name, fn = () => {}) => llmobs.trace({ kind: 'task', name }, fn)
    try {
      await llmobs.withRoutingContext(ACME, () =>
        traced('around', () =>
          agents.withTrace('run', async () => {
            traced('beside')
            await runOf(agents, { name: 'Agent' }, async () => {
              traced('in the turn')
              await agents.withSpan({ type: 'function', name: 'tool' }, async () => {
                traced('outer', () => traced('inner'))
                llmobs.withRoutingContext(GLOBEX, () => traced('theirs'))
              })
            })
          })
        )
      )
    } finally {
      delete globalThis[provider]
    }
    const above = Object.fromEntries(tree(await arrived()).map(([, name, above]) => [name, above]))
    expect(above).toEqual({
      around: 'undefined',
      run: 'around',
      beside: 'around',
      Agent: 'run',
      'in the turn': 'Agent',
      tool: 'Agent',
      outer: 'tool',
      inner: 'outer',
      theirs: 'undefined'
    })
    expect(intake.spans({ key: GLOBEX.ddApiKey }).map(({ name }) => name)).toEqual(['theirs'])
  })

  test('beside dd-trace that follows the Agents SDK itself: nothing, and a warning', async () => {
    const { channel } = require('node:diagnostics_channel')
    const { agents, llmobs, log } = await open()
    LLMObs.instanceOf(llmobs).bridgedRoutes = () => null
    const follow = () => {}
    channel('apm:openai-agents:agents-core:loaded').subscribe(follow)
    await agents.withTrace('silent', () => agents.withSpan({ type: 'agent', name: 'silent' }))
    channel('apm:openai-agents:agents-core:loaded').unsubscribe(follow)
    await settled()
    expect(llmobs.stats().total.submitted).toBe(0)
    expect(log.lines).toEqual([
      expect.stringMatching(/dd-trace is attached and follows the OpenAI Agents SDK itself.*#openai_agents/)
    ])
  })

  test('switched off: nothing, and the run runs', async () => {
    const { agents, arrived } = await open({ enabled: false })
    expect(await agents.withTrace('off', async () => 7)).toBe(7)
    expect(await arrived()).toEqual([])
  })
})

describe('bad input', () => {
  test.each([
    ['options that are none', 'x'],
    ['an LLMObs of another package', { llmobs: {} }]
  ])('%s: the constructor throws', (_what, options) => {
    expect(thrownBy(() => new SpanlaneTracingProcessor(/** @type {any} */ (options)))).toMatchObject({
      code: 'SPANLANE_INVALID_OPTION'
    })
  })

  test('two processors for one LLMObs, or one twice: nothing twice, and a warning', async () => {
    for (const isSame of [true, false]) {
      const { llmobs, processor, log, arrived } = await open()
      const agents = new Agents(processor, isSame ? processor : new SpanlaneTracingProcessor({ llmobs }))
      await agents.withTrace('once', () => agents.withSpan({ type: 'agent', name: 'once' }))
      expect(await arrived()).toHaveLength(2)
      expect(log.lines).toEqual([
        expect.stringMatching(/each span is taken once, by the first.*#openai_agents/)
      ])
    }
  })

  test('calls that the Agents SDK would not make change nothing, and reject nothing', async () => {
    const { processor, arrived, log, llmobs } = await open()
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('secret')
        },
        getOwnPropertyDescriptor() {
          throw new Error('secret')
        }
      }
    )
    const told = [undefined, null, 7, 'x', {}, hostile, { spanId: 's', traceId: 't', spanData: hostile }]
    for (const item of told) {
      for (const name of ['onTraceStart', 'onSpanStart', 'onSpanEnd', 'onTraceEnd']) {
        await expect(processor[name](item)).resolves.toBeUndefined()
      }
    }
    const strange = { spanId: 'u', traceId: 'u', spanData: { type: 'toString' }, startedAt: 'never' }
    await processor.onSpanStart(strange)
    await processor.onSpanEnd(strange)
    const odd = { type: 'response', _input: 5, _response: { output: [null, 7, {}], usage: 'x', tools: 'y' } }
    const span = { spanId: 'odd', traceId: 'odd', spanData: odd, error: 'no', startedAt: 'x', endedAt: 5 }
    await processor.onSpanEnd(span)
    await processor.onSpanEnd(span)
    expect((await arrived()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['response', 'toString'])
    )
    expect(log.lines.join()).not.toContain('secret')
    await processor.shutdown()
    expect(llmobs.stats().openSpans).toBe(0)
  })

  test('traces that never end: the oldest are taken to be over, with a warning', async () => {
    const { processor, llmobs, log } = await open()
    for (let index = 0; index < 10_003; index++)
      await processor.onTraceStart({ traceId: `t${index}`, name: 'open' })
    expect(llmobs.stats()).toMatchObject({ openSpans: 10_000, total: { submitted: 3 } })
    expect(log.lines).toEqual([
      expect.stringMatching(/more than 10000 traces have not ended.*#openai_agents/)
    ])
  })

  test('shut down: what goes on is taken to be over, and delivered; twice is once; a new run is taken', async () => {
    const { processor, agents, intake } = await open()
    await processor.onTraceStart({ traceId: 't1', name: 'open' })
    await processor.onSpanStart({ traceId: 't1', spanId: 's1', spanData: { type: 'agent', name: 'inside' } })
    await processor.shutdown(1)
    await processor.shutdown()
    expect(intake.spans().map(({ name, meta }) => [name, meta.metadata.unfinished])).toEqual([
      ['inside', true],
      ['open', true]
    ])
    await agents.withTrace('after', nothing)
    await settled()
    await processor.forceFlush()
    expect(intake.spans()).toHaveLength(3)
  })

  test('an LLMObs that was shut down: the run runs, and nothing rejects', async () => {
    const { processor, agents, llmobs } = await open()
    await llmobs.shutdown()
    expect(await agents.withTrace('late', async () => 7)).toBe(7)
    await expect(processor.forceFlush()).resolves.toBeUndefined()
    await expect(processor.shutdown()).resolves.toBeUndefined()
  })
})
