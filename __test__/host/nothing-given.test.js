'use strict'

// `undefined` and `null` are "not given", everywhere, whatever becomes of misuse.

const { ACME, sdk } = require('../sdk/setup')

const { open } = sdk()

const SPAN = { traceId: 'f'.repeat(32), spanId: '7' }

describe.each(/** @type {const} */ (['warn', 'throw']))('with onMisuse: %s', onMisuse => {
  describe.each([undefined, null])('%p is not given', nothing => {
    /** @param {string[]} names */
    const none = (...names) => Object.fromEntries(names.map(name => [name, nothing]))

    test('in trace, wrap and decorate', async () => {
      const { llmobs, intake, log } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      const options = {
        kind: 'llm',
        ...none('name', 'mlApp', 'sessionId', 'modelName', 'modelProvider', 'parent', 'childOf', 'unknown')
      }
      any.trace(options, () => {})
      any.wrap(options, function wrapped() {})()
      const descriptor = { value() {} }
      any.decorate(options)({}, 'method', descriptor)
      descriptor.value()
      await llmobs.flush()
      expect(intake.spans().map(({ name }) => name)).toEqual(['llm', 'wrapped', 'method'])
      expect(
        intake
          .spans()
          .every(({ session_id: session, parent_id: parent }) => !session && parent === 'undefined')
      ).toBe(true)
      expect(log.lines).toEqual([])
    })

    test('in annotate: nothing that was said before is taken away', async () => {
      const { llmobs, spans, log } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      const said = {
        inputData: 'in',
        outputData: 'out',
        metadata: { a: 1 },
        metrics: { m: 1 },
        tags: { t: 'v' },
        costTags: ['t'],
        prompt: { id: 'p', version: '1', template: 'x', variables: { v: '1' } },
        toolDefinitions: [{ name: 'f', description: 'd' }]
      }
      const empty = none(...Object.keys(said), 'agent')
      any.trace({ kind: 'llm', name: 'call' }, (/** @type {any} */ span) => {
        any.annotate(span, said)
        any.annotate(span, empty)
        any.annotate(nothing, {
          metrics: { m: nothing, n: 2 },
          tags: { t: nothing, u: 'w', list: ['a', nothing] },
          costTags: ['u', nothing],
          prompt: none(
            'id',
            'version',
            'template',
            'variables',
            'tags',
            'contextVariables',
            'queryVariables'
          ),
          toolDefinitions: [nothing, { name: 'f', ...none('description', 'schema', 'version') }]
        })
      })
      const { call } = await spans()
      expect(call.meta.input).toMatchObject({
        messages: [{ content: 'in' }],
        prompt: { id: 'p', version: '1', template: 'x', variables: { v: '1' } }
      })
      expect(call.meta.output.messages).toEqual([{ content: 'out', role: '' }])
      expect(call.meta.metadata).toMatchObject({ a: 1, _dd: { cost_tags: ['t', 'u'] } })
      expect(call.metrics).toEqual({ m: 1, n: 2 })
      expect(call.tags.filter(tag => /^(t|u|list):/.test(tag))).toEqual(['t:v', 'u:w', 'list:a'])
      expect(call.meta.tool_definitions).toEqual([{ name: 'f' }])
      expect(log.lines).toEqual([])
      expect(llmobs.stats().misuse).toEqual({})
    })

    test('in messages, tool calls, tool results, media and documents', async () => {
      const { llmobs, spans, log } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      any.trace({ kind: 'llm', name: 'call' }, () =>
        any.annotate({
          inputData: [
            nothing,
            {
              role: nothing,
              content: 'x',
              ...none('toolCalls', 'toolResults', 'toolId', 'audioParts', 'imageParts')
            },
            { toolCalls: [nothing, { name: 'f', ...none('arguments', 'toolId', 'type') }] },
            { role: 'tool', toolResults: [nothing, { result: 'r', ...none('toolId', 'name', 'type') }] },
            { content: 'y', imageParts: [nothing, { mimeType: 'a/b', content: 'x', attachmentKey: nothing }] }
          ],
          prompt: {
            template: [nothing, { role: 'user', content: 'x' }],
            variables: { a: nothing, b: 'x' },
            contextVariables: [nothing, 'b']
          }
        })
      )
      any.trace({ kind: 'retrieval', name: 'search' }, () =>
        any.annotate({ outputData: [nothing, { text: 'a', ...none('name', 'id', 'score') }] })
      )
      const { call, search } = await spans()
      expect(call.meta.input.messages).toEqual([
        { role: '', content: 'x' },
        { role: '', tool_calls: [{ name: 'f' }] },
        { role: 'tool', tool_results: [{ result: 'r', name: '' }] },
        { role: '', content: 'y', image_parts: [{ mime_type: 'a/b', content: 'x' }] }
      ])
      expect(call.meta.input.prompt).toMatchObject({
        chat_template: [{ role: 'user', content: 'x' }],
        variables: { b: 'x' },
        _dd_context_variable_keys: ['b']
      })
      expect(search.meta.output.documents).toEqual([{ text: 'a' }])
      expect(log.lines).toEqual([])
    })

    test('in annotationContext: what the outer one says stays', async () => {
      const { llmobs, spans } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      const outer = { tags: { t: 'v' }, costTags: ['t'], name: 'named', prompt: { id: 'p' }, agent: nothing }
      any.annotationContext(outer, () =>
        any.annotationContext(none('tags', 'costTags', 'name', 'prompt', 'agent'), () =>
          any.annotationContext(nothing, () => any.trace({ kind: 'llm', name: 'x' }, () => {}))
        )
      )
      const { named } = await spans()
      expect(named.tags).toContain('t:v')
      expect(named.meta.metadata._dd.cost_tags).toEqual(['t'])
      expect(named.meta.input.prompt.id).toBe('p')
    })

    test('in evaluations and feedback', async () => {
      const { llmobs, intake, log } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      const rest = {
        ...none('mlApp', 'timestampMs', 'reasoning', 'assessment', 'metadata'),
        tags: { a: nothing, b: 'x' }
      }
      any.submitEvaluation(
        { ...SPAN, route: nothing },
        { label: 'l', metricType: 'score', value: 1, ...rest }
      )
      any.submitFeedback({
        ...{
          label: 'm',
          metricType: 'score',
          value: 1,
          spanId: '7',
          submitter: { id: 'u', type: nothing },
          ...rest
        },
        ...none('span', 'traceId', 'sessionId', 'feedbackJoinKey')
      })
      await llmobs.flush()
      const evaluations = intake.evaluations()
      expect(evaluations).toHaveLength(2)
      for (const { tags, ml_app: mlApp, ...event } of evaluations) {
        expect([mlApp, tags.filter((/** @type {string} */ tag) => /^[ab]:/.test(tag))]).toEqual([
          'shop',
          ['b:x']
        ])
        for (const name of ['reasoning', 'assessment', 'metadata']) expect(event).not.toHaveProperty(name)
      }
      expect(log.lines).toEqual([])
    })

    test('in routes and flush', async () => {
      const { llmobs } = await open({ onMisuse })
      const any = /** @type {any} */ (llmobs)
      const route = any.route({
        ddApiKey: ACME.ddApiKey,
        ...none('ddSite', 'tenant', 'mlApp', 'service', 'env', 'sampleRate', 'captureContent', 'processor'),
        ...none('targets', 'reference')
      })
      expect(route.site).toBe('datadoghq.com')
      await any.flush({ timeoutMs: nothing, route: nothing })
      await any.flush(nothing)
    })

    test('in init', async () => {
      const names = [
        'env',
        'version',
        'tags',
        'sampleRate',
        'onInvalidRoute',
        'outsideContexts',
        'exitTimeoutMs'
      ]
      const { llmobs } = await open({ ...none(...names), onMisuse })
      expect(llmobs.enabled).toBe(true)
    })
  })

  test('what an experiment is about may be null, and a key of metadata can be taken back', async () => {
    const { llmobs, spans } = await open({ onMisuse })
    const any = /** @type {any} */ (llmobs)
    any.trace({ kind: 'experiment', name: 'e' }, () => any.annotate({ inputData: null, outputData: 0 }))
    any.trace({ kind: 'task', name: 't' }, () => {
      any.annotate({ metadata: { a: null, b: 1, c: 2 } })
      any.annotate({ metadata: { b: undefined } })
    })
    const { e, t } = await spans()
    expect([e.meta.input, e.meta.output]).toEqual([null, 0])
    expect(t.meta.metadata).toEqual({ a: null, c: 2 })
  })
})
