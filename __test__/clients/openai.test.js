'use strict'

const { AzureOpenAI, OpenAI, APIPromise } = require('openai')
const { observe } = require('../../openai')
const { GLOBEX, KEYS, thrownBy } = require('../sdk/setup')
const { world } = require('./setup')

const make = (url, options) => new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, ...options })
const { open } = world(make, observe)

const USAGE = {
  prompt_tokens: 21,
  completion_tokens: 9,
  total_tokens: 30,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 }
}
const METRICS = {
  input_tokens: 21,
  output_tokens: 9,
  total_tokens: 30,
  cache_read_input_tokens: 4,
  reasoning_output_tokens: 2
}
const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }
const TOOL = {
  type: 'function',
  function: { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: {} } }
}
const completionOf = (message, reason = 'stop') => ({
  json: {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, message: { role: 'assistant', content: null, ...message }, finish_reason: reason }],
    usage: USAGE
  }
})
const SUNNY = completionOf({ content: 'It is sunny.' })
const chunk = (delta, more = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, delta, finish_reason: null, ...more }]
})
const STREAM = {
  events: [chunk({ role: 'assistant', content: '' }), chunk({ content: 'It is ' })],
  rest: [
    chunk({ content: 'sunny.' }),
    chunk({}, { finish_reason: 'stop' }),
    { ...chunk({}), choices: [], usage: USAGE }
  ]
}
const FLOWING = { events: [...STREAM.events, ...STREAM.rest] }
const QUESTION = [{ role: 'user', content: 'And Paris?' }]
const BODY = { model: 'gpt-4o', messages: QUESTION }
const SAID = { messages: [{ role: 'assistant', content: 'It is sunny.' }] }

const turn = () => new Promise(resolve => setImmediate(resolve))

/** @param {() => Promise<any[]>} all @returns {Promise<any>} */
async function first(all) {
  for (;;) {
    const [span] = await all()
    if (span !== undefined) return span
    await turn()
  }
}

describe('a chat completion', () => {
  test('becomes a span with all that was asked and answered', async () => {
    const { client, inAcme, only, intake } = await open([completionOf({ tool_calls: [CALL] }, 'tool_calls')])
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'And Paris?' }] },
      { role: 'assistant', content: null, tool_calls: [CALL] },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' }
    ]
    await inAcme(() =>
      client.chat.completions.create({ model: 'gpt-4o', messages, tools: [TOOL], temperature: 0.5 })
    )
    expect(await only()).toMatchObject({
      name: 'OpenAI.createChatCompletion',
      status: 'ok',
      parent_id: 'undefined',
      meta: {
        'span.kind': 'llm',
        model_name: 'gpt-4o-2024-08-06',
        model_provider: 'unknown',
        input: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'And Paris?' },
            {
              role: 'assistant',
              tool_calls: [
                { name: 'weather', arguments: { city: 'Paris' }, tool_id: 'call_1', type: 'function' }
              ]
            },
            { role: 'tool', tool_results: [{ result: 'sunny', tool_id: 'call_1' }] }
          ]
        },
        output: {
          messages: [
            {
              role: 'assistant',
              tool_calls: [
                { name: 'weather', arguments: { city: 'Paris' }, tool_id: 'call_1', type: 'function' }
              ]
            }
          ]
        },
        tool_definitions: [
          { name: 'weather', description: 'of a city', schema: { type: 'object', properties: {} } }
        ],
        metadata: { temperature: 0.5, finish_reasons: ['tool_calls'] }
      },
      metrics: METRICS
    })
    expect(intake.spans({ key: KEYS.acme })).toHaveLength(1)
  })

  test('is said as it was asked, whatever becomes of the messages', async () => {
    const { client, inAcme, only } = await open([SUNNY])
    const messages = [{ role: 'user', content: 'first' }]
    const promise = inAcme(() => client.chat.completions.create({ model: 'gpt-4o', messages }))
    messages[0].content = 'second'
    messages.push({ role: 'user', content: 'third' })
    await promise
    expect((await only()).meta.input).toEqual({ messages: [{ role: 'user', content: 'first' }] })
  })

  test('is below the active span, and what waits for it stays in its own context', async () => {
    const { client, llmobs, inAcme, inGlobex, all } = await open([SUNNY])
    await inAcme(() =>
      llmobs.trace({ kind: 'workflow', name: 'above' }, async () => {
        const promise = client.chat.completions.create(BODY)
        await inGlobex(async () => {
          await promise
          llmobs.trace({ kind: 'task', name: 'after' }, () => {})
        })
      })
    )
    const spans = await all()
    const of = name => spans.find(span => span.name === name)
    expect(of('OpenAI.createChatCompletion')).toMatchObject({
      trace_id: of('above').trace_id,
      parent_id: of('above').span_id
    })
    expect(of('after').parent_id).toBe('undefined')
  })

  test('an error says its class and status', async () => {
    const { client, inAcme, only } = await open([
      {
        status: 400,
        headers: { 'x-request-id': 'req_1' },
        json: { error: { message: 'no such model', code: 'model_not_found' } }
      }
    ])
    const error = await inAcme(() => client.chat.completions.create(BODY)).catch(error => error)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    const span = await only()
    expect(span).toMatchObject({ status: 'error', meta: { 'error.message': error.message } })
    expect(span.meta['error.type']).toBe('BadRequestError')
    expect(span.meta.metadata).toEqual({
      status_code: 400,
      error_code: 'model_not_found',
      request_id: 'req_1'
    })
    expect(span.meta.input).toEqual({ messages: QUESTION })
  })

  test('that is tried again is one span', async () => {
    const busy = { status: 500, headers: { 'retry-after-ms': '1' }, json: { error: { message: 'busy' } } }
    const { client, inAcme, only, provider } = await open([busy, busy, SUNNY], { client: { maxRetries: 2 } })
    await inAcme(() => client.chat.completions.create(BODY))
    expect(provider.requests).toHaveLength(3)
    expect(await only()).toMatchObject({ status: 'ok', meta: { output: SAID } })
  })

  test('rejects whoever asks', async () => {
    const { client } = await open([{ status: 400, json: { error: { message: 'no' } } }])
    const promise = client.chat.completions.create(BODY)
    await expect(promise).rejects.toThrow('no')
    expect(await promise.then(null, error => error.status)).toBe(400)
  })

  test.each([
    ['audio', { audio: { data: 'UklGRg==', transcript: 'It is sunny.' } }, { audio: { format: 'mp3' } }],
    ['a refusal', { refusal: 'It is sunny.' }, {}]
  ])('%s is said', async (_what, message, body) => {
    const { client, inAcme, only } = await open([completionOf(message)])
    await inAcme(() => client.chat.completions.create({ ...BODY, ...body }))
    const [said] = (await only()).meta.output.messages
    expect(said.content).toContain('It is sunny.')
    if (message.audio) expect(said.audio_parts).toEqual([{ mime_type: 'audio/mp3', content: 'UklGRg==' }])
  })

  test('with what no answer has is a span all the same', async () => {
    const { client, inAcme, all, log } = await open([{ json: 7 }])
    await inAcme(() => client.chat.completions.create(BODY))
    await inAcme(() => client.chat.completions.create({ model: 'gpt-4o', messages: 5 }))
    await inAcme(() =>
      client.chat.completions.create({ ...BODY, messages: [null, { role: 9, content: { a: 1 } }] })
    )
    expect(await all()).toHaveLength(3)
    expect(log.lines).toEqual([])
  })
})

describe('the promise is the client’s own', () => {
  test('by class, by identity, and in what it can do', async () => {
    const { client, plain, inAcme, only } = await open([SUNNY])
    expect(client).toBe(plain)
    const promise = inAcme(() => client.chat.completions.create(BODY))
    expect(promise).toBeInstanceOf(APIPromise)
    expect(Object.getPrototypeOf(promise)).toBe(APIPromise.prototype)
    const { data, response } = await promise.withResponse()
    expect(await promise).toBe(data)
    expect(response).toBeInstanceOf(Response)
    expect(await only()).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('a response that the application reads itself is read along', async () => {
    const { client, inAcme, all } = await open([SUNNY, FLOWING])
    const whole = await inAcme(() => client.chat.completions.create(BODY)).asResponse()
    expect(await whole.json()).toEqual(SUNNY.json)
    const stream = await inAcme(() => client.chat.completions.create({ ...BODY, stream: true })).asResponse()
    await stream.text()
    for (const span of await all()) expect(span).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('methods keep their names, and nothing is to be seen on the client', async () => {
    const { client } = await open([SUNNY])
    const other = make('http://127.0.0.1:1', {})
    expect(client.chat.completions.create.name).toBe('create')
    expect(client.chat.completions.create).toHaveLength(other.chat.completions.create.length)
    expect(Object.keys(client.chat.completions)).toEqual(Object.keys(other.chat.completions))
    expect(Object.keys(client)).toEqual(Object.keys(other))
  })

  test('observing twice, and copies, make one span for a call', async () => {
    const { client, llmobs, inAcme, all } = await open([SUNNY])
    expect(observe(client, { llmobs })).toBe(client)
    const copy = client.withOptions({ timeout: 5000 })
    expect(copy).toBeInstanceOf(OpenAI)
    expect(copy.timeout).toBe(5000)
    await inAcme(() => client.chat.completions.create(BODY))
    await inAcme(() => copy.withOptions({ maxRetries: 1 }).chat.completions.create(BODY))
    expect(await all()).toHaveLength(2)
  })
})

describe('a stream', () => {
  const ask = client => client.chat.completions.create({ ...BODY, stream: true })

  test('ends its span when it was read, with all that it said', async () => {
    const { client, inAcme, inGlobex, only, all, provider, intake } = await open([STREAM])
    const stream = await inAcme(() => ask(client))
    const iterator = stream[Symbol.asyncIterator]()
    await inGlobex(() => iterator.next())
    expect(await all()).toEqual([])
    provider.open()
    await inGlobex(async () => {
      for (let step = await iterator.next(); !step.done; step = await iterator.next());
    })
    const span = await only()
    expect(span).toMatchObject({ meta: { output: SAID, metadata: { stream: true } }, metrics: METRICS })
    expect(span.metrics.time_to_first_token).toBeGreaterThan(0)
    expect(intake.spans({ key: KEYS.acme })).toHaveLength(1)
  })

  test('with tool calls, choices and thoughts in pieces', async () => {
    const call = (index, more) => ({ tool_calls: [{ index, ...more }] })
    const { client, inAcme, only } = await open([
      {
        events: [
          chunk({ role: 'assistant', reasoning_content: 'Hm' }),
          chunk({ reasoning_content: 'mm.' }),
          chunk(call(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } })),
          chunk(call(0, { function: { arguments: '{"city":' } })),
          chunk(call(1, { id: 'call_2', type: 'function', function: { name: 'time', arguments: '{}' } })),
          chunk(call(0, { function: { arguments: '"Paris"}' } })),
          chunk({ role: 'assistant', content: 'second' }, { index: 1 }),
          chunk({}, { finish_reason: 'tool_calls' })
        ]
      }
    ])
    for await (const _ of await inAcme(() => ask(client)));
    expect((await only()).meta.output.messages).toEqual([
      { role: 'reasoning', content: 'Hmmm.' },
      {
        role: 'assistant',
        tool_calls: [
          { name: 'weather', arguments: { city: 'Paris' }, tool_id: 'call_1', type: 'function' },
          { name: 'time', arguments: {}, tool_id: 'call_2', type: 'function' }
        ]
      },
      { role: 'assistant', content: 'second' }
    ])
  })

  test.each([
    [
      'left in the middle',
      async stream => {
        for await (const { choices } of stream) if (choices[0]?.delta.content) break
      }
    ],
    [
      'given up while it is read',
      async stream => {
        for await (const { choices } of stream) if (choices[0]?.delta.content) stream.controller.abort()
      }
    ],
    [
      'given up between two steps',
      async stream => {
        const iterator = stream[Symbol.asyncIterator]()
        await iterator.next()
        await iterator.next()
        stream.controller.abort()
        await iterator.next()
      }
    ]
  ])('%s says what came', async (_what, read) => {
    const { client, inAcme, all } = await open([STREAM])
    await read(await inAcme(() => ask(client)))
    const span = await first(all)
    expect(span).toMatchObject({ status: 'ok', meta: { output: { messages: [{ content: 'It is ' }] } } })
  })

  test('given up before it is read ends its span', async () => {
    const { client, inAcme, all } = await open([STREAM])
    const stream = await inAcme(() => ask(client))
    stream.controller.abort()
    expect((await first(all)).meta.output).toEqual({})
  })

  test('that breaks fails its span, and says what came', async () => {
    const { client, inAcme, only, provider } = await open([{ events: STREAM.events, isCut: true }])
    const stream = await inAcme(() => ask(client))
    const read = async () => {
      for await (const { choices } of stream) if (choices[0]?.delta.content) provider.open()
    }
    await expect(read()).rejects.toThrow()
    expect(await only()).toMatchObject({
      status: 'error',
      meta: { output: { messages: [{ role: 'assistant', content: 'It is ' }] } }
    })
  })

  test('in two branches ends with the last of them', async () => {
    const { client, inAcme, all, only } = await open([FLOWING])
    const [one, other] = (await inAcme(() => ask(client))).tee()
    for await (const _ of one);
    expect(await all()).toEqual([])
    for await (const _ of other);
    expect(await only()).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('as a web stream, and with its response', async () => {
    const { client, inAcme, all } = await open([FLOWING])
    for await (const _ of (await inAcme(() => ask(client))).toReadableStream());
    const { data, response } = await inAcme(() => ask(client)).withResponse()
    expect(response.status).toBe(200)
    for await (const _ of data);
    const spans = await all()
    expect(spans).toHaveLength(2)
    for (const span of spans) expect(span).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })
})

describe('helpers of the client', () => {
  test('a stream by events, and its final completion', async () => {
    const { client, inAcme, only } = await open([FLOWING])
    let text = ''
    const stream = inAcme(() => client.chat.completions.stream(BODY))
    stream.on('content', delta => {
      text += delta
    })
    const completion = await stream.finalChatCompletion()
    expect([text, completion.choices[0].message.content]).toEqual(['It is sunny.', 'It is sunny.'])
    expect(await only()).toMatchObject({ meta: { output: SAID }, metrics: METRICS })
  })

  test('a stream that is given up', async () => {
    const { client, inAcme, all } = await open([STREAM])
    const stream = inAcme(() => client.chat.completions.stream(BODY))
    stream.on('content', () => stream.abort())
    await expect(stream.done()).rejects.toBeInstanceOf(OpenAI.APIUserAbortError)
    expect((await first(all)).meta.output.messages).toEqual([{ role: 'assistant', content: 'It is ' }])
  })

  test('what cannot be parsed was answered all the same', async () => {
    const { client, inAcme, all } = await open([
      completionOf({ content: '{"a":1}' }),
      completionOf({ content: '{' }, 'length')
    ])
    const format = {
      type: 'json_schema',
      json_schema: { name: 'a', schema: { type: 'object' } },
      $brand: 'auto-parseable-response-format',
      $parseRaw: text => JSON.parse(text)
    }
    const ask = () => client.chat.completions.parse({ ...BODY, response_format: format })
    const { choices } = await inAcme(ask)
    expect(choices[0].message.parsed).toEqual({ a: 1 })
    await expect(inAcme(ask)).rejects.toBeInstanceOf(OpenAI.LengthFinishReasonError ?? Error)
    const [good, bad] = await all()
    expect(good).toMatchObject({ status: 'ok', meta: { output: { messages: [{ content: '{"a":1}' }] } } })
    expect(bad).toMatchObject({
      status: 'error',
      meta: { 'error.type': 'LengthFinishReasonError', output: { messages: [{ content: '{' }] } },
      metrics: METRICS
    })
  })

  test('tools that the client runs: a span for each request', async () => {
    const { client, inAcme, all, provider } = await open([
      completionOf({ tool_calls: [CALL] }, 'tool_calls'),
      SUNNY
    ])
    const runner = inAcme(() =>
      client.chat.completions.runTools({
        ...BODY,
        tools: [
          {
            ...TOOL,
            function: { ...TOOL.function, parse: JSON.parse, function: ({ city }) => `sunny in ${city}` }
          }
        ]
      })
    )
    expect(await runner.finalContent()).toBe('It is sunny.')
    expect(provider.requests).toHaveLength(2)
    const spans = await all()
    expect(spans).toHaveLength(2)
    expect(spans.at(-1).meta.input.messages.at(-1)).toEqual({
      role: 'tool',
      tool_results: [{ name: '', result: 'sunny in Paris', tool_id: 'call_1', type: 'tool_result' }]
    })
  })
})

describe('a response', () => {
  const OUTPUT = [
    {
      type: 'reasoning',
      id: 'rs_1',
      summary: [{ type: 'summary_text', text: 'Hmmm.' }],
      encrypted_content: 'x'
    },
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
    { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'Paris' } },
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'It is sunny.', annotations: [] }]
    }
  ]
  const RESPONSE = {
    id: 'resp_1',
    object: 'response',
    model: 'gpt-5-2025-08-07',
    status: 'completed',
    error: null,
    output: OUTPUT,
    usage: {
      input_tokens: 21,
      output_tokens: 9,
      total_tokens: 30,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 2 }
    }
  }
  const SAID = [
    { role: 'reasoning', content: 'Hmmm.' },
    {
      role: 'assistant',
      tool_calls: [{ name: 'weather', arguments: { city: 'Paris' }, tool_id: 'call_1', type: 'function' }]
    },
    {
      role: 'assistant',
      tool_calls: [
        {
          name: 'web_search',
          arguments: { action: { type: 'search', query: 'Paris' } },
          tool_id: 'ws_1',
          type: 'function'
        }
      ]
    },
    { role: 'assistant', content: 'It is sunny.' }
  ]

  test('becomes a span with all that was asked and answered', async () => {
    const { client, inAcme, only } = await open([{ json: RESPONSE }])
    const answer = await inAcme(() =>
      client.responses.create({
        model: 'gpt-5',
        instructions: 'Be brief.',
        input: [
          { role: 'user', content: [{ type: 'input_text', text: 'And Paris?' }] },
          OUTPUT[1],
          { type: 'function_call_output', call_id: 'call_1', output: 'sunny' }
        ],
        prompt: {
          id: 'pmpt_1',
          version: '2',
          variables: { city: 'Paris', of: { type: 'input_text', text: 'x' } }
        },
        tools: [
          { type: 'function', name: 'weather', parameters: { type: 'object' } },
          { type: 'web_search' }
        ],
        max_output_tokens: 100
      })
    )
    expect(answer.output_text).toBe('It is sunny.')
    expect(await only()).toMatchObject({
      name: 'OpenAI.createResponse',
      meta: {
        model_name: 'gpt-5-2025-08-07',
        input: {
          messages: [
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'And Paris?' },
            SAID[1],
            { role: 'tool', tool_results: [{ result: 'sunny', tool_id: 'call_1' }] }
          ],
          prompt: { id: 'pmpt_1', version: '2', variables: { city: 'Paris', of: 'x' } }
        },
        output: { messages: SAID },
        tool_definitions: [{ name: 'weather', schema: { type: 'object' } }],
        metadata: { max_output_tokens: 100 }
      },
      metrics: METRICS
    })
  })

  const EVENTS = [
    { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } },
    { type: 'response.output_item.added', output_index: 0, item: { ...OUTPUT[3], content: [] } },
    {
      type: 'response.content_part.added',
      output_index: 0,
      content_index: 0,
      part: { type: 'output_text', text: '' }
    },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'It is ' },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'sunny.' },
    { type: 'response.output_item.done', output_index: 0, item: OUTPUT[3] },
    { type: 'response.completed', response: RESPONSE }
  ]

  test.each([
    [
      'read',
      client => client.responses.create({ model: 'gpt-5', input: 'And Paris?', stream: true }),
      async stream => {
        for await (const _ of await stream);
      }
    ],
    [
      'by the helper',
      client => client.responses.stream({ model: 'gpt-5', input: 'And Paris?' }),
      stream => stream.finalResponse()
    ]
  ])('as a stream, %s', async (_what, ask, read) => {
    const { client, inAcme, only } = await open([{ events: EVENTS }])
    await read(inAcme(() => ask(client)))
    const span = await only()
    expect(span).toMatchObject({
      meta: { input: { messages: [{ role: 'user', content: 'And Paris?' }] }, output: { messages: SAID } },
      metrics: METRICS
    })
    expect(span.metrics.time_to_first_token).toBeGreaterThan(0)
  })

  test('that is left says what came', async () => {
    const { client, inAcme, only } = await open([{ events: EVENTS }])
    for await (const { type } of await inAcme(() =>
      client.responses.create({ model: 'gpt-5', input: 'x', stream: true })
    )) {
      if (type === 'response.output_text.delta') break
    }
    expect((await only()).meta).toMatchObject({
      model_name: 'gpt-5-2025-08-07',
      output: { messages: [{ role: 'assistant', content: 'It is ' }] }
    })
  })

  test('that failed fails its span, though nothing is thrown', async () => {
    const error = { code: 'server_error', message: 'out of order' }
    const { client, inAcme, only } = await open([
      { json: { ...RESPONSE, status: 'failed', error, output: [], usage: null } }
    ])
    await inAcme(() => client.responses.create({ model: 'gpt-5', input: 'x' }))
    expect(await only()).toMatchObject({
      status: 'error',
      meta: { 'error.type': 'server_error', 'error.message': 'out of order' }
    })
  })

  test('parsed', async () => {
    const { client, inAcme, only } = await open([{ json: RESPONSE }])
    await inAcme(() => client.responses.parse({ model: 'gpt-5', input: 'x' }))
    expect(await only()).toMatchObject({ meta: { output: { messages: SAID } }, metrics: METRICS })
  })
})

test('embeddings and completions', async () => {
  const embeddings = {
    object: 'list',
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 5, total_tokens: 5 }
  }
  const data = [{ embedding: [0.5, 0.25] }, { embedding: [1, 2] }]
  const { client, inAcme, all } = await open([
    { json: { ...embeddings, data } },
    {
      json: {
        model: 'gpt-3.5-turbo-instruct',
        choices: [{ text: 'It is sunny.', finish_reason: 'stop' }],
        usage: USAGE
      }
    }
  ])
  await inAcme(() =>
    client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['one', 'two'],
      encoding_format: 'float'
    })
  )
  await inAcme(() => client.completions.create({ model: 'gpt-3.5-turbo-instruct', prompt: 'And Paris?' }))
  const [embedding, completion] = await all()
  expect(embedding).toMatchObject({
    name: 'OpenAI.createEmbedding',
    meta: {
      'span.kind': 'embedding',
      input: { documents: [{ text: 'one' }, { text: 'two' }] },
      output: { value: '[2 embedding(s) returned with size 2]' },
      metadata: { encoding_format: 'float' }
    },
    metrics: { input_tokens: 5, total_tokens: 5 }
  })
  expect(completion).toMatchObject({
    name: 'OpenAI.createCompletion',
    meta: { input: { messages: [{ content: 'And Paris?' }] }, output: SAID },
    metrics: METRICS
  })
})

test.each([
  ['https://api.openai.com/v1', 'openai', 'OpenAI'],
  ['https://api.deepseek.com', 'deepseek', 'DeepSeek'],
  ['https://api.groq.com/openai/v1', 'groq', 'OpenAI'],
  ['https://openrouter.ai/api/v1', 'openrouter', 'OpenAI'],
  ['https://gateway.acme.example/v1/openai', 'openai', 'OpenAI'],
  ['https://llm.acme.example/v1', 'unknown', 'OpenAI'],
  ['no url', 'unknown', 'OpenAI']
])('at %s the provider is %s', async (baseURL, provider, name) => {
  const fetch = async () => Response.json(SUNNY.json)
  const { client, inAcme, only } = await open([SUNNY], { client: { fetch } })
  const { chat } = client
  client.baseURL = baseURL
  await inAcme(() => chat.completions.create(BODY)).catch(() => {})
  expect(await only()).toMatchObject({
    name: `${name}.createChatCompletion`,
    meta: { model_provider: provider }
  })
})

test('Azure’s client is one, too', async () => {
  const { llmobs, inAcme, only } = await open([SUNNY])
  const azure = observe(
    new AzureOpenAI({
      apiKey: 'none',
      apiVersion: '2024-10-21',
      endpoint: 'https://acme.openai.azure.com',
      fetch: async () => Response.json(SUNNY.json)
    }),
    { llmobs }
  )
  await inAcme(() => azure.chat.completions.create(BODY))
  expect(await only()).toMatchObject({
    name: 'AzureOpenAI.createChatCompletion',
    meta: { model_provider: 'azure_openai', output: SAID }
  })
})

test('a client is a client; options are options', () => {
  for (const client of [
    undefined,
    null,
    'client',
    {},
    { chat: {} },
    Object.freeze({ chat: { completions: {} } })
  ]) {
    expect(thrownBy(() => observe(client))).toMatchObject({
      name: 'TypeError',
      code: 'SPANLANE_INVALID_OPTION'
    })
  }
  const client = make('http://127.0.0.1:1', {})
  expect(thrownBy(() => observe(client, 5))).toMatchObject({ code: 'SPANLANE_INVALID_OPTION' })
  expect(thrownBy(() => observe(client, { llmobs: {} }))).toMatchObject({ code: 'SPANLANE_INVALID_OPTION' })
})

test('where nothing is recorded the call is made as it is', async () => {
  const { client, all, provider } = await open([SUNNY], { sdk: { enabled: false } })
  const answer = await client.chat.completions.create(BODY)
  expect(answer.choices[0].message.content).toBe('It is sunny.')
  expect(provider.requests).toHaveLength(1)
  expect(await all()).toEqual([])
})

test('what a client throws at once is thrown, and said', async () => {
  const { llmobs, inAcme, only } = await open([SUNNY])
  const fault = new RangeError('no')
  const fake = {
    chat: {
      completions: {
        create() {
          throw fault
        }
      }
    }
  }
  observe(fake, { llmobs })
  expect(thrownBy(() => inAcme(() => fake.chat.completions.create(BODY)))).toBe(fault)
  expect(await only()).toMatchObject({ status: 'error', meta: { 'error.type': 'RangeError' } })
})

test('a context without content keeps what was said here', async () => {
  const { client, llmobs, only } = await open([SUNNY])
  await llmobs.withRoutingContext({ ...GLOBEX, captureContent: false }, () =>
    client.chat.completions.create(BODY)
  )
  const text = JSON.stringify(await only())
  expect(text).not.toContain('Paris')
  expect(text).not.toContain('sunny')
  expect(text).toContain('gpt-4o-2024-08-06')
})
