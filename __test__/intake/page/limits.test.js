'use strict'

const http = require('node:http')
const { Newest } = require('../../../lib/intake/page/newest')
const { Readers } = require('../../../lib/intake/page/readers')
const { Store } = require('../../../lib/intake/page/store')
const { intakes } = require('../../support/intake')
const { KEYS, send, spanBody, spanEvent } = require('../../support/wire')

const { start } = intakes()

/** A settled request as an intake would give it to the page. */
function settled(change = {}) {
  return {
    site: 'datadoghq.com',
    keyFingerprint: '3ba3f5f43b92',
    stream: 'spans',
    path: '/api/v2/llmobs',
    headers: {},
    status: 202,
    outcome: 'answered',
    accepted: true,
    events: 1,
    bytes: 100,
    receivedAtMs: 1_790_000_000_000,
    answeredAtMs: 1_790_000_000_001,
    bodySha256: null,
    problem: null,
    ...change
  }
}

const add = (store, events, change) => store.add(settled(change), events, [], { key: '' })

describe('the newest are kept', () => {
  test('by number and by weight', () => {
    const dropped = []
    const newest = new Newest(3, 10, item => dropped.push(item))
    for (const [item, weight] of [
      ['a', 1],
      ['b', 1],
      ['c', 1],
      ['d', 1],
      ['e', 9],
      ['f', 11]
    ])
      newest.push(item, weight)
    expect(dropped).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    newest.push('g', 10)
    expect([[...newest], newest.size, newest.weight]).toEqual([['g'], 1, 10])
  })

  test('events: traces lose their oldest and then go, and the number is told', () => {
    const store = new Store({ maxEvents: 3 })
    const [first, second] = ['1'.padStart(32, '0'), '2'.padStart(32, '0')]
    for (const trace_id of [first, first, second, second]) add(store, [spanEvent({ trace_id })])
    expect(store.snapshot().traces.map(({ traceId, spans }) => [traceId, spans])).toEqual([
      [second, 2],
      [first, 1]
    ])
    add(store, [spanEvent({ trace_id: second })])
    const { traces, dropped, kept, lanes } = store.snapshot()
    expect(traces.map(({ traceId, spans }) => [traceId, spans])).toEqual([[second, 3]])
    expect(dropped.events).toBe(2)
    expect(kept.events).toBe(3)
    expect(lanes[0].spans).toBe(5)
  })

  test('bytes', () => {
    const event = spanEvent()
    const store = new Store({ maxBytes: JSON.stringify(event).length * 2 })
    for (let added = 0; added < 5; added += 1) add(store, [event])
    expect(store.snapshot().kept.events).toBe(2)
  })

  test('requests and lanes', () => {
    const store = new Store()
    for (let sent = 0; sent < 2005; sent += 1)
      add(store, [], { keyFingerprint: String(sent).padStart(12, '0') })
    expect(store.snapshot()).toMatchObject({ lanes: { length: 2000 }, requests: { length: 2000 } })
    for (let sent = 0; sent < 5; sent += 1) add(store, [])
    expect(store.snapshot().requests.at(-1).number).toBe(2000)
    add(store, [spanEvent()], { keyFingerprint: 'f'.repeat(12) })
    expect(store.snapshot().dropped.uncounted).toBe(1)
  })

  test('a crossing whose proof has left the memory stays found', () => {
    const store = new Store({ maxEvents: 2 })
    const owned = (owner, change) => spanEvent({ tags: [`owner:${owner}`], ...change })
    add(store, [owned('acme', { span_id: '1' })])
    add(store, [owned('globex', { parent_id: '1' })], { keyFingerprint: 'bdb339768bc5' })
    const kinds = () => store.judgement.findings.map(({ kind }) => kind)
    expect(kinds()).toEqual(['foreign_parent'])
    for (let added = 0; added < 5; added += 1) add(store, [owned('acme')])
    expect(kinds()).toEqual(['foreign_parent', 'not_recorded'])
  })
})

describe('what changed', () => {
  test('is told from where a reader was, in pieces, and what went', () => {
    const store = new Store({ maxEvents: 2 })
    const traces = ['1', '2', '3'].map(digit => digit.padStart(32, '0'))
    add(store, [spanEvent({ trace_id: traces[0] })])
    const { seq } = store.changesAfter(0)
    expect(store.changesAfter(seq)).toMatchObject({
      seq,
      isWhole: true,
      isReset: false,
      traces: [],
      gone: []
    })
    add(store, [spanEvent({ trace_id: traces[1] }), spanEvent({ trace_id: traces[2] })])
    const piece = store.changesAfter(seq, 1)
    expect(piece).toMatchObject({ isWhole: false, isReset: false })
    expect(piece.lanes.length + piece.traces.length + piece.requests.length).toBe(1)
    const whole = store.changesAfter(seq)
    expect(whole.traces.map(({ traceId }) => traceId)).toEqual([traces[1], traces[2]])
    expect(whole.gone).toEqual([`trace ${traces[0]} 3ba3f5f43b92@datadoghq.com`])
  })

  test('starts again after a clearing, for whoever is ahead, and for whoever is too far behind', () => {
    const store = new Store({ maxEvents: 1 })
    add(store, [spanEvent()])
    const { seq } = store.changesAfter(0)
    expect(store.changesAfter(seq + 1).isReset).toBe(true)
    for (let added = 0; added < 3; added += 1) add(store, [spanEvent()])
    expect(store.changesAfter(seq).isReset).toBe(true)
    const now = store.seq
    store.clear()
    expect(store.changesAfter(now)).toMatchObject({ isReset: true, traces: [], lanes: [] })
  })

  test('that something had crossed is known after a clearing', () => {
    const store = new Store()
    store.add(settled(), [spanEvent()], [{ kind: 'key_in_body', owners: [] }], { key: '' })
    store.clear()
    expect([store.judgement.seal.state, store.hadCrossed]).toEqual(['grey', true])
  })
})

describe('readers', () => {
  /** A reader's side of the stream, read only when asked. */
  function open(intake) {
    return new Promise((resolve, reject) => {
      const request = http.get(`${intake.url}/spanlane/events`, { agent: false }, response => {
        let text = ''
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk
        })
        resolve({
          request,
          response,
          /** Resolves with what the stream brought once it holds the pattern. */
          until: pattern =>
            new Promise(found => {
              const look = () => pattern.test(text) && found(text)
              response.on('data', look)
              look()
            })
        })
      })
      request.on('error', reject)
    })
  }

  test('are told of a span without asking again', async () => {
    const intake = await start({ page: true })
    const reader = await open(intake)
    await reader.until(/event: reset\n/)
    await send(intake, { body: spanBody(spanEvent({ name: 'arrived' })) })
    const text = await reader.until(/"root":"arrived"/)
    expect(text).toMatch(/^event: intake\ndata: \{"page":1,"intake":\{"url":"http:\/\/127\.0\.0\.1:\d+"/)
    expect(text).toMatch(/id: [0-9a-f]{12}\.\d+\nevent: batch\ndata: \{/)
    reader.request.destroy()
  })

  test('go on where they were, and from the start at another intake', async () => {
    const intake = await start({ page: true })
    await send(intake)
    const reader = await open(intake)
    const [, id] = /id: (\S+)/.exec(await reader.until(/id: \S+\n/)) ?? []
    reader.request.destroy()
    const again = async lastId => {
      const response = await fetch(`${intake.url}/spanlane/events`, { headers: { 'last-event-id': lastId } })
      const body = response.body.getReader()
      let text = ''
      while (!/"seq":/.test(text)) text += new TextDecoder().decode((await body.read()).value)
      await body.cancel()
      return text
    }
    expect(await again(String(id))).toContain('event: batch\n')
    expect(await again('000000000000.3')).toContain('event: reset\n')
  })

  test('one that takes nothing costs one message, and is cut', () => {
    jest.useFakeTimers()
    const store = new Store()
    const readers = new Readers(store, 'i')
    let [written, destroyed] = [0, false]
    const listeners = {}
    const response = {
      on: (name, listener) => {
        listeners[name] = listener
      },
      write: text => {
        written += text.length
        return false
      },
      destroy: () => {
        destroyed = true
        listeners.close()
      }
    }
    readers.add(response, '')
    const first = written
    for (let added = 0; added < 5000; added += 1) add(store, [spanEvent()])
    jest.advanceTimersByTime(10_000)
    expect(written).toBe(first)
    listeners.drain()
    expect(written - first).toBeLessThan(1024 * 1024)
    jest.advanceTimersByTime(31_000)
    expect([destroyed, readers.size]).toEqual([true, 0])
    jest.useRealTimers()
  })

  test('are at most 32', async () => {
    const intake = await start({ page: true })
    const open32 = await Promise.all(Array.from({ length: 32 }, () => open(intake)))
    const one = await open(intake)
    expect(await one.until(/event: full/)).not.toContain('event: reset')
    for (const { request } of open32) request.destroy()
  })
})

describe('tries', () => {
  test('of one body are joined, and a body that was taken twice is a duplicate', async () => {
    const intake = await start({
      page: true,
      script: { actions: [{ status: 503 }, { status: 429, headers: { 'retry-after': '2' } }] }
    })
    const body = spanBody(spanEvent())
    for (let sent = 0; sent < 4; sent += 1) await send(intake, { body })
    const { requests, traces, lanes } = await (await fetch(`${intake.url}/spanlane/snapshot`)).json()
    expect(
      requests.map(({ status, attempt, retryAfter, isDuplicate }) => [
        status,
        attempt,
        retryAfter,
        isDuplicate
      ])
    ).toEqual([
      [503, 1, null, false],
      [429, 2, '2', false],
      [202, 3, null, false],
      [202, 4, null, true]
    ])
    expect(requests[0].spans).toMatchObject([{ name: 'answer' }])
    expect(traces).toMatchObject([{ tries: 4 }])
    expect(lanes).toMatchObject([{ requests: 4, refused: 2, retried: 3, state: 'ok', failingSinceMs: null }])
  })

  test.each([
    [{ status: 403 }, 'refused'],
    [{ status: 400 }, 'refused'],
    [{ status: 429 }, 'retrying'],
    [{ status: 503 }, 'retrying'],
    [{ reset: 'after-body' }, 'retrying']
  ])('a lane after %j is %s', async (action, state) => {
    const intake = await start({ page: true, script: { actions: [action] } })
    await send(intake, { key: KEYS.acme }).catch(() => undefined)
    const { lanes } = await (await fetch(`${intake.url}/spanlane/snapshot`)).json()
    expect(lanes).toMatchObject([{ state, failingSinceMs: expect.any(Number) }])
  })
})

describe('a trace in the list', () => {
  const summary = (...spans) => {
    const store = new Store()
    const trace_id = '9'.padStart(32, '0')
    add(
      store,
      spans.map(span => spanEvent({ trace_id, ...span }))
    )
    return store.snapshot().traces[0]
  }
  const meta = (kind, input = {}) => ({ 'span.kind': kind, input, output: {} })
  const messages = [
    { role: 'system', content: 'be short' },
    { role: 'user', content: 'first\n question' },
    null,
    { role: 'assistant', content: 'x' }
  ]

  test.each([
    ['the last question', [{ meta: meta('agent') }, { meta: meta('llm', { messages }) }], 'first question'],
    ["else the root's input", [{ meta: meta('task', { value: 'in' }) }], 'in'],
    ["else the root's name", [{ name: 'job', meta: meta('task') }], 'job'],
    ['cut', [{ name: 'x'.repeat(500), meta: meta('task') }], `${'x'.repeat(119)}…`]
  ])('has as its title %s', (_, spans, title) => {
    expect(summary(...spans).title).toBe(title)
  })

  test('counts tokens and costs once where a parent repeats the sum of its children', () => {
    const spent = (span_id, parent_id, metrics) => ({ span_id, parent_id, metrics, meta: meta('llm') })
    const told = summary(
      spent('3', '2', { input_tokens: 10, output_tokens: 1, total_cost: 0.5 }),
      spent('4', '2', { input_tokens: 20, output_tokens: 2, input_cost: 0.25, output_cost: 0.25 }),
      spent('2', '1', {}),
      spent('1', 'undefined', { input_tokens: 30, output_tokens: 3, total_cost: 1 })
    )
    expect(told).toMatchObject({ inputTokens: 30, outputTokens: 3, cost: 1 })
  })

  test('survives parents in a circle', () => {
    const circle = [
      { span_id: '1', parent_id: '2' },
      { span_id: '2', parent_id: '1' },
      { span_id: '3', parent_id: '3' }
    ]
    expect(summary(...circle)).toMatchObject({ spans: 3, isWhole: false })
  })
})

test('an event that is nested deeper than the stack is long has an outline only', async () => {
  const intake = await start({ page: true })
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const body = spanBody(spanEvent({ name: 'deep' })).replace('"output":{}', `"output":{"value":${deep}}`)
  await expect(send(intake, { body })).resolves.toMatchObject({ status: 202 })
  const { traces } = await (await fetch(`${intake.url}/spanlane/snapshot`)).json()
  const [{ traceId, lane }] = traces
  const answer = await fetch(`${intake.url}/spanlane/trace/${traceId}?lane=${encodeURIComponent(lane)}`)
  expect(await answer.text()).toContain('(nested too deeply to be shown)')
})
