'use strict'

const http = require('node:http')
const zlib = require('node:zlib')

const { intakes } = require('../support/intake')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('../support/wire')

const LIMIT = 2000
const { start } = intakes()

/** A span body of exactly `size` bytes. */
function bodyOf(size) {
  const empty = Buffer.byteLength(spanBody(spanEvent({ name: '' })))
  return spanBody(spanEvent({ name: 'n'.repeat(size - empty) }))
}

describe('the intake answers as Datadog does', () => {
  test.each([
    ['a span', {}, 202, null],
    ['a span, compressed', { gzip: true }, 202, null],
    ['an evaluation', { stream: 'evaluations' }, 202, null],
    ['no event at all, as a key check sends', { body: '[]' }, 202, null],
    ['no metric at all', { stream: 'evaluations', body: evaluationBody() }, 202, null],
    ['a charset', { headers: { 'content-type': 'application/json; charset=utf-8' } }, 202, null],
    ['a query string', { path: '/api/v2/llmobs?x=1' }, 202, null],
    ['another method', { method: 'PUT' }, 405, 'method is not POST'],
    ['another path', { path: '/api/v2/llmobs/' }, 404, 'unknown path'],
    [
      'spans at the evaluation host',
      { host: 'api.datadoghq.com' },
      404,
      'api.datadoghq.com does not serve spans'
    ],
    [
      'evaluations at the span host',
      { stream: 'evaluations', host: 'llmobs-intake.datadoghq.eu' },
      404,
      'llmobs-intake.datadoghq.eu does not serve evaluations'
    ],
    ['no key', { key: null }, 403, 'header dd-api-key is missing'],
    ['an empty key', { key: '' }, 403, 'header dd-api-key is missing'],
    [
      'another content type',
      { headers: { 'content-type': 'text/plain' } },
      415,
      'content-type is not application/json'
    ],
    [
      'another charset',
      { headers: { 'content-type': 'application/json; charset=latin1' } },
      415,
      'content-type is not application/json'
    ],
    [
      'another encoding',
      { headers: { 'content-encoding': 'zstd' } },
      415,
      'content-encoding "zstd" is not supported'
    ],
    ['gzip that is none', { headers: { 'content-encoding': 'gzip' } }, 400, 'body is not valid gzip'],
    ['an empty body', { body: '' }, 400, 'body is not valid JSON: it ends too early'],
    ['JSON cut short', { body: '[{"a":' }, 400, 'body is not valid JSON: it ends too early'],
    [
      'bytes that are not UTF-8',
      { body: Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]) },
      400,
      'body is not valid UTF-8'
    ],
    [
      'an escaped surrogate pair',
      { body: spanBody(spanEvent()).replace('answer', '\\ud83d\\ude00') },
      202,
      null
    ],
    [
      'a lone surrogate',
      { body: spanBody(spanEvent()).replace('answer', '\\ud83d') },
      400,
      'body holds a lone surrogate, which UTF-8 cannot express'
    ],
    [
      'a lone surrogate in a key',
      { body: spanBody(spanEvent({ metrics: { x: 1 } })).replace('"x"', '"\\udc00"') },
      400,
      'body holds a lone surrogate, which UTF-8 cannot express'
    ],
    ['a body at the limit', { body: bodyOf(LIMIT) }, 202, null],
    ['a body over the limit', { body: bodyOf(LIMIT + 1) }, 413, `body exceeds the limit of ${LIMIT} bytes`],
    ['a compressed body at the limit', { body: bodyOf(LIMIT), gzip: true }, 202, null],
    [
      'a compressed body over the limit',
      { body: bodyOf(LIMIT + 1), gzip: true },
      413,
      `body exceeds the limit of ${LIMIT} bytes`
    ]
  ])('%s', async (_, request, status, problem) => {
    const intake = await start({ maxBodyBytes: LIMIT })
    const response = await send(intake, request)
    expect(response).toMatchObject({ status, body: '' })
    expect(intake.requests).toHaveLength(1)
    expect(intake.requests[0]).toMatchObject({
      status,
      problem,
      accepted: status === 202,
      outcome: 'answered'
    })
    const taken = status === 202 ? intake.requests[0].events : 0
    expect(intake.counts.spans + intake.counts.evaluations).toBe(taken)
  })

  test('a body far over the limit is cut off, and the intake goes on', async () => {
    const intake = await start({ maxBodyBytes: 1000 })
    await expect(send(intake, { body: 'x'.repeat(1_000_000) })).rejects.toThrow()
    await intake.waitFor(({ requests }) => requests[0].outcome === 'aborted')
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
  })

  test('a gzip bomb is stopped at the limit', async () => {
    const intake = await start({ maxBodyBytes: 100_000 })
    const body = zlib.gzipSync(Buffer.alloc(50_000_000, ' '))
    await expect(send(intake, { body, headers: { 'content-encoding': 'gzip' } })).resolves.toMatchObject({
      status: 413
    })
  })
})

describe('the intake records', () => {
  test('where, from whom and when, and never the key', async () => {
    const intake = await start({ keepBodies: true })
    const before = Date.now()
    const body = spanBody(spanEvent({ tags: ['owner:globex'] }), spanEvent())
    await send(intake, { key: KEYS.globex, site: 'us5.datadoghq.com', body, gzip: true })
    const [request] = intake.requests
    expect(request).toMatchObject({
      number: 1,
      connection: 1,
      host: 'llmobs-intake.us5.datadoghq.com',
      site: 'us5.datadoghq.com',
      stream: 'spans',
      events: 2,
      bytes: Buffer.byteLength(body)
    })
    expect(request.body?.toString()).toBe(body)
    expect(request.wireBytes).toBeLessThan(request.bytes)
    expect(request.receivedAtMs).toBeGreaterThanOrEqual(before)
    expect(request.answeredAtMs).toBeGreaterThanOrEqual(request.receivedAtMs)
    expect(request.keyFingerprint).toMatch(/^[0-9a-f]{12}$/)
    expect(JSON.stringify([intake.requests, intake.arrivals(), intake.tenants()])).not.toContain(KEYS.globex)
  })

  test('no credentials of any header', async () => {
    const intake = await start()
    const secret = 'Basic c2VjcmV0OnNlY3JldA=='
    await send(intake, {
      headers: { authorization: secret, cookie: 'session=secret', 'dd-application-key': 'app-secret' }
    })
    expect(Object.keys(intake.requests[0].headers)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/authorization|cookie|key/)])
    )
  })

  test('the host of the request when no other is named', async () => {
    const intake = await start()
    await send(intake, { headers: { 'x-spanlane-intake-host': '', host: 'llmobs-intake.datadoghq.eu:443' } })
    expect(intake.requests[0]).toMatchObject({ site: 'datadoghq.eu', status: 202 })
  })

  test('the same bytes under the same digest, compressed or not', async () => {
    const intake = await start()
    const body = spanBody(spanEvent())
    await send(intake, { body })
    await send(intake, { body, gzip: true })
    await send(intake, { body: `${body} ` })
    const [first, second, third] = intake.requests.map(({ bodySha256 }) => bodySha256)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  test('each tenant apart: by key and by site', async () => {
    const intake = await start()
    await send(intake, { key: KEYS.acme, site: 'datadoghq.com' })
    await send(intake, { key: KEYS.acme, site: 'datadoghq.eu' })
    await send(intake, { key: KEYS.globex, site: 'datadoghq.eu', stream: 'evaluations' })
    await send(intake, { key: KEYS.globex, site: 'datadoghq.eu', body: 'no' })
    expect(intake.tenants()).toEqual([
      expect.objectContaining({ site: 'datadoghq.com', spans: 1, evaluations: 0, requests: 1, refused: 0 }),
      expect.objectContaining({ site: 'datadoghq.eu', spans: 1, evaluations: 0, requests: 1, refused: 0 }),
      expect.objectContaining({ site: 'datadoghq.eu', spans: 0, evaluations: 1, requests: 2, refused: 1 })
    ])
    expect(intake.counts.byStatus).toEqual({ 202: 3, 400: 1 })
  })

  test.each([
    ['by site', { site: 'datadoghq.eu' }, ['two', 'three']],
    ['by key', { key: KEYS.globex }, ['three']],
    ['by owner', { owner: 'acme' }, ['one', 'two']],
    ['by name', { name: 'two' }, ['two']],
    ['by trace', { traceId: '3'.padStart(32, '0') }, ['three']],
    ['by a function', ({ event }) => event.name.includes('e'), ['one', 'three']],
    ['by two at once', { site: 'datadoghq.eu', owner: 'acme' }, ['two']],
    ['by nothing', undefined, ['one', 'two', 'three']]
  ])('spans that can be selected %s', async (_, filter, names) => {
    const intake = await start()
    intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.com' })
    intake.expectOwner('acme', { key: KEYS.acme, site: 'datadoghq.eu' })
    const event = (name, trace, owner) =>
      spanBody(spanEvent({ name, trace_id: trace.padStart(32, '0'), tags: [`owner:${owner}`] }))
    await send(intake, { body: event('one', '1', 'acme') })
    await send(intake, { body: event('two', '2', 'acme'), site: 'datadoghq.eu' })
    await send(intake, { body: event('three', '3', 'globex'), site: 'datadoghq.eu', key: KEYS.globex })
    expect(intake.spans(filter).map(({ name }) => name)).toEqual(names)
  })

  test('evaluations apart from spans', async () => {
    const intake = await start()
    await send(intake, {
      stream: 'evaluations',
      body: evaluationBody(metric({ label: 'a' }), metric({ label: 'b' }))
    })
    await send(intake)
    expect(intake.evaluations({ name: 'b' })).toHaveLength(1)
    expect(intake.evaluations()).toHaveLength(2)
    expect(intake.spans()).toHaveLength(1)
    expect(intake.arrivals()).toHaveLength(3)
  })

  test('which connection carried a request, and closes those that are idle', async () => {
    const intake = await start()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    await send(intake, { agent })
    await send(intake, { agent })
    const [socket] = Object.values(agent.freeSockets).flat()
    const closed = new Promise(resolve => socket?.once('close', resolve))
    intake.closeIdleConnections()
    await closed
    await send(intake, { agent })
    expect(intake.requests.map(({ connection }) => connection)).toEqual([1, 1, 2])
    agent.destroy()
  })

  test('nothing after a reset', async () => {
    const intake = await start({ script: { actions: [{ status: 503, times: 2 }] } })
    await send(intake)
    intake.reset()
    expect(intake).toMatchObject({
      requests: [],
      violations: [],
      counts: { requests: 0, spans: 0, byStatus: {} }
    })
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
    expect(intake.requests).toEqual([expect.objectContaining({ number: 1 })])
  })
})

describe('the intake stays on the machine', () => {
  test.each(['0.0.0.0', '::', '192.168.1.1', 'example.com'])('refuses to listen on %s', async host => {
    await expect(start({ host })).rejects.toThrow(RangeError)
  })

  test.each(['127.0.0.1', 'localhost'])('listens on %s', async host => {
    const intake = await start({ host })
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
  })

  test('says when the port is taken', async () => {
    const intake = await start()
    await expect(start({ port: intake.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

describe('limits of what is recorded', () => {
  test('events up to the limit are kept, the next are counted', async () => {
    const intake = await start({ maxRecordedEvents: 2 })
    for (let sent = 0; sent < 3; sent += 1) await send(intake)
    expect(intake.spans()).toHaveLength(2)
    expect(intake.requests).toHaveLength(2)
    expect(intake.counts).toMatchObject({ spans: 3, requests: 3, unrecordedEvents: 1, unrecordedRequests: 1 })
    expect(intake.tenants()[0]).toMatchObject({ spans: 3, requests: 3 })
  })

  test('bytes up to the limit are kept', async () => {
    const body = spanBody(spanEvent())
    const exact = await start({ maxRecordedBytes: Buffer.byteLength(body) })
    await send(exact, { body })
    expect(exact.counts).toMatchObject({ spans: 1, unrecordedEvents: 0 })
    const short = await start({ maxRecordedBytes: Buffer.byteLength(body) - 1, keepBodies: true })
    await send(short, { body })
    expect(short.counts).toMatchObject({ spans: 1, unrecordedEvents: 1 })
    expect(short.requests[0].body).toBeUndefined()
  })
})
