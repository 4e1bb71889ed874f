'use strict'

/**
 * One program, written once, against `tracer.llmobs` or against Spanlane. Each case makes a span (or a metric) that
 * bears the name of the case, so that the two bodies can be laid side by side.
 */

/** @typedef {any} LLMObs the part of the API that both have */
/** @typedef {{ kind: string, options?: object, annotate?: () => object, run?: (llmobs: LLMObs, name: string) => unknown }} Case */

const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment']
const TEXT = 'Grüße, 世界 \u{1f600} C:\\users "quoted"\n\u2028'

const shared = { region: 'eu' }

/** What is given to one `annotate` in one span. @type {Record<string, Case>} */
const ANNOTATIONS = {
  ...Object.fromEntries(
    KINDS.map(kind => [`${kind} span without annotations`, { kind, annotate: () => ({}) }])
  ),
  ...Object.fromEntries(
    KINDS.filter(kind => kind !== 'llm').map(kind => [
      `${kind} span with text`,
      {
        kind,
        annotate: () => ({
          inputData: TEXT,
          outputData: 'out',
          metadata: { a: [1, { b: null }] },
          metrics: { m: 1 },
          tags: { t: 'v' }
        })
      }
    ])
  ),
  ...Object.fromEntries(
    ['agent', 'workflow', 'task', 'tool', 'experiment'].map(kind => [
      `${kind} span with structures`,
      {
        kind,
        annotate: () => ({
          inputData: { question: TEXT, list: [1, true, null] },
          outputData: [{ answer: 42 }]
        })
      }
    ])
  ),
  'experiment with null': { kind: 'experiment', annotate: () => ({ inputData: null, outputData: 0 }) },
  'experiment with its id': {
    kind: 'experiment',
    annotate: () => ({ inputData: 'x', tags: { experiment_id: 'e1' } })
  },
  'llm with a model': {
    kind: 'llm',
    options: { modelName: 'gpt-4o', modelProvider: 'OpenAI', sessionId: 'session-1', mlApp: 'other-app' },
    annotate: () => ({ inputData: TEXT, outputData: { role: 'assistant', content: 'hi' } })
  },
  'llm with tools and media': {
    kind: 'llm',
    annotate: () => ({
      inputData: [
        { role: 'user', content: 'weather?', imageParts: [{ mimeType: 'image/png', content: 'iVBO' }] },
        { role: 'user', content: 'and', audioParts: { mimeType: 'audio/wav', attachmentKey: 'k' } },
        {
          role: 'assistant',
          toolCalls: [
            { name: 'weather', arguments: { city: 'Graz', days: [1, 2] }, toolId: '1', type: 'function' }
          ]
        },
        {
          role: 'tool',
          content: '',
          toolId: '1',
          toolResults: [{ result: '21 C', toolId: '1', type: 'function' }]
        }
      ],
      outputData: [{ role: 'assistant', content: '21 C' }, 'plain', {}],
      metrics: {
        ...{ inputTokens: 10, outputTokens: 2, totalTokens: 12, cacheReadTokens: 3, cacheWriteTokens: 4 },
        ...{ cacheWrite5mTokens: 5, cacheWrite1hTokens: 6, reasoningOutputTokens: 7, cost: 0.25 }
      },
      toolDefinitions: [
        {
          name: 'weather',
          description: 'tells',
          schema: { type: 'object', properties: { city: { type: 'string' } } },
          version: '1'
        }
      ],
      tags: { team: 'core', user: 5, list: ['a', 'b'], empty: [], none: null },
      costTags: ['team', 'unknown', 'list']
    })
  },
  'llm with a prompt': {
    kind: 'llm',
    annotate: () => ({
      inputData: 'hi',
      prompt: {
        ...{
          id: 'greet',
          version: '2',
          template: 'Hi {{name}}',
          variables: { name: 'Ada' },
          tags: { owner: 'x' }
        },
        ...{ promptUuid: 'u', promptVersionUuid: 'v', contextVariables: ['docs'], queryVariables: ['q'] }
      }
    })
  },
  'llm with a chat prompt': {
    kind: 'llm',
    annotate: () => ({
      prompt: {
        template: [
          { role: 'system', content: 'be nice' },
          { type: 'placeholder', name: 'history' }
        ]
      }
    })
  },
  'embedding of documents': {
    kind: 'embedding',
    options: { modelName: 'e5' },
    annotate: () => ({
      inputData: ['a', { text: 'b', name: 'n', id: '1', score: 0.5 }],
      outputData: { size: 3 }
    })
  },
  'retrieval of documents': {
    kind: 'retrieval',
    annotate: () => ({ inputData: 'q', outputData: [{ text: 'b', score: 1 }, 'c'] })
  },
  'agent with a manifest': {
    kind: 'agent',
    annotate: () => ({
      inputData: 'x',
      agent: {
        ...{
          name: 'planner',
          instructions: 'plan',
          model: 'gpt-4o',
          modelSettings: { temperature: 0, maxTokens: 5, secret: 'no' }
        },
        tools: [
          {
            name: 'f',
            description: 'd',
            parameters: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] }
          }
        ]
      }
    })
  },
  'agent with an unnamed manifest': {
    kind: 'agent',
    annotate: () => ({ agent: { model: 'm' }, metadata: { mine: 1 } })
  },
  'falsy data': { kind: 'task', annotate: () => ({ inputData: 0, outputData: '' }) },
  'two objects in metadata': { kind: 'task', annotate: () => ({ metadata: { a: { x: 1 }, b: { x: 1 } } }) },

  // What dd-trace gets wrong, or this SDK does otherwise.
  'one object twice in metadata': {
    kind: 'task',
    annotate: () => ({ metadata: { first: shared, second: shared } })
  },
  'a Date in metadata': { kind: 'task', annotate: () => ({ metadata: { at: new Date(0) } }) },
  'a function in metadata': { kind: 'task', annotate: () => ({ metadata: { kept: 1, fn: () => {} } }) },
  'a BigInt in metadata': { kind: 'task', annotate: () => ({ metadata: { kept: 1, big: 10n } }) },
  'a cycle in metadata': { kind: 'task', annotate: () => ({ metadata: cycle() }) },
  'a cycle in text': { kind: 'task', annotate: () => ({ inputData: cycle() }) },
  'a BigInt in text': { kind: 'task', annotate: () => ({ outputData: { big: 10n } }) },
  'a function as text': { kind: 'task', annotate: () => ({ inputData: () => {} }) },
  'a BigInt in tool arguments': {
    kind: 'llm',
    annotate: () => ({ outputData: [{ toolCalls: [{ name: 'f', arguments: { big: 10n } }] }] })
  },
  'text for metadata': { kind: 'task', annotate: () => ({ metadata: 'ab' }) },
  'deep metadata': { kind: 'task', annotate: () => ({ metadata: { deep: nested(13) } }) },
  'NaN as metric': { kind: 'task', annotate: () => ({ metrics: { bad: Number.NaN, good: 1 } }) },
  'a dot in a metric name': { kind: 'task', annotate: () => ({ metrics: { 'a.b': 1 } }) },
  'an object as tag': { kind: 'task', annotate: () => ({ tags: { shape: { a: 1 } } }) },
  'a symbol as tag': { kind: 'task', annotate: () => ({ tags: { shape: Symbol('x') } }) },
  'a lone surrogate': { kind: 'task', annotate: () => ({ inputData: 'a\ud800b' }) },
  'a prompt of another kind': {
    kind: 'llm',
    run: (llmobs, name) =>
      llmobs.trace({ kind: 'llm', name }, () => {
        llmobs.annotate({ prompt: { id: 'p', template: [{ role: 'user', content: 'x' }] } })
        llmobs.annotate({ prompt: { id: 'p', template: 'text' } })
      })
  },
  'more than an event may hold': {
    kind: 'task',
    annotate: () => ({ inputData: 'x'.repeat(5_300_000), outputData: 'kept' })
  },
  'a changed object': {
    kind: 'task',
    run: (llmobs, name) =>
      llmobs.trace({ kind: 'task', name }, () => {
        const metadata = { state: 'when annotated' }
        llmobs.annotate({ metadata })
        metadata.state = 'changed later'
      })
  }
}

/** Spans in relation to others, to contexts and to errors. @type {Record<string, (llmobs: LLMObs, name: string) => unknown>} */
const SITUATIONS = {
  'a child and its child': (llmobs, name) =>
    llmobs.trace({ kind: 'agent', name, sessionId: 'session-2', mlApp: 'family' }, () => {
      llmobs.trace({ kind: 'workflow', name: `${name}: child` }, () => {
        llmobs.trace({ kind: 'tool', name: `${name}: grandchild` }, () => {})
      })
    }),
  'a thrown error': (llmobs, name) =>
    quietly(() =>
      llmobs.trace({ kind: 'task', name }, () => {
        throw new RangeError('too far')
      })
    ),
  'a rejected promise': (llmobs, name) =>
    quietly(() =>
      llmobs.trace({ kind: 'task', name }, async () => {
        throw new TypeError('wrong')
      })
    ),
  'a thrown string': (llmobs, name) =>
    quietly(() =>
      llmobs.trace({ kind: 'task', name }, () => {
        throw 'only text'
      })
    ),
  'an error given to a callback': (llmobs, name) =>
    llmobs.trace({ kind: 'task', name }, (_span, done) => done(new Error('by callback'))),
  'no name': llmobs => llmobs.trace({ kind: 'tool' }, () => {}),
  'a wrapped function': (llmobs, name) =>
    llmobs.wrap({ kind: 'tool', name }, (city, days = 2, ...rest) => ({ city, days, rest }))(
      'Graz',
      3,
      'x',
      'y'
    ),
  'a wrapped function of one argument': (llmobs, name) =>
    llmobs.wrap({ kind: 'workflow', name }, text => text.length)('four'),
  'a wrapped promise': (llmobs, name) =>
    llmobs.wrap({ kind: 'task', name }, async value => ({ value }))({ deep: true }),
  'a wrapped llm call': (llmobs, name) => llmobs.wrap({ kind: 'llm', name }, prompt => prompt)('hi'),
  'a wrapped retrieval': (llmobs, name) => llmobs.wrap({ kind: 'retrieval', name }, query => [query])('hi'),
  'a wrapped failure': (llmobs, name) =>
    quietly(() =>
      llmobs.wrap({ kind: 'task', name }, arg => {
        throw new Error(arg)
      })('boom')
    ),
  'a wrapped callback': (llmobs, name) =>
    llmobs.wrap({ kind: 'task', name }, (arg, done) => done(null, `${arg}!`))('hi', () => {}),
  'an annotation context': (llmobs, name) =>
    llmobs.annotationContext(
      {
        tags: { team: 'outer', plan: 'pro' },
        costTags: ['team'],
        prompt: { id: 'p', template: 'x' },
        agent: { name: 'a' }
      },
      () =>
        llmobs.annotationContext({ tags: { team: 'inner' }, name }, () => {
          llmobs.trace({ kind: 'llm', name: 'replaced' }, () =>
            llmobs.annotate({ tags: { own: 1 }, costTags: ['own'] })
          )
        })
    ),
  'an agent of a context': (llmobs, name) =>
    llmobs.annotationContext({ agent: { name: 'outer', model: 'm' } }, () =>
      llmobs.annotationContext({ agent: { name: 'inner' } }, () =>
        llmobs.trace({ kind: 'agent', name }, () => {})
      )
    ),
  'several annotations': (llmobs, name) =>
    llmobs.trace({ kind: 'llm', name }, span => {
      llmobs.annotate(span, {
        inputData: 'a',
        metadata: { a: 1, b: 2 },
        tags: { t: 1, u: 2 },
        metrics: { m: 1 }
      })
      llmobs.annotate({ inputData: 'b', metadata: { b: undefined, c: 3 }, tags: { t: 3 }, metrics: { n: 2 } })
      llmobs.annotate({ prompt: { id: 'p', version: '1', template: 'x' } })
      llmobs.annotate({ prompt: { variables: { v: '1' } } })
    })
}

/** Evaluations and feedback, named by their label. @type {Record<string, (llmobs: LLMObs, label: string, span: any) => void>} */
const METRICS = {
  score: (llmobs, label, span) =>
    llmobs.submitEvaluation(span, { label, metricType: 'score', value: 0.5, timestampMs: 5 }),
  'everything.else': (llmobs, label, span) =>
    llmobs.submitEvaluation(span, {
      ...{
        label,
        metricType: 'Categorical',
        value: 'good',
        tags: { a: 'b', n: 5, none: null },
        mlApp: 'other',
        timestampMs: 5
      },
      ...{ reasoning: 'because', assessment: 'pass', metadata: { deep: { a: 1 } } }
    }),
  boolean: (llmobs, label, span) =>
    llmobs.submitEvaluation(span, { label, metricType: 'boolean', value: false, timestampMs: 5 }),
  json: (llmobs, label, span) =>
    llmobs.submitEvaluation(span, { label, metricType: 'json', value: { a: [1] }, timestampMs: 5 }),
  'half a millisecond': (llmobs, label, span) =>
    llmobs.submitEvaluation(span, { label, metricType: 'score', value: 1, timestampMs: 5.5 }),
  'object as tag': (llmobs, label, span) =>
    llmobs.submitEvaluation(span, {
      label,
      metricType: 'score',
      value: 1,
      timestampMs: 5,
      tags: { o: { a: 1 } }
    }),
  'feedback on a span': (llmobs, label, span) =>
    llmobs.submitFeedback({
      span,
      label,
      metricType: 'text',
      value: 'nice',
      submitter: { id: 'u', type: 'user' },
      timestampMs: 5
    }),
  'feedback on a session': (llmobs, label) =>
    llmobs.submitFeedback({
      ...{ sessionId: 's', label, metricType: 'score', value: 5, submitter: { id: 'u' }, timestampMs: 5 },
      ...{ tags: { a: 'b' }, reasoning: 'r', assessment: 'fail' }
    })
}

/**
 * After everything else: once a route was used, what names no span of a route is not sent to the default one.
 *
 * @param {LLMObs} llmobs
 */
function tenantSpan(llmobs) {
  return llmobs.routingContext({ ddApiKey: 'e'.repeat(32), ddSite: 'datadoghq.eu' }, () =>
    llmobs.trace({ kind: 'task', name: 'a tenant' }, () => {})
  )
}

/** Calls that are refused, or should be. What they throw is compared. @type {Record<string, (llmobs: LLMObs) => unknown>} */
const MISTAKES = require('./mistakes')

/**
 * @param {LLMObs} llmobs
 * @returns {Promise<Record<string, string>>} what each mistake, and each case that threw, threw
 */
async function runProgram(llmobs) {
  /** @type {Record<string, string>} */
  const thrown = {}
  const attempt = async (/** @type {string} */ name, /** @type {() => unknown} */ run) => {
    try {
      await run()
    } catch (error) {
      thrown[name] = error instanceof Error ? error.message.trim().replace(/\s+/g, ' ') : String(error)
    }
  }
  for (const [name, { kind, options, annotate, run }] of Object.entries(ANNOTATIONS)) {
    if (run !== undefined) await attempt(name, () => run(llmobs, name))
    // An annotation that is refused costs the caller its call, not the span.
    else
      await llmobs.trace({ kind, name, ...options }, () => attempt(name, () => llmobs.annotate(annotate?.())))
  }
  for (const [name, run] of Object.entries(SITUATIONS)) await attempt(name, () => run(llmobs, name))
  await llmobs.trace({ kind: 'task', name: 'what is evaluated' }, async (/** @type {any} */ span) => {
    const context = llmobs.exportSpan(span)
    for (const [label, submit] of Object.entries(METRICS)) {
      await attempt(label, () =>
        submit(llmobs, label.startsWith('feedback') ? label.replaceAll('.', '_') : label, context)
      )
    }
  })
  for (const [name, run] of Object.entries(MISTAKES)) await attempt(name, () => run(llmobs))
  await attempt('a tenant', () => tenantSpan(llmobs))
  return thrown
}

/** @param {() => unknown} run */
async function quietly(run) {
  try {
    await run()
  } catch {
    // What is thrown to the caller is compared elsewhere.
  }
}

function cycle() {
  /** @type {Record<string, unknown>} */
  const cycle = { kept: 1 }
  cycle.self = cycle
  return cycle
}

/** @param {number} levels */
function nested(levels) {
  return JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`)
}

module.exports = { ANNOTATIONS, METRICS, MISTAKES, SITUATIONS, runProgram }
