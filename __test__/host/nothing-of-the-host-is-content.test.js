'use strict'

const http = require('node:http')
const net = require('node:net')
const { PassThrough } = require('node:stream')
const { setImmediate: turn } = require('node:timers/promises')
const express = require('express')
const { ACME, sdk } = require('../sdk/setup')

const { open } = sdk()
const SECRET = 'top-secret'
const HEADERS = { authorization: `Bearer ${SECRET}`, cookie: `sid=${SECRET}`, 'x-api-key': SECRET }
const URL_TEXT = `http://user:${SECRET}@127.0.0.1/chat/7?token=${SECRET}#x`

/** Makes objects of a server's as an application meets them. */
async function hostObjects() {
  /** @type {Record<string, any>} */
  const seen = {}
  const app = express()
  app.post('/chat', (request, response, next) => {
    Object.assign(seen, { expressRequest: request, expressResponse: response, socket: request.socket })
    next()
  })
  const server = http.createServer((request, response) => {
    Object.assign(seen, {
      request,
      response,
      server,
      headersOfRequest: request.headers,
      raw: request.rawHeaders
    })
    app(request, response, () => {
      response.setHeader('set-cookie', `sid=${SECRET}`)
      response.end('ok')
    })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  seen.incoming = await new Promise(resolve => {
    seen.outgoing = http.request(
      { port, path: `/chat?token=${SECRET}`, method: 'POST', headers: HEADERS },
      answer => {
        answer.resume().on('end', () => resolve(answer))
      }
    )
    seen.outgoing.end()
  })
  server.closeAllConnections()
  server.close()
  const form = new FormData()
  form.set('password', SECRET)
  return {
    ...seen,
    connection: new net.Socket(),
    nodeStream: new PassThrough(),
    webStream: new ReadableStream(),
    webRequest: new Request('http://127.0.0.1/chat', { method: 'POST', headers: HEADERS }),
    webResponse: new Response(null, { headers: { 'set-cookie': `sid=${SECRET}` } }),
    headers: new Headers(HEADERS),
    form,
    blob: new Blob([SECRET]),
    ofOtherLibrary: new (class IncomingRequest {
      method = 'GET'
      url = URL_TEXT
      headers = HEADERS
    })(),
    lambda: {
      httpMethod: 'POST',
      headers: { Authorization: SECRET, Accept: 'text/plain' },
      multiValueHeaders: { Cookie: [SECRET] },
      cookies: [SECRET]
    },
    koa: {
      request: { method: 'POST', url: '/', header: { ...HEADERS, accept: 'text/plain' } },
      toJSON: undefined
    },
    axios: { config: { headers: { Authorization: SECRET, 'DD-API-KEY': SECRET } }, data: 'shown' }
  }
}

/** Where a value can stand. @type {Record<string, (value: any) => any>} */
const PLACES = {
  itself: value => value,
  'in an object': value => ({ context: { request: value, note: 'kept' } }),
  'in an array': value => ['kept', value],
  'in an instance': value =>
    new (class Context {
      held = value
    })()
}

describe.each(Object.entries(PLACES))('%s', (_where, put) => {
  test('an argument or a result of the host is a note, and nothing of a header leaves', async () => {
    const { llmobs, intake } = await open()
    const values = await hostObjects()
    for (const [name, value] of Object.entries(values)) {
      llmobs.withRoutingContext(ACME, () => {
        llmobs.wrap({ kind: 'task', name: `${name} only` }, _it => 'x')(put(value))
        llmobs.wrap({ kind: 'task', name: `${name} first` }, (_it, _other) => 'x')(put(value), 1)
        llmobs.wrap({ kind: 'agent', name: `${name} returned` }, () => ({ it: put(value) }))()
        llmobs.wrap({ kind: 'experiment', name: `${name} in an experiment` }, _it => put([value]))(put(value))
        try {
          llmobs.trace({ kind: 'task', name: `${name} thrown` }, () => {
            throw put(value)
          })
        } catch {}
      })
    }
    await turn()
    await llmobs.flush()
    const spans = intake.spans()
    expect(spans).toHaveLength(5 * Object.keys(values).length)
    expect(spans.filter(span => JSON.stringify(span).includes(SECRET)).map(({ name }) => name)).toEqual([])
  })
})

test('of a request method and path are told, of a response the status', async () => {
  const { llmobs, spans } = await open()
  const { expressRequest, expressResponse, webRequest, webResponse, headers, socket, ofOtherLibrary } =
    await hostObjects()
  const values = { expressRequest, expressResponse, webRequest, webResponse, headers, socket, ofOtherLibrary }
  for (const [name, value] of Object.entries(values)) llmobs.wrap({ kind: 'task', name }, _it => 'x')(value)
  const inputs = Object.fromEntries(
    Object.entries(await spans()).map(([name, { meta }]) => [name, meta.input.value])
  )
  expect(inputs).toEqual({
    expressRequest: '[IncomingMessage: POST /chat]',
    expressResponse: '[ServerResponse: 200]',
    webRequest: '[Request: POST /chat]',
    webResponse: '[Response: 200]',
    headers: '[Headers]',
    socket: '[Socket]',
    ofOtherLibrary: '[IncomingRequest: GET /chat/7]'
  })
})

test('what is chosen by annotate is a note as well', async () => {
  const { llmobs, spans } = await open()
  const { request, headers } = await hostObjects()
  llmobs.trace({ kind: 'task', name: 'annotated' }, () => {
    llmobs.annotate({
      inputData: { request },
      outputData: headers,
      metadata: { request, nested: [{ headers }] }
    })
  })
  const { meta } = (await spans()).annotated
  expect(meta.input.value).toBe('{"request":"[IncomingMessage: POST /chat]"}')
  expect(meta.output.value).toBe('[Headers]')
  expect(meta.metadata).toMatchObject({
    request: '[IncomingMessage: POST /chat]',
    nested: [{ headers: '[Headers]' }]
  })
})

test('what is no credential is shown', async () => {
  const { llmobs, spans } = await open()
  llmobs.wrap(
    { kind: 'task', name: 'call' },
    _it => 'x'
  )({ headers: { accept: 'text/plain', cookie: SECRET }, method: 'GET', cookies: 3 })
  expect((await spans()).call.meta.input.value).toBe(
    '{"headers":{"accept":"text/plain","cookie":"[not shown]"},"method":"GET","cookies":3}'
  )
})

test('bytes are a note', async () => {
  const { llmobs, spans } = await open()
  llmobs.wrap({ kind: 'task', name: 'bytes' }, _audio => ({
    left: new Uint8Array(7),
    right: [new ArrayBuffer(9)]
  }))(Buffer.alloc(100_000))
  const { meta } = (await spans()).bytes
  expect(meta.input.value).toBe('[binary: 100000 bytes]')
  expect(meta.output.value).toContain('"left":"[binary: 7 bytes]"')
})

test('an object that refuses to be asked does no harm', async () => {
  const { llmobs, spans } = await open()
  const refuse = () => JSON.parse('{')
  const hostile = new Proxy(new (class Odd {})(), { get: refuse, getPrototypeOf: refuse, ownKeys: refuse })
  llmobs.wrap({ kind: 'task', name: 'odd' }, _it => 'x')(hostile)
  expect((await spans()).odd.status).toBe('ok')
})
