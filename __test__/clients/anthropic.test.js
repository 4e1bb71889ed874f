'use strict'

const { Anthropic, APIPromise } = require('@anthropic-ai/sdk')
const { observe } = require('../../anthropic')
const { KEYS, thrownBy } = require('../sdk/setup')
const { world } = require('./setup')

const make = (url, options) => new Anthropic({ apiKey: 'none', baseURL: url, ...options })
const { open } = world(make, observe)

const USAGE = {
  input_tokens: 13,
  output_tokens: 9,
  cache_creation_input_tokens: 5,
  cache_read_input_tokens: 4,
  cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 }
}
/** What comes of a cache counts as input, too. */
const METRICS = {
  input_tokens: 22,
  output_tokens: 9,
  total_tokens: 31,
  cache_read_input_tokens: 4,
  cache_write_input_tokens: 5,
  ephemeral_5m_input_tokens: 3,
  ephemeral_1h_input_tokens: 2
}
const THOUGHT = { type: 'thinking', thinking: 'Hmmm.', signature: 'c2lnbmVk' }
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Paris' } }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-test-20260101',
  content: [THOUGHT, { type: 'text', text: 'It is sunny.' }, CALL],
  stop_reason: 'tool_use',
  stop_sequence: null,
  usage: USAGE
}
const WHOLE = { json: MESSAGE }
const SAID = {
  messages: [
    { role: 'reasoning', content: 'Hmmm.' },
    {
      role: 'assistant',
      content: 'It is sunny.',
      tool_calls: [{ name: 'weather', arguments: { city: 'Paris' }, tool_id: 'toolu_1', type: 'function' }]
    }
  ]
}
const BODY = { model: 'claude-test', max_tokens: 100, messages: [{ role: 'user', content: 'And Paris?' }] }

const block = (index, content_block, ...deltas) => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map(delta => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index }
]
const BEGINNING = [
  {
    type: 'message_start',
    message: { ...MESSAGE, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } }
  },
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'Hm' },
    { type: 'thinking_delta', thinking: 'mm.' },
    { type: 'signature_delta', signature: 'c2lnbmVk' }
  ),
  ...block(
    1,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'It is ' },
    { type: 'text_delta', text: 'sunny.' }
  )
]
const END = [
  ...block(
    2,
    { ...CALL, input: {} },
    { type: 'input_json_delta', partial_json: '{"city":' },
    { type: 'input_json_delta', partial_json: '"Paris"}' }
  ),
  {
    type: 'message_delta',
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 9, input_tokens: null }
  },
  { type: 'message_stop' }
]
const STREAM = { events: BEGINNING, rest: END }
const FLOWING = { events: [...BEGINNING, ...END] }

/** @param {() => Promise<any[]>} all @returns {Promise<any>} */
async function first(all) {
  for (;;) {
    const [span] = await all()
    if (span !== undefined) return span
    await new Promise(resolve => setImmediate(resolve))
  }
}

describe('a message', () => {
  test('becomes a span with all that was asked and answered', async () => {
    const { client, inAcme, only, intake } = await open([WHOLE])
    const image = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' }
    await inAcme(() =>
      client.messages.create({
        ...BODY,
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'And Paris?' },
              { type: 'image', source: image }
            ]
          },
          { role: 'assistant', content: [THOUGHT, { type: 'redacted_thinking', data: 'c2VjcmV0' }, CALL] },
          {
            role: 'user',
            content: [
              {
                type: 'tool_result',
                tool_use_id: 'toolu_1',
                content: [
                  { type: 'text', text: 'sunny' },
                  { type: 'image', source: image }
                ]
              }
            ]
          }
        ],
        tools: [{ name: 'weather', description: 'of a city', input_schema: { type: 'object' } }],
        tool_choice: { type: 'auto' },
        temperature: 0.5
      })
    )
    const span = await only()
    expect(span).toMatchObject({
      name: 'anthropic.request',
      status: 'ok',
      meta: {
        'span.kind': 'llm',
        model_name: 'claude-test-20260101',
        model_provider: 'unknown',
        input: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            {
              role: 'user',
              content: 'And Paris?\n[image]',
              image_parts: [{ mime_type: 'image/png', content: 'iVBORw0KGgo=' }]
            },
            { role: 'reasoning', content: 'Hmmm.\n[redacted]' },
            { role: 'assistant', tool_calls: SAID.messages[1].tool_calls },
            {
              role: 'user',
              tool_results: [{ result: 'sunny\n[image]', tool_id: 'toolu_1', type: 'tool_result' }]
            }
          ]
        },
        output: SAID,
        tool_definitions: [{ name: 'weather', description: 'of a city', schema: { type: 'object' } }],
        metadata: {
          max_tokens: 100,
          temperature: 0.5,
          tool_choice: { type: 'auto' },
          finish_reasons: ['tool_use']
        }
      },
      metrics: METRICS
    })
    expect(JSON.stringify(span)).not.toMatch(/c2VjcmV0|c2lnbmVk/)
    expect(intake.spans({ key: KEYS.acme })).toHaveLength(1)
  })

  test('keeps the client’s own promise', async () => {
    const { client, plain, inAcme, all } = await open([WHOLE])
    expect(client).toBe(plain)
    const promise = inAcme(() => client.messages.create(BODY))
    expect(promise).toBeInstanceOf(APIPromise)
    const { data, request_id: id } = await promise.withResponse()
    expect(await promise).toBe(data)
    expect(id).toBeNull()
    const response = await inAcme(() => client.messages.create(BODY)).asResponse()
    expect(await response.json()).toEqual(MESSAGE)
    for (const span of await all()) expect(span).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('an error says its class, its status, and how the API calls it', async () => {
    const { client, inAcme, only } = await open([
      {
        status: 529,
        headers: { 'request-id': 'req_1' },
        json: { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
      }
    ])
    await expect(inAcme(() => client.messages.create(BODY))).rejects.toMatchObject({ status: 529 })
    const span = await only()
    expect(span.status).toBe('error')
    expect(span.meta['error.type']).toMatch(/^(InternalServer|Overloaded)Error$/)
    expect(span.meta.metadata).toMatchObject({ status_code: 529, request_id: 'req_1' })
  })

  test('that is tried again is one span', async () => {
    const busy = { status: 500, headers: { 'retry-after-ms': '1' }, json: { error: { message: 'busy' } } }
    const { client, inAcme, only, provider } = await open([busy, WHOLE], { client: { maxRetries: 1 } })
    await inAcme(() => client.messages.create(BODY))
    expect(provider.requests).toHaveLength(2)
    expect(await only()).toMatchObject({ status: 'ok', meta: { output: SAID } })
  })

  test('counting tokens is no span', async () => {
    const { client, inAcme, all } = await open([{ json: { input_tokens: 5 } }])
    await inAcme(() => client.messages.countTokens({ model: 'claude-test', messages: BODY.messages }))
    expect(await all()).toEqual([])
  })

  test('of beta, of a copy of the client, parsed, and of a tool runner', async () => {
    const sunny = {
      json: { ...MESSAGE, content: [{ type: 'text', text: 'It is sunny.' }], stop_reason: 'end_turn' }
    }
    const { client, llmobs, inAcme, all, provider } = await open([WHOLE, WHOLE, sunny, WHOLE, sunny])
    expect(observe(client, { llmobs })).toBe(client)
    await inAcme(() => client.beta.messages.create(BODY))
    await inAcme(() => client.withOptions({ timeout: 5000 }).messages.create(BODY))
    await inAcme(() => client.messages.parse(BODY))
    const tool = {
      ...{ name: 'weather', type: 'custom', input_schema: { type: 'object' } },
      parse: input => input,
      run: ({ city }) => `sunny in ${city}`
    }
    await inAcme(() => client.beta.messages.toolRunner({ ...BODY, tools: [tool] }))
    const spans = await all()
    expect(provider.requests).toHaveLength(5)
    expect(spans).toHaveLength(5)
    expect(spans.at(-1).meta.input.messages.at(-1).tool_results).toMatchObject([{ result: 'sunny in Paris' }])
  })
})

describe('a stream', () => {
  const ask = client => client.messages.create({ ...BODY, stream: true })

  test('ends its span when it was read, with all that it said', async () => {
    const { client, inAcme, inGlobex, all, only, provider, intake } = await open([STREAM])
    const stream = await inAcme(() => ask(client))
    const iterator = stream[Symbol.asyncIterator]()
    await inGlobex(() => iterator.next())
    expect(await all()).toEqual([])
    provider.open()
    await inGlobex(async () => {
      for (let step = await iterator.next(); !step.done; step = await iterator.next());
    })
    const span = await only()
    expect(span).toMatchObject({
      meta: { output: SAID, model_name: 'claude-test-20260101', metadata: { finish_reasons: ['tool_use'] } },
      metrics: METRICS
    })
    expect(span.metrics.time_to_first_token).toBeGreaterThan(0)
    expect(intake.spans({ key: KEYS.acme })).toHaveLength(1)
  })

  test.each([
    [
      'left',
      async stream => {
        for await (const { delta } of stream) if (delta?.text) break
      }
    ],
    [
      'given up',
      async stream => {
        const iterator = stream[Symbol.asyncIterator]()
        for (let step; !step?.value.delta?.text; ) step = await iterator.next()
        stream.controller.abort()
        await iterator.next()
      }
    ]
  ])('that is %s says what came', async (_how, read) => {
    const { client, inAcme, all } = await open([STREAM])
    await read(await inAcme(() => ask(client)))
    const { status, meta, metrics } = await first(all)
    expect(status).toBe('ok')
    expect(meta.output.messages[0]).toEqual(SAID.messages[0])
    expect(meta.output.messages[1].content).toContain('It is')
    expect(metrics).toMatchObject({ input_tokens: 22, output_tokens: 1 })
  })

  test('in branches, and with its response', async () => {
    const { client, inAcme, all } = await open([FLOWING])
    const [one, other] = (await inAcme(() => ask(client))).tee()
    for await (const _ of one);
    expect(await all()).toEqual([])
    for await (const _ of other);
    const { data } = await inAcme(() => ask(client)).withResponse()
    for await (const _ of data);
    const spans = await all()
    expect(spans).toHaveLength(2)
    for (const span of spans) expect(span).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test.each([
    ['messages', client => client.messages],
    ['beta.messages', client => client.beta.messages]
  ])('by the helper of %s: events, and its final message', async (_name, messagesOf) => {
    const { client, inAcme, only } = await open([FLOWING])
    let text = ''
    const stream = inAcme(() => messagesOf(client).stream(BODY))
    stream.on('text', delta => {
      text += delta
    })
    const message = await stream.finalMessage()
    expect([text, message.stop_reason]).toEqual(['It is sunny.', 'tool_use'])
    expect(await only()).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('by the helper, given up', async () => {
    const { client, inAcme, all } = await open([STREAM])
    const stream = inAcme(() => client.messages.stream(BODY))
    stream.on('text', () => stream.abort())
    await expect(stream.done()).rejects.toBeInstanceOf(Anthropic.APIUserAbortError)
    expect((await first(all)).meta.output.messages[0]).toEqual(SAID.messages[0])
  })

  test('that breaks with an event fails its span', async () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'busy' } }
    const { client, inAcme, only } = await open([{ events: [...BEGINNING, error] }])
    const read = async () => {
      for await (const _ of await inAcme(() => ask(client)));
    }
    await expect(read()).rejects.toThrow('busy')
    const span = await only()
    expect(span).toMatchObject({
      status: 'error',
      meta: { output: { messages: [SAID.messages[0], { content: 'It is sunny.' }] } }
    })
    expect(span.meta['error.message']).toContain('busy')
  })
})

test.each([
  ['https://api.anthropic.com', 'anthropic'],
  ['https://bedrock-runtime.us-east-1.amazonaws.com', 'amazon_bedrock'],
  ['https://llm.acme.example', 'unknown']
])('at %s the provider is %s', async (baseURL, provider) => {
  const fetch = async () => Response.json(MESSAGE)
  const { client, inAcme, only } = await open([WHOLE], { client: { fetch } })
  client.baseURL = baseURL
  await inAcme(() => client.messages.create(BODY))
  expect((await only()).meta.model_provider).toBe(provider)
})

test('a client is a client', () => {
  for (const client of [undefined, {}, { messages: {} }, { chat: { completions: { create() {} } } }]) {
    expect(thrownBy(() => observe(client))).toMatchObject({
      name: 'TypeError',
      code: 'SPANLANE_INVALID_OPTION',
      message: expect.stringContaining('@anthropic-ai/sdk')
    })
  }
})
