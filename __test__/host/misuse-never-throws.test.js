'use strict'

// Telemetry calls in the path of a request never bring it down. What is wrong is left out, field by field.

const MISTAKES = require('../dd-trace/mistakes')
const { ACME, sdk, thrownBy } = require('../sdk/setup')

const { open } = sdk()

const LLM = { kind: 'llm', name: 'call' }
const SPAN = { traceId: 'f'.repeat(32), spanId: '7' }
const SCORE = { label: 'l', metricType: 'score', value: 1 }

/** A kind that is none, a route that cannot be used, and what is set up before the first request. */
const ALWAYS_THROWN = /^trace: |^routingContext: |^registerProcessor: /

/** @param {string} name */
const getter = name =>
  Object.defineProperty({}, name, {
    enumerable: true,
    get() {
      throw new Error('hostile getter')
    }
  })

function revoked(target = {}) {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

const hostileProxy = () =>
  new Proxy(
    {},
    {
      get() {
        throw revoked()
      },
      has() {
        throw new Error('has')
      },
      ownKeys() {
        throw new Error('ownKeys')
      },
      getPrototypeOf() {
        throw new Error('getPrototypeOf')
      },
      getOwnPropertyDescriptor() {
        throw new Error('getOwnPropertyDescriptor')
      }
    }
  )

/** Values that nobody meant. Each is made anew, some are harmed by being looked at. @type {[string, () => any][]} */
const HOSTILE = [
  ['a number', () => 5],
  ['NaN', () => Number.NaN],
  ['text', () => 'text'],
  ['true', () => true],
  ['a BigInt', () => 1n],
  ['a long BigInt', () => 2n ** 5000n],
  ['a symbol', () => Symbol('s')],
  ['a function', () => () => {}],
  ['a list of anything', () => [5, null, undefined, Symbol('s'), 1n, () => {}, revoked(), [[]], {}]],
  ['a Map', () => new Map([['a', 1]])],
  ['a Date', () => new Date(0)],
  ['a promise', () => Promise.resolve(1)],
  ['bytes', () => new Uint8Array(3)],
  ['an Error', () => new Error('x')],
  ['an object without prototype', () => Object.create(null)],
  ['a throwing getter', () => Object.assign(getter('role'), { content: 5 })],
  ['a revoked proxy', () => revoked()],
  ['a revoked proxy of a list', () => revoked([])],
  ['a revoked proxy of a function', () => revoked(/** @type {any} */ (() => {}))],
  ['a proxy that throws', hostileProxy],
  [
    'a cycle',
    () => {
      const cycle = /** @type {any} */ ({})
      cycle.self = cycle
      return cycle
    }
  ]
]

const OPTIONS = [
  'inputData',
  'outputData',
  'metadata',
  'metrics',
  'tags',
  'costTags',
  'prompt',
  'toolDefinitions'
]

/** Where a hostile value stands in a field of a message, a document and their like. @type {[string, (value: any) => object][]} */
const INSIDE = [
  ['a message', value => ({ inputData: [value] })],
  ['role', value => ({ inputData: [{ role: value, content: 'x' }] })],
  ['content', value => ({ inputData: [{ role: 'user', content: value }] })],
  ['a part of content', value => ({ inputData: [{ role: 'user', content: [value] }] })],
  ['toolCalls', value => ({ outputData: [{ toolCalls: value }] })],
  ['a tool call', value => ({ outputData: [{ toolCalls: [value] }] })],
  [
    'tool arguments',
    value => ({ outputData: [{ toolCalls: [{ name: 'f', arguments: value, toolId: value }] }] })
  ],
  ['tool_calls', value => ({ outputData: [{ tool_calls: [{ id: value, function: value }] }] })],
  [
    'a tool result',
    value => ({ inputData: [{ role: 'tool', toolResults: [{ result: value, name: value }] }] })
  ],
  ['an image', value => ({ inputData: [{ imageParts: [{ mimeType: value, content: value }] }] })],
  ['parts', value => ({ inputData: [{ role: 'model', parts: value }] })],
  ['kwargs', value => ({ inputData: [{ type: 'constructor', id: value, kwargs: value }] })],
  ['a metric', value => ({ metrics: { a: value, inputTokens: 3, prompt_tokens_details: value } })],
  ['a tag', value => ({ tags: { a: value, kept: 'tag' } })],
  ['a variable', value => ({ prompt: { id: value, variables: { a: value }, template: [value] } })],
  ['a tool', value => ({ toolDefinitions: [value, { name: 'f', schema: value, description: value }] })],
  ['an unknown name', value => ({ input: value, nobody: value })]
]

describe('by default a wrong call throws nothing', () => {
  test.each(HOSTILE)('%s in any place of annotate, and what is right arrives', async (_what, make) => {
    const { llmobs, intake, log } = await open()
    const any = /** @type {any} */ (llmobs)
    const right = {
      outputData: 'kept',
      metadata: { kept: 1 },
      metrics: { outputTokens: 7 },
      tags: { kept: 'tag' }
    }
    let calls = 0
    for (const kind of ['llm', 'embedding', 'retrieval', 'task', 'agent', 'experiment']) {
      any.trace({ kind, name: 'call' }, (/** @type {any} */ span) => {
        for (const name of [...OPTIONS, 'agent']) any.annotate(span, { [name]: make() })
        for (const [, around] of INSIDE) any.annotate(span, around(make()))
        any.annotate(span, make())
        any.annotate(make())
        any.annotate(make(), { inputData: 'x' })
        any.annotate(span, { ...right, inputData: make() })
        calls++
      })
    }
    await llmobs.flush()
    expect(calls).toBe(6)
    expect(intake.spans()).toHaveLength(6)
    for (const { meta, metrics, tags } of intake.spans()) {
      expect(JSON.stringify(meta.output)).toContain('kept')
      expect(meta.metadata).toMatchObject({ kept: 1 })
      expect(metrics.output_tokens).toBe(7)
      expect(tags).toContain('kept:tag')
    }
    expect(Object.keys(llmobs.stats().misuse)).toContain('SPANLANE_INVALID_ANNOTATION')
    for (const line of log.lines) expect(line).toMatch(/\(docs\/troubleshooting\.md#\w+\)$/)
  })

  test.each(HOSTILE)('%s in any place of the other calls, and the function runs', async (_what, make) => {
    const { llmobs, intake } = await open()
    const any = /** @type {any} */ (llmobs)
    let runs = 0
    const fn = () => ++runs
    any.annotationContext(make(), () => any.trace(LLM, fn))
    for (const name of ['tags', 'costTags', 'name', 'prompt', 'agent'])
      any.annotationContext({ [name]: make() }, () => any.trace(LLM, fn))
    for (const name of [
      'name',
      'mlApp',
      'sessionId',
      'modelName',
      'modelProvider',
      'parent',
      'unknown',
      'childOf'
    ]) {
      any.trace({ ...LLM, [name]: make() }, fn)
      any.wrap({ ...LLM, [name]: make() }, fn)()
    }
    any.extract(make(), fn)
    any.trace(LLM, () => any.inject(make()))
    any.exportSpan(make())
    expect(runs).toBe(1 + 5 + 8 * 2 + 1)
    any.submitEvaluation(make(), SCORE)
    any.submitEvaluation(SPAN, make())
    any.submitFeedback(make())
    for (const name of [
      'label',
      'metricType',
      'value',
      'mlApp',
      'tags',
      'timestampMs',
      'reasoning',
      'assessment'
    ]) {
      any.submitEvaluation(SPAN, { ...SCORE, [name]: make() })
      any.submitFeedback({ ...SCORE, spanId: '7', submitter: { id: 'u' }, [name]: make() })
    }
    await llmobs.flush()
    expect(intake.spans()).toHaveLength(1 + 5 + 8 * 2 + 1)
    const { submitted, delivered, rejected, dropped, held } = llmobs.stats().total
    expect(submitted).toBe(delivered + rejected + dropped + held)
    expect(rejected).toBe(0)
  })

  test('whatever dd-trace refuses', async () => {
    const { llmobs } = await open()
    for (const [name, run] of Object.entries(MISTAKES)) {
      if (ALWAYS_THROWN.test(name)) expect(() => run(llmobs)).toThrow()
      else expect(() => run(llmobs)).not.toThrow()
    }
  })

  test.each(['no active span', 'a finished span', 'what is no span', 'no options'])(
    'annotate: %s',
    async what => {
      const { llmobs, log } = await open()
      const any = /** @type {any} */ (llmobs)
      const over = llmobs.trace(LLM, span => span)
      const [code, call] = /** @type {Record<string, [string, () => void]>} */ ({
        'no active span': ['SPANLANE_NO_ACTIVE_SPAN', () => any.annotate({ inputData: 'x' })],
        'a finished span': ['SPANLANE_SPAN_FINISHED', () => any.annotate(over, { inputData: 'x' })],
        'what is no span': ['SPANLANE_INVALID_SPAN', () => any.annotate({ a: 1 }, { inputData: 'x' })],
        'no options': [
          'SPANLANE_INVALID_ANNOTATION',
          () => any.trace(LLM, (/** @type {any} */ span) => any.annotate(span))
        ]
      })[what]
      call()
      call()
      expect(llmobs.stats().misuse).toEqual({ [code]: 2 })
      expect(log.lines).toEqual([expect.stringContaining(`(docs/troubleshooting.md#${code.toLowerCase()})`)])
      expect(log.lines[0]).toMatch(new RegExp(`^${code}: `))
    }
  )
})

describe('what is wrong is left out field by field', () => {
  test('of messages, tool calls and documents', async () => {
    const { llmobs, spans } = await open()
    const any = /** @type {any} */ (llmobs)
    any.trace(LLM, () =>
      any.annotate({
        inputData: [
          5,
          { role: 5, content: 'kept', toolCalls: [{ name: 5, arguments: { a: 1 } }, 'x', { name: 'f' }] },
          { role: 'user', content: {} }
        ],
        metrics: { a: '1', b: 2, c: {} },
        prompt: { id: 5, version: '2', variables: { a: 5, b: 'x' } },
        toolDefinitions: []
      })
    )
    any.trace({ kind: 'retrieval', name: 'search' }, () =>
      any.annotate({ outputData: [{ text: 'a', score: '1', id: 5 }, { id: 'no text' }, 7] })
    )
    const { call, search } = await spans()
    expect(call.meta.input).toMatchObject({
      messages: [
        { role: '', content: 'kept', tool_calls: [{ arguments: { a: 1 } }, { name: 'f' }] },
        { role: 'user', content: '' }
      ],
      prompt: { version: '2', variables: { b: 'x' } }
    })
    expect(call.metrics).toEqual({ b: 2 })
    expect(call.meta.tool_definitions).toBeUndefined()
    expect(search.meta.output).toEqual({ documents: [{ text: 'a' }] })
    expect(llmobs.stats().misuse).toEqual({ SPANLANE_INVALID_ANNOTATION: 14 })
  })

  test('of an evaluation; without a value there is none', async () => {
    const { llmobs, intake } = await open()
    const any = /** @type {any} */ (llmobs)
    const wrong = { assessment: 'maybe', reasoning: 5, tags: ['a'], metadata: [], timestampMs: -1, mlApp: {} }
    any.submitEvaluation(SPAN, { ...SCORE, ...wrong })
    any.submitEvaluation(SPAN, { ...SCORE, value: '1' })
    any.submitFeedback({ ...SCORE, spanId: '7', submitter: { id: 'u', type: 5 }, reasoning: 5 })
    any.submitFeedback({ ...SCORE, spanId: '7' })
    await llmobs.flush()
    const [evaluation, feedback, ...others] = intake.evaluations()
    expect(others).toEqual([])
    expect(evaluation).toMatchObject({ label: 'l', score_value: 1, ml_app: 'shop' })
    expect(Date.now() - evaluation.timestamp_ms).toBeLessThan(60_000)
    for (const name of ['assessment', 'reasoning', 'metadata']) expect(evaluation).not.toHaveProperty(name)
    expect(feedback).toMatchObject({ span_id: '7', submitter: { id: 'u' } })
    expect(feedback).not.toHaveProperty('reasoning')
    expect(llmobs.stats().misuse).toEqual({ SPANLANE_INVALID_EVALUATION: 7, SPANLANE_INVALID_FEEDBACK: 3 })
  })

  test('of an annotation context and of span options', async () => {
    const { llmobs, spans } = await open()
    const any = /** @type {any} */ (llmobs)
    const context = { tags: { a: 1 }, costTags: 5, prompt: { id: 5, version: '2' } }
    for (const name of ['agent', 'name']) {
      Object.defineProperty(context, name, {
        enumerable: true,
        get() {
          throw new Error('hostile getter')
        }
      })
    }
    any.annotationContext(context, () =>
      any.trace({ kind: 'llm', name: 'call', sessionId: {}, modelName: 'm' }, () => {})
    )
    const { call } = await spans()
    expect(call.tags).toContain('a:1')
    expect(call.meta.model_name).toBe('m')
    expect(call.meta.input.prompt.version).toBe('2')
    expect(call.session_id).toBeUndefined()
  })
})

describe('a kind of misuse is warned about once', () => {
  test('whatever the values, and each time counted', async () => {
    const { llmobs, log } = await open()
    const any = /** @type {any} */ (llmobs)
    for (let index = 0; index < 50; index++) {
      any.trace(LLM, () => any.annotate({ metrics: { [`m${index}`]: `${index}` }, [`key${index}`]: 1 }))
    }
    expect(llmobs.stats().misuse).toEqual({ SPANLANE_INVALID_ANNOTATION: 100 })
    expect(log.lines).toHaveLength(2)
  })

  test('by each instance, and its count is in no other', async () => {
    const [one, other] = [await open(), await open()]
    one.llmobs.annotate(/** @type {any} */ ({}))
    expect(one.llmobs.stats().misuse).toEqual({ SPANLANE_NO_ACTIVE_SPAN: 1 })
    expect(other.llmobs.stats().misuse).toEqual({})
  })
})

describe("with onMisuse: 'throw'", () => {
  test('what dd-trace refuses throws with its code', async () => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    const mistakes = Object.entries(MISTAKES).filter(([name]) => !/ null as /.test(name))
    expect(mistakes.length).toBeGreaterThan(70)
    for (const [, run] of mistakes) {
      expect(thrownBy(() => run(llmobs)).code).toMatch(/^SPANLANE_[A-Z_]+$/)
    }
    for (const [code, call] of /** @type {[string, (llmobs: any) => unknown][]} */ ([
      ['SPANLANE_INVALID_ANNOTATION', any => any.trace(LLM, () => any.annotate({ inputData: 5 }))],
      ['SPANLANE_INVALID_EVALUATION', any => any.submitEvaluation(SPAN, { ...SCORE, value: '1' })],
      ['SPANLANE_INVALID_FEEDBACK', any => any.submitFeedback(SCORE)],
      ['SPANLANE_INVALID_OPTION', any => any.trace({ ...LLM, name: {} }, () => {})],
      ['SPANLANE_INVALID_SPAN', any => any.trace({ ...LLM, parent: {} }, () => {})],
      ['SPANLANE_INVALID_CARRIER', any => any.extract(5, () => {})]
    ])) {
      const error = thrownBy(() => call(llmobs))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.code).toBe(code)
    }
  })

  test('what is in the environment counts, and what is wrong in it does not', async () => {
    for (const [value, isThrown] of [
      ['throw', true],
      ['Throw', true],
      ['warn', false],
      ['nonsense', false]
    ]) {
      process.env.SPANLANE_ON_MISUSE = `${value}`
      try {
        const { llmobs, log } = await open()
        const call = () => llmobs.annotate(/** @type {any} */ ({}))
        if (isThrown) expect(call).toThrow()
        else expect(call).not.toThrow()
        const isTold = log.lines.some(line =>
          line.startsWith('SPANLANE_ON_MISUSE must be one of warn, throw')
        )
        expect(isTold).toBe(value === 'nonsense')
      } finally {
        delete process.env.SPANLANE_ON_MISUSE
      }
    }
  })

  test('a wrong value of the option itself throws', async () => {
    await expect(open({ onMisuse: /** @type {any} */ ('ignore') })).rejects.toMatchObject({
      code: 'SPANLANE_INVALID_OPTION'
    })
  })
})

describe('a route is no telemetry', () => {
  test.each(['warn', 'throw'])(
    'a key that cannot be used throws with onMisuse: %s, and says what to do',
    async mode => {
      const { llmobs } = await open({ onMisuse: /** @type {any} */ (mode) })
      const error = thrownBy(() =>
        llmobs.withRoutingContext(/** @type {any} */ ({ tenant: 'acme' }), () => {})
      )
      expect(error.code).toBe('SPANLANE_INVALID_API_KEY')
      expect(error.message).toMatch(/without a routing context.*outsideContexts.*onInvalidRoute: 'drop'/)
    }
  )

  test('a name that nobody reads is told, and nothing is taken for it', async () => {
    const { llmobs, log } = await open()
    const { tenant: _, ...keyed } = ACME
    const route = llmobs.route(/** @type {any} */ ({ ...keyed, tenantId: 'acme', createdAt: 1 }))
    expect(route.tenant).not.toBe('acme')
    expect(log.lines).toEqual([expect.stringContaining('"tenantId" is not known: did you mean "tenant"?')])
    llmobs.route(/** @type {any} */ ({ ...ACME, tenantId: 'acme' }))
    expect(log.lines).toHaveLength(1)
  })
})

test('a function that is wrapped before anything is said is judged by what is said then', async () => {
  const { LLMObs } = require('../../lib/sdk/llmobs')
  for (const onMisuse of /** @type {const} */ (['warn', 'throw'])) {
    const llmobs = /** @type {any} */ (new LLMObs(false))
    const wrapped = llmobs.wrap({ kind: 'task', sessionId: {} }, () => 'ran')
    llmobs.init({
      apiKey: ACME.ddApiKey,
      intakeUrl: 'http://127.0.0.1:9',
      exitTimeoutMs: 0,
      logger: {},
      onMisuse
    })
    try {
      if (onMisuse === 'throw')
        expect(wrapped).toThrow(expect.objectContaining({ code: 'SPANLANE_INVALID_OPTION' }))
      else
        expect([wrapped(), wrapped(), llmobs.stats().misuse]).toEqual([
          'ran',
          'ran',
          { SPANLANE_INVALID_OPTION: 1 }
        ])
    } finally {
      await llmobs.shutdown({ timeoutMs: 0 })
    }
  }
})
