'use strict'

const { intakes } = require('../support/intake')
const { KEYS, send, spanBody, spanEvent } = require('../support/wire')
const { keyFingerprint } = require('../../testing')

const { start } = intakes()
const statuses = async (intake, requests) => {
  const seen = []
  for (const request of requests) seen.push((await send(intake, request)).status)
  return seen
}

describe('a fault script', () => {
  test('is followed action by action, each its number of times, and then the intake accepts', async () => {
    const intake = await start({
      script: { actions: [{ status: 503, times: 2 }, { status: 429 }, { status: 500, times: 0 }] }
    })
    await expect(statuses(intake, [{}, {}, {}, {}])).resolves.toEqual([503, 503, 429, 202])
    expect(intake.requests.map(({ accepted }) => accepted)).toEqual([false, false, false, true])
    expect(intake.counts).toMatchObject({ spans: 1, byStatus: { 202: 1, 429: 1, 503: 2 } })
  })

  test.each([
    ['site', { site: 'datadoghq.eu' }, [202, 500, 202]],
    ['host', { host: 'llmobs-intake.datadoghq.eu' }, [202, 500, 202]],
    ['key', { key: KEYS.globex }, [202, 500, 500]],
    ['key fingerprint', { keyFingerprint: keyFingerprint(KEYS.globex) }, [202, 500, 500]],
    ['path', { path: '/api/intake/llm-obs/v2/eval-metric' }, [202, 202, 500]],
    ['stream', { stream: 'evaluations' }, [202, 202, 500]],
    ['two of them', { key: KEYS.globex, stream: 'spans' }, [202, 500, 202]],
    ['its events', { where: (_, events) => events.some(({ name }) => name === 'poison') }, [500, 202, 202]],
    ['nothing in particular', {}, [500, 500, 500]]
  ])('matches a request by %s', async (_, match, expected) => {
    const intake = await start({
      script: { match, actions: [{ status: 500, times: Number.POSITIVE_INFINITY }] }
    })
    const requests = [
      { body: spanBody(spanEvent({ name: 'poison' })) },
      { key: KEYS.globex, site: 'datadoghq.eu' },
      { key: KEYS.globex, site: 'us5.datadoghq.com', stream: 'evaluations' }
    ]
    await expect(statuses(intake, requests)).resolves.toEqual(expected)
  })

  test('asks its rules in order, and a used-up rule leaves the request to the next', async () => {
    const intake = await start({
      script: [
        { match: { key: KEYS.acme }, actions: [{ status: 429 }] },
        { match: {}, actions: [{ status: 500 }] }
      ]
    })
    await expect(statuses(intake, [{}, {}, {}])).resolves.toEqual([429, 500, 202])
  })

  test('may be a function of the request and its events', async () => {
    const intake = await start({
      script: ({ number }, events) => (number === 2 ? { status: 400 + events.length } : null)
    })
    const body = spanBody(spanEvent(), spanEvent(), spanEvent())
    await expect(statuses(intake, [{ body }, { body }, { body }])).resolves.toEqual([202, 403, 202])
  })

  test('a function that throws answers 500 and says why', async () => {
    const intake = await start({
      script: () => {
        throw new Error('mistake in the test')
      }
    })
    await expect(statuses(intake, [{}])).resolves.toEqual([500])
    expect(intake.requests[0].problem).toBe('the script threw: Error: mistake in the test')
  })

  test('can be replaced and taken away', async () => {
    const intake = await start()
    intake.setScript({ actions: [{ status: 503, times: Number.POSITIVE_INFINITY }] })
    await expect(statuses(intake, [{}, {}])).resolves.toEqual([503, 503])
    intake.setScript(null)
    await expect(statuses(intake, [{}])).resolves.toEqual([202])
  })

  test('sends headers and a body with its status', async () => {
    const headers = { 'retry-after': '7', 'x-ratelimit-reset': '9' }
    const intake = await start({
      script: { actions: [{ status: 429, headers, body: '{"errors":["slow"]}' }] }
    })
    const response = await send(intake)
    expect(response).toMatchObject({ status: 429, headers, body: '{"errors":["slow"]}' })
  })

  test('can send the same header twice', async () => {
    const intake = await start({
      script: { actions: [{ status: 429, headers: { 'retry-after': ['1', '2'] } }] }
    })
    const response = await fetch(`${intake.url}/api/v2/llmobs`, { method: 'POST', body: '[]' })
    expect(response.headers.get('retry-after')).toBe('1, 2')
  })

  test('delays an answer by at least what it says', async () => {
    const intake = await start({ script: { actions: [{ delayMs: 80 }] } })
    await send(intake)
    const { receivedAtMs, answeredAtMs } = intake.requests[0]
    // Timers may fire up to a millisecond early.
    expect(answeredAtMs - receivedAtMs).toBeGreaterThanOrEqual(79)
  })

  test('waits for a promise', async () => {
    let open = () => {}
    const gate = new Promise(resolve => {
      open = resolve
    })
    const intake = await start({ script: { actions: [{ gate }] } })
    const answered = send(intake)
    await intake.waitFor(({ requests }) => requests[0]?.events === 1)
    expect(intake.requests[0]).toMatchObject({ outcome: 'pending', status: null, accepted: false })
    open()
    await expect(answered).resolves.toMatchObject({ status: 202 })
  })

  test('an invalid body is never taken, whatever the script answers', async () => {
    const intake = await start({ script: { actions: [{ status: 202 }] } })
    await expect(statuses(intake, [{ body: 'x' }])).resolves.toEqual([202])
    expect(intake.requests[0]).toMatchObject({ accepted: false, problem: expect.stringContaining('JSON') })
  })

  test.each([
    ['an unknown action', { actions: [{ state: 503 }] }, 'script[0].actions[0].state is not known'],
    ['an unknown match', { match: { sites: 'x' }, actions: [] }, 'script[0].match.sites is not known'],
    ['an unknown rule member', { action: [] }, 'script[0].action is not known'],
    ['no actions', {}, 'script[0].actions must be an array'],
    ['a status that is no answer', { actions: [{ status: 199 }] }, 'script[0].actions[0].status must be'],
    ['a status beyond three digits', { actions: [{ status: 1000 }] }, 'script[0].actions[0].status must be'],
    ['a negative delay', { actions: [{ delayMs: -1 }] }, 'script[0].actions[0].delayMs must be'],
    ['a fraction of a time', { actions: [{ times: 0.5 }] }, 'script[0].actions[0].times must be'],
    ['an unknown reset', { actions: [{ reset: 'now' }] }, 'script[0].actions[0].reset must be one of'],
    ['an unknown stall', { actions: [{ stall: false }] }, 'script[0].actions[0].stall must be one of'],
    [
      'an unknown hostility',
      { actions: [{ hostile: 'rude' }] },
      'script[0].actions[0].hostile must be one of'
    ],
    [
      'a filter that is no function',
      { match: { where: 1 }, actions: [] },
      'script[0].match.where must be a function'
    ],
    ['no object', [1], 'script[0] must be an object']
  ])('is refused with %s', async (_, script, message) => {
    await expect(start({ script })).rejects.toThrow(message)
  })
})

describe('a broken connection', () => {
  test.each([
    [
      'before the body',
      { reset: 'before-body' },
      { outcome: 'reset', status: null, events: 0, accepted: false }
    ],
    [
      'after the body',
      { reset: 'after-body' },
      { outcome: 'reset', status: null, events: 1, accepted: false }
    ],
    [
      'after the body, which was taken',
      { reset: 'after-body', accept: true },
      { outcome: 'reset', status: null, events: 1, accepted: true }
    ],
    [
      'inside the response',
      { reset: 'mid-response' },
      { outcome: 'reset', status: 202, events: 1, accepted: true }
    ],
    [
      'inside a 503',
      { reset: 'mid-response', status: 503 },
      { outcome: 'reset', status: 503, events: 1, accepted: false }
    ]
  ])('%s', async (_, action, expected) => {
    const intake = await start({ script: { actions: [action] } })
    await expect(send(intake)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(intake.requests[0]).toMatchObject(expected)
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
    expect(intake.requests[1].connection).toBeGreaterThan(intake.requests[0].connection)
  })

  test.each([
    ['with the body read', { stall: true }, 1],
    ['with the body left unread', { stall: 'before-body' }, 0]
  ])('a stall %s ends with the client giving up', async (_, action, events) => {
    const intake = await start({ script: { actions: [action] } })
    const client = new AbortController()
    const sent = send(intake, { signal: client.signal })
    await intake.waitFor(({ requests }) => requests[0]?.outcome === 'stalled')
    expect(intake.requests[0]).toMatchObject({ status: null, events, accepted: false })
    client.abort()
    await expect(sent).rejects.toThrow()
  })

  test('a client that gives up while it waits is not served', async () => {
    const intake = await start({ script: { actions: [{ delayMs: 60_000 }] } })
    const client = new AbortController()
    const sent = send(intake, { signal: client.signal })
    await intake.waitFor(({ requests }) => requests[0]?.events === 1)
    client.abort()
    await expect(sent).rejects.toThrow()
    await intake.waitFor(({ requests }) => requests[0].outcome === 'aborted')
    expect(intake.counts.spans).toBe(0)
  })

  test('closing the intake ends stalled and delayed requests at once', async () => {
    const intake = await start({ script: { actions: [{ stall: true }, { delayMs: 60_000 }] } })
    const sent = [send(intake), send(intake)]
    await intake.waitFor(
      ({ requests }) => requests.length === 2 && requests.every(({ events }) => events === 1)
    )
    await intake.close()
    await intake.close()
    const ended = await Promise.allSettled(sent)
    expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})

describe('a hostile answer', () => {
  test.each([
    ['endless-headers', 'HPE_HEADER_OVERFLOW', null],
    ['bad-chunking', 'HPE_INVALID_CHUNK_SIZE', 202],
    ['two-lengths', 'HPE_UNEXPECTED_CONTENT_LENGTH', null],
    ['not-http', 'HPE_INVALID_CONSTANT', null]
  ])('%s is refused by a client', async (hostile, code, status) => {
    const intake = await start({ script: { actions: [{ hostile }] } })
    await expect(send(intake)).rejects.toMatchObject({ code })
    expect(intake.requests[0]).toMatchObject({ outcome: 'hostile', status, accepted: status === 202 })
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
  })

  test.each(['informational-storm', 'drip', 'endless-body'])(
    '%s has no end a client can wait for',
    async hostile => {
      const intake = await start({ script: { actions: [{ hostile }] } })
      const client = new AbortController()
      const sent = send(intake, { signal: client.signal })
      await intake.waitFor(({ requests }) => requests[0]?.outcome === 'hostile')
      client.abort()
      await expect(sent).rejects.toThrow()
      await expect(send(intake)).resolves.toMatchObject({ status: 202 })
    }
  )

  test('gzip-bomb is small on the wire and large in memory', async () => {
    const intake = await start({ script: { actions: [{ hostile: 'gzip-bomb' }] } })
    const response = await fetch(`${intake.url}/api/v2/llmobs`, { method: 'POST', body: '[]' })
    expect(Number(response.headers.get('content-length'))).toBeLessThan(100_000)
    expect((await response.arrayBuffer()).byteLength).toBe(64 * 1024 * 1024)
  })
})
