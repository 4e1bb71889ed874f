'use strict'

// What other SDKs hand out is understood where its meaning is certain. With `onMisuse: 'throw'` it is read as dd-trace does.

const { annotated } = require('./fixture')

/** @param {unknown} inputData */
const messages = inputData => {
  const { event, warnings } = annotated('llm', { inputData }, 'warn')
  expect(warnings).toEqual([])
  return event().meta.input.messages
}

describe('messages of OpenAI', () => {
  test('with tool calls and the answers to them', () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Graz","days":[1,2]}' }
    }
    expect(
      messages([
        { role: 'assistant', content: null, refusal: null, tool_calls: [call], audio: null },
        { role: 'tool', tool_call_id: 'call_1', content: '21 C' }
      ])
    ).toEqual([
      {
        role: 'assistant',
        tool_calls: [
          { name: 'weather', arguments: { city: 'Graz', days: [1, 2] }, tool_id: 'call_1', type: 'function' }
        ]
      },
      { role: 'tool', content: '21 C', tool_id: 'call_1' }
    ])
  })

  test.each([
    ['no JSON', 'city=Graz', { value: 'city=Graz' }],
    ['no object', '"Graz"', { value: 'Graz' }],
    ['nothing', '', {}]
  ])('with arguments that are %s', (_what, given, expected) => {
    const [message] = messages([
      { role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: given } }] }
    ])
    expect(message.tool_calls).toEqual([{ name: 'f', arguments: expected }])
  })

  test('with content in parts', () => {
    expect(
      messages([
        {
          role: 'user',
          content: [
            { type: 'text', text: 'what is' },
            { type: 'input_text', text: 'this?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } },
            { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
            { type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
            { type: 'file', file: { file_id: 'f' } },
            { type: 'something_new' },
            'plain',
            null
          ]
        }
      ])
    ).toEqual([
      {
        role: 'user',
        content: 'what is\nthis?\n[image: https://example.com/a.png]\n[file]\n[something_new]\nplain',
        image_parts: [{ mime_type: 'image/png', content: 'iVBO' }],
        audio_parts: [{ mime_type: 'audio/wav', content: 'UklG' }]
      }
    ])
  })
})

test('messages of Anthropic', () => {
  expect(
    messages([
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 's' },
          { type: 'text', text: 'I look.' },
          { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Graz' } }
        ]
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '21 C' }] },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } }
        ]
      }
    ])
  ).toEqual([
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ name: 'weather', arguments: { city: 'Graz' }, tool_id: 'toolu_1' }]
    },
    {
      role: 'user',
      tool_results: [{ result: '21 C', tool_id: 'toolu_1', name: '' }],
      image_parts: [{ mime_type: 'image/png', content: 'iVBO' }]
    }
  ])
})

describe('messages of LangChain', () => {
  class BaseMessage {
    constructor(/** @type {Record<string, unknown>} */ fields) {
      this.lc_serializable = true
      this.lc_kwargs = fields
      this.additional_kwargs = {}
      this.id = 'run-1'
      Object.assign(this, fields)
    }
  }
  class HumanMessage extends BaseMessage {
    _getType() {
      return 'human'
    }
  }
  class AIMessage extends BaseMessage {
    getType() {
      return 'ai'
    }
  }
  class ToolMessage extends BaseMessage {
    _getType() {
      return 'tool'
    }
  }
  class BrokenMessage extends BaseMessage {
    _getType() {
      throw new Error('no type')
    }
  }

  test('as it has them', () => {
    const call = { name: 'weather', args: { city: 'Graz' }, id: 'call_1', type: 'tool_call' }
    expect(
      messages([
        new HumanMessage({ content: 'weather?' }),
        new AIMessage({ content: '', tool_calls: [call] }),
        new ToolMessage({ content: '21 C', tool_call_id: 'call_1', name: 'weather' }),
        new AIMessage({ content: [{ type: 'text', text: 'warm' }], tool_calls: [] }),
        new BrokenMessage({ content: 'kept' })
      ])
    ).toEqual([
      { role: 'user', content: 'weather?' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ name: 'weather', arguments: { city: 'Graz' }, tool_id: 'call_1' }]
      },
      { role: 'tool', content: '21 C', tool_id: 'call_1' },
      { role: 'assistant', content: 'warm' },
      { role: '', content: 'kept' }
    ])
  })

  test('as JSON, and as copies', () => {
    const id = ['langchain_core', 'messages', 'AIMessage']
    expect(
      messages([
        { lc: 1, type: 'constructor', id, kwargs: { content: 'hi', tool_calls: [] } },
        { type: 'human', data: { content: 'hello' } },
        { type: 'ai', content: 'yes', additional_kwargs: {} },
        { lc_kwargs: { content: 'lost its type' } }
      ])
    ).toEqual([
      { role: 'assistant', content: 'hi' },
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'yes' },
      { role: '', content: 'lost its type' }
    ])
  })
})

test('messages of Gemini', () => {
  expect(
    messages([
      {
        role: 'user',
        parts: [{ text: 'weather?' }, { inlineData: { mimeType: 'image/png', data: 'iVBO' } }]
      },
      { role: 'model', parts: [{ functionCall: { name: 'weather', args: { city: 'Graz' } } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { degrees: 21 } } }] },
      { role: 'model', parts: [{ text: 'warm' }] }
    ])
  ).toEqual([
    { role: 'user', content: 'weather?', image_parts: [{ mime_type: 'image/png', content: 'iVBO' }] },
    { role: 'assistant', tool_calls: [{ name: 'weather', arguments: { city: 'Graz' } }] },
    { role: 'user', tool_results: [{ name: 'weather', result: '{"degrees":21}' }] },
    { role: 'assistant', content: 'warm' }
  ])
})

test('messages of the AI SDK', () => {
  expect(
    messages([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I look.' },
          { type: 'tool-call', toolCallId: '1', toolName: 'weather', input: { city: 'Graz' } }
        ]
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: '1',
            toolName: 'weather',
            output: { type: 'json', value: { c: 21 } }
          }
        ]
      },
      {
        id: 'm',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          { type: 'text', text: 'warm' },
          {
            type: 'tool-weather',
            toolCallId: '2',
            state: 'output-available',
            input: { city: 'Wien' },
            output: 'cold'
          }
        ]
      },
      {
        role: 'assistant',
        content: 'old',
        toolInvocations: [{ toolCallId: '3', toolName: 'f', args: {}, result: 5 }]
      }
    ])
  ).toEqual([
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [{ name: 'weather', arguments: { city: 'Graz' }, tool_id: '1' }]
    },
    { role: 'tool', tool_results: [{ name: 'weather', tool_id: '1', result: '{"c":21}' }] },
    {
      role: 'assistant',
      content: 'warm',
      tool_calls: [{ name: 'weather', arguments: { city: 'Wien' }, tool_id: '2' }],
      tool_results: [{ name: 'weather', tool_id: '2', result: 'cold' }]
    },
    {
      role: 'assistant',
      content: 'old',
      tool_calls: [{ name: 'f', arguments: {}, tool_id: '3' }],
      tool_results: [{ name: 'f', tool_id: '3', result: '5' }]
    }
  ])
})

describe('the usage of a provider as metrics', () => {
  const WIRE = { input: 'input_tokens', output: 'output_tokens', total: 'total_tokens' }
  const CACHE = 'cache_read_input_tokens'
  const REASONING = 'reasoning_output_tokens'

  test.each([
    [
      'OpenAI, chat',
      {
        ...{ prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
        prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 2, audio_tokens: 0 }
      },
      { [WIRE.input]: 10, [WIRE.output]: 5, [WIRE.total]: 15, [CACHE]: 4, [REASONING]: 2 }
    ],
    [
      'OpenAI, responses',
      {
        ...{ input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 2 }
      },
      { [WIRE.input]: 10, [WIRE.output]: 5, [WIRE.total]: 15, [CACHE]: 4, [REASONING]: 2 }
    ],
    [
      'Anthropic',
      {
        ...{ input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 4, cache_creation_input_tokens: 3 },
        cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 }
      },
      {
        ...{ [WIRE.input]: 10, [WIRE.output]: 5, [CACHE]: 4, cache_write_input_tokens: 3 },
        ...{ ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 2 }
      }
    ],
    [
      'LangChain',
      {
        ...{ input_tokens: 10, output_tokens: 5, total_tokens: 15 },
        input_token_details: { cache_read: 4, cache_creation: 3 },
        output_token_details: { reasoning: 2 }
      },
      {
        ...{ [WIRE.input]: 10, [WIRE.output]: 5, [WIRE.total]: 15 },
        ...{ [CACHE]: 4, cache_write_input_tokens: 3, [REASONING]: 2 }
      }
    ],
    [
      'Gemini',
      {
        ...{ promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
        ...{ cachedContentTokenCount: 4, thoughtsTokenCount: 2 }
      },
      { [WIRE.input]: 10, [WIRE.output]: 5, [WIRE.total]: 15, [CACHE]: 4, [REASONING]: 2 }
    ],
    [
      'the AI SDK',
      { inputTokens: 10, outputTokens: 5, totalTokens: 15, cachedInputTokens: 4, reasoningTokens: undefined },
      { [WIRE.input]: 10, [WIRE.output]: 5, [WIRE.total]: 15, [CACHE]: 4 }
    ]
  ])('of %s', (_who, usage, expected) => {
    for (const options of [{ metrics: usage }, { usage }]) {
      const { event, misuse } = annotated('llm', options, 'warn')
      expect(event().metrics).toEqual(expected)
      expect(misuse).toEqual('usage' in options ? { SPANLANE_INVALID_ANNOTATION: 1 } : {})
    }
  })

  test('does not take the place of what is said by its own name', () => {
    for (const metrics of [
      { inputTokens: 1, prompt_tokens: 2 },
      { prompt_tokens: 2, inputTokens: 1 }
    ]) {
      expect(annotated('llm', { metrics }, 'warn').event().metrics).toEqual({ input_tokens: 1 })
    }
  })
})

test('tools of other SDKs', () => {
  const schema = { type: 'object', properties: { city: { type: 'string' } } }
  const tool = { name: 'weather', description: 'tells' }
  const expected = [{ ...tool, schema }]
  for (const given of [
    { type: 'function', function: { ...tool, parameters: schema, strict: true } },
    { ...tool, input_schema: schema },
    { ...tool, inputSchema: schema },
    { ...tool, parameters: schema }
  ]) {
    expect(annotated('llm', { toolDefinitions: [given] }, 'warn').event().meta.tool_definitions).toEqual(
      expected
    )
    expect(annotated('llm', { tools: [given] }, 'warn').event().meta.tool_definitions).toEqual(expected)
  }
})

test.each([
  [
    'of a class, with methods and a cycle',
    () => Object.assign(new (class Schema {})(), { parse() {}, def: {} })
  ],
  ['without a class, with functions', () => ({ kind: 'schema', type: 'object', '~run': () => {} })],
  ['a function', () => () => {}],
  ['a list', () => []]
])('a schema that is a validator, %s, is left out with one warning', (_what, make) => {
  const { event, warnings } = annotated('llm', { toolDefinitions: [{ name: 'f', schema: make() }] }, 'warn')
  expect(event().meta.tool_definitions).toEqual([{ name: 'f' }])
  expect(warnings).toEqual(['Tool definition "schema" at index 0 must be a plain object. Skipping field.'])
  expect(event().collection_errors).toBeUndefined()
})

test('documents of LangChain', () => {
  const given = [{ pageContent: 'a', metadata: { source: 's' }, id: '1' }, { page_content: 'b' }]
  expect(annotated('retrieval', { outputData: given }, 'warn').event().meta.output.documents).toEqual([
    { text: 'a', id: '1' },
    { text: 'b' }
  ])
})

describe('where misuse throws nothing is understood but what dd-trace understands', () => {
  test.each([
    [
      { inputData: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] },
      '"Message content" must be a string.'
    ],
    [{ inputData: [{ toolCalls: [{ arguments: '{}' }] }] }, '"Tool arguments" must be an object.'],
    [{ metrics: { prompt_tokens_details: {} } }, /^Value for metric 'prompt_tokens_details' must be a number/]
  ])('%j', (options, message) => {
    expect(() => annotated('llm', options)).toThrow(message)
  })

  test('names of others are ignored, and told', () => {
    const { event, warnings } = annotated('llm', {
      input: 'x',
      inputData: [{ role: 'assistant', content: 'y', tool_calls: [{ function: { name: 'f' } }] }],
      metrics: { prompt_tokens: 1 }
    })
    expect(event().meta.input.messages).toEqual([{ role: 'assistant', content: 'y' }])
    expect(event().metrics).toEqual({ prompt_tokens: 1 })
    expect(warnings).toEqual([expect.stringContaining('did you mean "inputData"')])
  })
})
