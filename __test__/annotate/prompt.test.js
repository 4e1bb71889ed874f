'use strict'

const { annotateSpan } = require('../../lib/annotate/annotate')
const { annotated, invalid, revokedProxy, throwing } = require('./fixture')

const DEFAULTS = { _dd_context_variable_keys: ['context'], _dd_query_variable_keys: ['question'] }

/** @param {unknown} prompt */
const wire = prompt => annotated('llm', { prompt }).event().meta.input.prompt

test.each([
  ['nothing', {}, { id: 'shop_unnamed-prompt', ...DEFAULTS }],
  ['an id', { id: 'greet' }, { id: 'greet', ...DEFAULTS }],
  [
    'everything',
    {
      id: 'greet',
      version: '2',
      variables: { name: 'Ada' },
      template: 'Hi {{name}}',
      tags: { team: 'x' },
      contextVariables: ['docs'],
      queryVariables: ['q'],
      promptUuid: 'u',
      promptVersionUuid: 'v'
    },
    {
      id: 'greet',
      version: '2',
      prompt_uuid: 'u',
      prompt_version_uuid: 'v',
      variables: { name: 'Ada' },
      template: 'Hi {{name}}',
      tags: { team: 'x' },
      _dd_context_variable_keys: ['docs'],
      _dd_query_variable_keys: ['q']
    }
  ],
  [
    'a chat template',
    {
      id: 'a',
      template: [
        { role: 'user', content: 'Hi', extra: 1 },
        { type: 'placeholder', name: 'history' }
      ]
    },
    {
      id: 'a',
      chat_template: [
        { role: 'user', content: 'Hi' },
        { type: 'placeholder', name: 'history' }
      ],
      ...DEFAULTS
    }
  ],
  ['an empty template', { id: 'a', template: '' }, { id: 'a', ...DEFAULTS }],
  ['an empty chat template', { id: 'a', template: [] }, { id: 'a', ...DEFAULTS }],
  ['a version of 0', { id: 'a', version: 0 }, { id: 'a', ...DEFAULTS }],
  [
    'no variable names',
    { id: 'a', contextVariables: [], queryVariables: false },
    { id: 'a', _dd_context_variable_keys: [] }
  ],
  [
    'null fields',
    { id: null, version: null, tags: null, variables: null },
    { id: 'shop_unnamed-prompt', ...DEFAULTS }
  ]
])('accepts %s', (_name, given, prompt) => {
  expect(wire(given)).toEqual(prompt)
})

const CHAT = 'Prompt chat template must contain messages or message placeholders.'

test.each([
  ['a string', 'hi', 'Prompt must be an object.'],
  ['a number', 5, 'Prompt must be an object.'],
  ['a number as id', { id: 5 }, 'Prompt ID must be a string.'],
  [
    'text as context variables',
    { contextVariables: 'context' },
    'Prompt context variables keys must be an array.'
  ],
  [
    'a number as context variable',
    { contextVariables: ['a', 5] },
    'Prompt context variables keys must be an array of strings.'
  ],
  ['text as query variables', { queryVariables: 'q' }, 'Prompt query variables keys must be an array.'],
  [
    'a number as query variable',
    { queryVariables: [5] },
    'Prompt query variables keys must be an array of strings.'
  ],
  ['a number as version', { version: 5 }, 'Prompt version must be a string.'],
  ['a number as UUID', { promptUuid: 0 }, 'Prompt UUID must be a string.'],
  ['a number as version UUID', { promptVersionUuid: 0 }, 'Prompt version UUID must be a string.'],
  ['text as tags', { tags: 'a:b' }, 'Prompt tags must be an non-Map object.'],
  ['a Map as tags', { tags: new Map() }, 'Prompt tags must be an non-Map object.'],
  ['a number as tag', { tags: { a: 5 } }, 'Prompt tags must be an object of string key-value pairs.'],
  ['an object as template', { template: {} }, 'Prompt template must be a string or an array of messages.'],
  ['text in a chat template', { template: ['hi'] }, CHAT],
  ['a message without content', { template: [{ role: 'user' }] }, CHAT],
  ['a message without role', { template: [{ content: 'hi' }] }, CHAT],
  ['a placeholder without name', { template: [{ type: 'placeholder', role: 'user', content: 'x' }] }, CHAT],
  ['text as variables', { variables: 'a' }, 'Prompt variables must be an non-Map object.'],
  ['a Map as variables', { variables: new Map() }, 'Prompt variables must be an non-Map object.'],
  [
    'a number as variable',
    { variables: { a: 5 } },
    'Prompt variables must be an object of string key-value pairs.'
  ]
])('refuses %s', (_name, given, message) => {
  expect(() => wire(given)).toThrow(invalid(message))
})

describe('a second prompt', () => {
  const first = { id: 'greet', version: '1', promptUuid: 'u', promptVersionUuid: 'v', template: 'Hi' }
  const promptAfter = (/** @type {object} */ second) => {
    const { span, event } = annotated('llm', { prompt: first })
    annotateSpan(span, { prompt: second })
    return event().meta.input.prompt
  }

  test('adds to the first when it names no other prompt', () => {
    expect(promptAfter({ variables: { a: 'b' }, queryVariables: ['q'] })).toEqual({
      ...{ id: 'greet', version: '1', prompt_uuid: 'u', prompt_version_uuid: 'v', template: 'Hi' },
      variables: { a: 'b' },
      _dd_context_variable_keys: ['context'],
      _dd_query_variable_keys: ['q']
    })
  })

  test('replaces its identity when it has an id, a version or a template', () => {
    expect(promptAfter({ version: '2' })).toEqual({
      id: 'shop_unnamed-prompt',
      version: '2',
      template: 'Hi',
      ...DEFAULTS
    })
    expect(promptAfter({ id: 'b', promptUuid: 'w' })).toEqual({
      id: 'b',
      version: '1',
      prompt_uuid: 'w',
      template: 'Hi',
      ...DEFAULTS
    })
  })

  test('has one template, of either kind', () => {
    const { template, ...rest } = promptAfter({ id: 'greet', template: [{ role: 'user', content: 'Hi' }] })
    expect([template, rest.chat_template]).toEqual([undefined, [{ role: 'user', content: 'Hi' }]])
  })
})

test('a prompt is marked by a tag, after the tags of the same call', () => {
  const { event } = annotated('llm', { prompt: {}, tags: { a: 'b' } })
  expect(event().tags.slice(-2)).toEqual(['a:b', 'prompt_tracking_instrumentation_method:annotated'])
})

test.each(['agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment'])(
  'a prompt on a span of kind %s is dropped with a warning, right or wrong',
  kind => {
    for (const prompt of [{ id: 'a' }, 'wrong']) {
      const { span, warnings } = annotated(kind, { prompt })
      expect([span.prompt, span.tags]).toEqual([null, null])
      expect(warnings).toEqual([
        'Dropping prompt on non-LLM span kind, annotating prompts is only supported for LLM span kinds.'
      ])
    }
  }
)

test('what cannot be read is replaced, and named', () => {
  const { event } = annotated('llm', {
    prompt: { id: 'a', variables: throwing('x'), tags: revokedProxy() }
  })
  expect(event().meta.input.prompt).toEqual({
    id: 'a',
    variables: { x: 'Unserializable value' },
    tags: {},
    ...DEFAULTS
  })
  expect(event().collection_errors).toEqual([
    'unserializable:prompt.tags',
    'unserializable:prompt.variables.x'
  ])
})
