'use strict'

const { messagesOf } = require('../../lib/opentelemetry/messages')

const PNG = 'iVBORw0KGgo='

test.each([
  ['a text', 'hello', [{ role: 'user', content: 'hello' }]],
  [
    'texts',
    ['a', 'b'],
    [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' }
    ]
  ],
  ['nothing', undefined, []],
  ['null', null, []],
  ['a number', 7, [{ role: 'user', content: '7' }]],
  ['a message without content', { role: 'assistant' }, [{ role: 'assistant', content: '' }]],
  ['an object that is no message', { foo: 1 }, [{ role: 'user', content: '{"foo":1}' }]],
  [
    'several texts',
    {
      role: 'user',
      parts: [
        { type: 'text', content: 'a' },
        { type: 'text', content: 'b' }
      ]
    },
    [{ role: 'user', content: 'a\nb' }]
  ],
  [
    'reasoning, a message of its own before the answer',
    {
      role: 'assistant',
      parts: [
        { type: 'text', content: 'yes' },
        { type: 'reasoning', content: 'hm' }
      ]
    },
    [
      { role: 'reasoning', content: 'hm' },
      { role: 'assistant', content: 'yes' }
    ]
  ],
  [
    "Anthropic's thinking and use of a tool",
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } }
      ]
    },
    [
      { role: 'reasoning', content: 'hm' },
      { role: 'assistant', toolCalls: [{ name: 'f', arguments: { a: 1 }, toolId: 't1', type: 'function' }] }
    ]
  ],
  [
    "Anthropic's answer of a tool",
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: 'sunny' }] }]
    },
    [{ role: 'user', toolResults: [{ result: 'sunny', toolId: 't1', type: 'tool_result' }] }]
  ],
  [
    "OpenAI's call and answer of a tool",
    [
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }]
      },
      { role: 'tool', tool_call_id: 'c1', content: 'sunny' }
    ],
    [
      { role: 'assistant', toolCalls: [{ name: 'f', arguments: { a: 1 }, toolId: 'c1', type: 'function' }] },
      { role: 'tool', toolResults: [{ result: 'sunny', toolId: 'c1', type: 'tool_result' }] }
    ]
  ],
  [
    "items of OpenAI's responses",
    [
      { role: 'user', content: [{ type: 'input_text', text: 'q' }] },
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'sunny' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'a' }] }
    ],
    [
      { role: 'user', content: 'q' },
      { role: 'reasoning', content: 'hm' },
      { role: 'user', toolCalls: [{ name: 'f', arguments: { a: 1 }, toolId: 'c1', type: 'function' }] },
      { role: 'tool', toolResults: [{ result: 'sunny', toolId: 'c1', type: 'tool_result' }] },
      { role: 'assistant', content: 'a' }
    ]
  ],
  [
    "LangChain's serialized messages",
    [
      [
        {
          lc: 1,
          type: 'constructor',
          id: ['langchain_core', 'messages', 'HumanMessage'],
          kwargs: { content: 'hi' }
        }
      ]
    ],
    [{ role: 'user', content: 'hi' }]
  ],
  ["Gemini's parts", { role: 'model', parts: [{ text: 'hi' }] }, [{ role: 'assistant', content: 'hi' }]],
  [
    'arguments that are no JSON',
    { role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{broken' } }] },
    [
      {
        role: 'assistant',
        toolCalls: [{ name: 'f', arguments: { value: '{broken' }, toolId: 'c', type: 'function' }]
      }
    ]
  ],
  [
    'an image inside',
    { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }] },
    [{ role: 'user', content: '[image]', imageParts: [{ mimeType: 'image/png', content: PNG }] }]
  ],
  [
    'an image elsewhere',
    {
      role: 'user',
      parts: [{ type: 'uri', modality: 'image', mime_type: 'image/png', uri: 'https://x.example/a.png' }]
    },
    [{ role: 'user', content: '[image/png: https://x.example/a.png]' }]
  ],
  [
    'an image of a kind that is not shown',
    { role: 'user', parts: [{ type: 'blob', modality: 'image', mime_type: 'image/tiff', content: PNG }] },
    [{ role: 'user', content: '[image/tiff: 12 characters of base64]' }]
  ],
  [
    'a sound',
    { role: 'user', content: [{ type: 'input_audio', input_audio: { data: PNG, format: 'wav' } }] },
    [{ role: 'user', content: '[audio]', audioParts: [{ mimeType: 'audio/wav', content: PNG }] }]
  ],
  [
    'a file by its id',
    { role: 'user', parts: [{ type: 'file', modality: 'document', file_id: 'file-1' }] },
    [{ role: 'user', content: '[document: file-1]' }]
  ],
  [
    'a part that nobody knows',
    { role: 'user', parts: [{ type: 'hologram', x: 1 }] },
    [{ role: 'user', content: '{"type":"hologram","x":1}' }]
  ]
])('%s', (_what, given, expected) => {
  expect(messagesOf(given, 'user')).toEqual(expected)
})
