'use strict'

const { annotated, invalid, revokedProxy, throwing } = require('./fixture')

/** @param {unknown} inputData */
const wire = inputData => annotated('llm', { inputData }).event().meta.input

const call = (/** @type {unknown} */ toolCall) => [{ toolCalls: [toolCall] }]
const result = (/** @type {unknown} */ toolResult) => [{ toolResults: [toolResult] }]

test.each([
  ['a string', 'hi', [{ role: '', content: 'hi' }]],
  ['one message', { role: 'user', content: 'hi' }, [{ role: 'user', content: 'hi' }]],
  [
    'a list',
    ['hi', { role: 'assistant', content: 'yes' }],
    [
      { role: '', content: 'hi' },
      { role: 'assistant', content: 'yes' }
    ]
  ],
  ['an empty message', [{}], [{ role: '', content: '' }]],
  ['an empty content', [{ content: '' }], [{ role: '', content: '' }]],
  ['a null role', [{ role: null, content: 'x' }], [{ role: '', content: 'x' }]],
  ['unknown fields', [{ content: 'x', extra: 1 }], [{ role: '', content: 'x' }]],
  ['a tool call instead of a content', call({ name: 'f' }), [{ role: '', tool_calls: [{ name: 'f' }] }]],
  ['no tool calls in a list', [{ toolCalls: [] }], [{ role: '' }]],
  [
    'a whole tool call',
    call({ name: 'f', arguments: { city: 'Graz' }, toolId: '1', type: 'function' }),
    [
      {
        role: '',
        tool_calls: [{ name: 'f', arguments: { city: 'Graz' }, tool_id: '1', type: 'function' }]
      }
    ]
  ],
  ['a tool call outside a list', [{ toolCalls: { name: 'f' } }], [{ role: '', tool_calls: [{ name: 'f' }] }]],
  ['arguments in a list', call({ arguments: [1] }), [{ role: '', tool_calls: [{ arguments: [1] }] }]],
  [
    'a whole tool result',
    result({ result: '21 C', toolId: '1', name: 'f', type: 'function' }),
    [{ role: '', tool_results: [{ result: '21 C', tool_id: '1', name: 'f', type: 'function' }] }]
  ],
  ['a tool result without name', result({}), [{ role: '', tool_results: [{ name: '' }] }]],
  [
    'the id of a tool message',
    [{ role: 'tool', content: 'x', toolId: '1' }],
    [{ role: 'tool', content: 'x', tool_id: '1' }]
  ],
  [
    'media',
    [
      {
        content: 'see',
        audioParts: [{ mimeType: 'audio/wav', content: 'UklG' }],
        imageParts: { mimeType: 'image/png', attachmentKey: 'k' }
      }
    ],
    [
      {
        role: '',
        content: 'see',
        audio_parts: [{ mime_type: 'audio/wav', content: 'UklG' }],
        image_parts: [{ mime_type: 'image/png', attachment_key: 'k' }]
      }
    ]
  ]
])('accepts %s', (_name, given, messages) => {
  expect(wire(given)).toEqual({ messages })
})

test.each([
  ['a number', 5],
  ['a list with a number', ['hi', 5]],
  ['a list with true', [true]],
  ['a BigInt', 1n],
  ['a function', () => {}]
])('refuses %s as message', (_name, given) => {
  expect(() => wire(given)).toThrow(invalid('Messages must be a string, object, or list of objects'))
})

test.each([
  ['role', [{ role: 5 }], '"Message role" must be a string.'],
  ['content', [{ content: 5 }], '"Message content" must be a string.'],
  ['content list', [{ content: ['x'] }], '"Message content" must be a string.'],
  ['tool id', [{ role: 'tool', toolId: 5 }], '"Tool ID" must be a string.'],
  ['tool call', call('f'), 'Tool call must be an object.'],
  ['tool name', call({ name: 5 }), '"Tool name" must be a string.'],
  ['tool arguments', call({ arguments: '{}' }), '"Tool arguments" must be an object.'],
  ['tool call id', call({ toolId: 5 }), '"Tool ID" must be a string.'],
  ['tool call type', call({ type: 5 }), '"Tool type" must be a string.'],
  ['tool result', result('ok'), 'Tool result must be an object.'],
  ['result', result({ result: 5 }), '"Tool result" must be a string.'],
  ['result id', result({ toolId: 5 }), '"Tool ID" must be a string.'],
  ['result type', result({ type: 5 }), '"Tool type" must be a string.'],
  [
    'result name',
    result({ name: 5 }),
    '[LLMObs] Expected tool result name to be a string, instead got "number"'
  ]
])('refuses a wrong %s', (_name, given, message) => {
  expect(() => wire(given)).toThrow(invalid(message))
})

describe.each([
  ['audioParts', 'Audio'],
  ['imageParts', 'Image']
])('%s', (key, name) => {
  test.each([
    ['a part that is no object', 'x', `${name} part must be an object.`],
    ['no mime type', { content: 'x' }, `${name} part mimeType must be a non-empty string.`],
    [
      'an empty mime type',
      { mimeType: '', content: 'x' },
      `${name} part mimeType must be a non-empty string.`
    ],
    [
      'neither content nor key',
      { mimeType: 'a/b' },
      `${name} part must have either 'content' or 'attachmentKey'.`
    ],
    [
      'both content and key',
      { mimeType: 'a/b', content: '', attachmentKey: '' },
      `${name} part must have only one of 'content' or 'attachmentKey', not both.`
    ],
    [
      'bytes',
      { mimeType: 'a/b', content: Buffer.from('x') },
      `${name} part content must be a base64-encoded string.`
    ],
    ['a number as key', { mimeType: 'a/b', attachmentKey: 5 }, `${name} part attachmentKey must be a string.`]
  ])('refuses %s', (_name, part, message) => {
    expect(() => wire([{ [key]: part }])).toThrow(invalid(message))
  })
})

test.each([
  ['a falsy input', ''],
  ['an empty list', []]
])('%s changes nothing', (_name, inputData) => {
  expect(wire(inputData)).toEqual({})
})

test('a tool id on a message that is not a tool message is dropped with a warning', () => {
  const { event, warnings } = annotated('llm', { inputData: [{ role: 'user', content: 'x', toolId: '1' }] })
  expect(event().meta.input.messages).toEqual([{ role: 'user', content: 'x' }])
  expect(warnings).toEqual(['Tool ID for tool message not associated with a "tool" role, instead got "user"'])
})

test('what cannot be read is replaced, and named', () => {
  const { event } = annotated('llm', {
    inputData: [throwing('content'), { role: 'user', content: 'kept' }, revokedProxy()],
    outputData: [
      { toolCalls: [{ name: 'f', arguments: { big: 1n } }], imageParts: [throwing('mimeType')] }
    ].slice(0, 0)
  })
  const { meta, collection_errors: errors } = event()
  expect(meta.input.messages).toEqual([
    { role: '', content: 'Unserializable value' },
    { role: 'user', content: 'kept' },
    expect.objectContaining({ content: 'Unserializable value' })
  ])
  expect(errors).toContain('unserializable:input.messages[0].content')
  expect(errors).toContain('unserializable:input.messages[2].content')
})

test('a value in tool arguments that JSON cannot hold is replaced, and named', () => {
  const { event } = annotated('llm', { outputData: call({ name: 'f', arguments: { big: 1n, ok: 1 } }) })
  expect(event().meta.output.messages[0].tool_calls[0].arguments).toEqual({
    big: 'Unserializable value',
    ok: 1
  })
  expect(event().collection_errors).toEqual(['unserializable:output.messages[0].toolCalls[0].arguments.big'])
})

test('fields that a class defines are read, fields of a polluted Object.prototype are not', () => {
  class Message {
    get role() {
      return 'user'
    }
    get content() {
      return 'from a class'
    }
  }
  const prototype = /** @type {any} */ (Object.prototype)
  prototype.toolCalls = [{ name: 'evil' }]
  try {
    expect(wire([new Message()])).toEqual({ messages: [{ role: 'user', content: 'from a class' }] })
  } finally {
    delete prototype.toolCalls
  }
})
