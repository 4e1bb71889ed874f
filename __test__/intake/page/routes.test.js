'use strict'

const http = require('node:http')
const net = require('node:net')
const { createHash } = require('node:crypto')
const { Page } = require('../../../lib/intake/page/page')
const { intakes } = require('../../support/intake')
const { KEYS, evaluationBody, metric, send, spanBody, spanEvent } = require('../../support/wire')

const { start } = intakes({ expectViolations: true })
const started = options => start({ page: true, ...options })
const owned = (owner, change) => spanEvent({ tags: [`owner:${owner}`], ...change })

const READS = ['/', '/spanlane/snapshot', '/spanlane/events', '/spanlane/search?q=x', '/spanlane/export']
const CHANGES = ['/spanlane/clear', '/spanlane/declare', '/spanlane/stats']

/** A request as somebody else's page, or name, would make it. */
function ask({ port }, path, { method = 'GET', headers = {}, body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path, method, headers, agent: false },
      response => {
        let text = ''
        response.setEncoding('utf8').on('data', chunk => {
          text += chunk
          // A stream of events has no end.
          if (response.headers['content-type'] === 'text/event-stream') response.destroy()
        })
        response.on('close', () => resolve({ status: response.statusCode, headers: response.headers, text }))
      }
    )
    request.on('error', reject)
    request.end(body)
  })
}

describe('who may read the page', () => {
  const all = [...READS.map(path => [path, 'GET']), ...CHANGES.map(path => [path, 'POST'])]

  test.each(all)(
    '%s is refused under a foreign name, to a foreign origin and across sites',
    async (path, method) => {
      const intake = await started()
      const own = `127.0.0.1:${intake.port}`
      const foreign = [
        { host: 'evil.example' },
        { host: `evil.example:${intake.port}` },
        { host: `127.0.0.1:${intake.port + 1}` },
        { host: own, origin: 'http://evil.example' },
        { host: own, origin: 'null' },
        { host: own, origin: `http://localhost:${intake.port}` },
        { host: own, 'sec-fetch-site': 'cross-site' },
        { host: own, 'sec-fetch-site': 'same-site' }
      ]
      for (const headers of foreign) {
        const answer = await ask(intake, path, { method, headers })
        expect({ headers, status: answer.status }).toEqual({ headers, status: 403 })
        expect(answer.text).toMatch(/^the page answers [^\n]+ only\n$/)
      }
    }
  )

  test.each(READS)('%s is answered at every name of this machine', async path => {
    const intake = await started()
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      const host = `${name}:${intake.port}`
      const headers = { host, 'sec-fetch-site': 'none' }
      expect((await ask(intake, path, { headers })).status).toBe(200)
      const own = { host, origin: `http://${host.toLowerCase()}`, 'sec-fetch-site': 'same-origin' }
      expect((await ask(intake, path, { headers: own })).status).toBe(200)
    }
  })

  test.each(CHANGES)('%s needs an origin', async path => {
    const intake = await started()
    const answer = await ask(intake, path, { method: 'POST', body: '{}' })
    expect(answer).toMatchObject({ status: 403, text: 'a change needs the header Origin\n' })
  })

  test('every answer has the headers that close it, and none of CORS', async () => {
    const intake = await started()
    const foreign = { headers: { host: 'evil.example', origin: 'http://evil.example' } }
    const answers = [
      ...(await Promise.all([...READS, '/spanlane/none'].map(path => ask(intake, path)))),
      await ask(intake, '/', foreign),
      await ask(intake, '/spanlane/snapshot', { method: 'OPTIONS', headers: { origin: intake.url } })
    ]
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY'
      })
      expect(Object.keys(headers).filter(name => name.startsWith('access-control-'))).toEqual([])
    }
  })

  test("the page's policy allows its own script and style, by their hashes, and its own intake", async () => {
    const intake = await started()
    const { headers, text } = await ask(intake, '/')
    const hash = element => {
      const [, content] = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(text) ?? []
      return createHash('sha256').update(String(content)).digest('base64')
    }
    expect(headers['content-security-policy'].split('; ')).toEqual([
      "default-src 'none'",
      `script-src 'sha256-${hash('script')}'`,
      `style-src 'sha256-${hash('style')}'`,
      "connect-src 'self'",
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'"
    ])
  })
})

describe("the page's own requests", () => {
  test('are no arrivals, whatever they are answered', async () => {
    const logged = []
    const intake = await started({
      log: request => logged.push(request.path),
      script: { actions: [{ status: 503, times: 100 }] }
    })
    for (const path of [...READS, '/spanlane/none', '/?x=1']) await ask(intake, path)
    await ask(intake, '/', { headers: { host: 'evil.example' } })
    await ask(intake, '/spanlane/clear', { method: 'POST', headers: { origin: intake.url } })
    expect(intake.requests).toEqual([])
    expect(intake.tenants()).toEqual([])
    expect(intake.counts.requests).toBe(0)
    expect(logged).toEqual([])
    expect(await send(intake)).toMatchObject({ status: 503 })
  })

  test('are arrivals where there is no page', async () => {
    const intake = await start()
    expect(await ask(intake, '/')).toMatchObject({ status: 404 })
    expect(await ask(intake, '/spanlane/snapshot')).toMatchObject({ status: 404 })
    expect(intake.counts.requests).toBe(2)
  })

  test("leave Datadog's paths to any name", async () => {
    const intake = await started()
    await expect(send(intake, { headers: { host: 'llmobs-intake.datadoghq.com' } })).resolves.toMatchObject({
      status: 202
    })
  })

  test.each([
    ['GET', '/spanlane/none', '', 404],
    ['GET', '/spanlane/trace/1', '', 404],
    ['GET', '/spanlane/trace/%zz', '', 400],
    ['POST', '/', '', 404],
    ['DELETE', '/spanlane/snapshot', '', 404],
    ['POST', '/spanlane/declare', '{', 400],
    ['POST', '/spanlane/declare', '{"owner":1,"lanes":[]}', 400],
    ['POST', '/spanlane/declare', 'null', 400],
    ['POST', '/spanlane/declare', '"x"'.padEnd(70_000), 400],
    ['POST', '/spanlane/declare', '{"owner":"a","lanes":["none"]}', 204]
  ])('%s %s with %.30s is answered with %i', async (method, path, body, status) => {
    const intake = await started()
    const headers = { origin: intake.url }
    expect(await ask(intake, path, { method, body, headers })).toMatchObject({ status })
  })
})

test('hostile requests are answered or cut, and the page goes on', async () => {
  const intake = await started()
  const heads = [
    `GET /spanlane/trace/${'%25'.repeat(2000)}?lane=%ff HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}`,
    `GET /spanlane/search?q=${encodeURIComponent('(((([[[[\\"'.repeat(300))} HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}`,
    `GET /spanlane/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}`,
    `GET /spanlane//// HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}`,
    `GET http://evil.example/spanlane/snapshot HTTP/1.1\r\nHost: evil.example`,
    `GET /spanlane/events HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}\r\nLast-Event-ID: ${'9'.repeat(400)}.-1e999`,
    `POST /spanlane/declare HTTP/1.1\r\nHost: 127.0.0.1:${intake.port}\r\nOrigin: ${intake.url}\r\nContent-Length: 100`,
    `GET /\u0000 HTTP/1.1\r\nHost: x`
  ]
  for (const head of heads) {
    await new Promise(resolve => {
      const socket = net.connect(intake.port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n`))
      socket.on('data', () => socket.destroy())
      socket.on('error', () => undefined)
      socket.on('close', resolve)
      // A body that never comes has no answer: its sender goes away.
      if (head.startsWith('POST')) setTimeout(() => socket.destroy(), 50)
    })
  }
  expect(await ask(intake, '/spanlane/snapshot')).toMatchObject({ status: 200 })
})

test('an intake takes the page of another intake, and of nothing else', async () => {
  await expect(start({ page: {} })).rejects.toThrow(TypeError)
  await expect(start({ page: await start() })).rejects.toThrow('page must be')
})

describe('what the page is told', () => {
  const said = {
    'span.kind': 'llm',
    input: { messages: [{ role: 'user', content: 'Where is order 4711?' }] },
    output: {}
  }

  test('a snapshot has no contents but the title; a trace has all', async () => {
    const intake = await started()
    const span = owned('acme', { meta: { ...said, metadata: { secret: 'only on demand' } } })
    await send(intake, { body: spanBody(span) })
    const { text } = await ask(intake, '/spanlane/snapshot')
    expect(JSON.parse(text).traces).toMatchObject([{ title: 'Where is order 4711?', spans: 1 }])
    expect(text).not.toContain('only on demand')
    const [{ lane, traceId }] = JSON.parse(text).traces
    const trace = await ask(intake, `/spanlane/trace/${traceId}?lane=${encodeURIComponent(lane)}`)
    expect(JSON.parse(trace.text).events).toEqual([
      { stream: 'spans', request: 1, receivedAtMs: expect.any(Number), owner: 'acme', event: span }
    ])
  })

  test.each([
    ['order', 1],
    ['ORDER 4711', 1],
    ['"order 9"', 0],
    ['-order', 1],
    ['tenant:acme', 1],
    ['tenant:globex order', 0],
    ['kind:llm', 1],
    ['kind:task', 1],
    ['-kind:llm', 1],
    ['status:error', 1],
    ['model:gpt', 1],
    ['env:prod', 1],
    ['env:dev', 0],
    ['duration:>1s', 1],
    ['duration:<1s', 1],
    ['duration:>=2s', 1],
    ['duration:soon', 0],
    ['tokens:>10', 1],
    ['session:s-1', 1],
    ['', 2]
  ])('search for %j finds %i', async (query, count) => {
    const intake = await started()
    const asked = { ...said, model_name: 'gpt-5' }
    await send(intake, { body: spanBody(owned('acme', { meta: asked, duration: 2e9, session_id: 's-1' })) })
    const failed = { status: 'error', metrics: {}, tags: ['owner:globex', 'env:prod'] }
    const meta = { 'span.kind': 'task', input: {}, output: {} }
    await send(intake, { key: KEYS.globex, body: spanBody(spanEvent({ ...failed, meta })) })
    const { text } = await ask(intake, `/spanlane/search?q=${encodeURIComponent(query)}`)
    expect(Object.values(JSON.parse(text).found).flat()).toHaveLength(count)
  })

  test('an export has a line for each event', async () => {
    const intake = await started()
    await send(intake, { body: spanBody(owned('acme')) })
    await send(intake, { stream: 'evaluations', body: evaluationBody(metric()) })
    const { text, headers } = await ask(intake, '/spanlane/export')
    expect(headers['content-disposition']).toBe('attachment; filename="spanlane-intake.ndjson"')
    const lines = text
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    expect(lines.map(({ stream, owner, site }) => [stream, owner, site])).toEqual([
      ['spans', 'acme', 'datadoghq.com'],
      ['evaluations', null, 'datadoghq.com']
    ])
  })

  test('no key, not even one that lies in a body, a header, a path or a name', async () => {
    const intake = await started()
    const key = KEYS.acme
    const meta = { 'span.kind': 'task', input: { value: `it is ${key}` }, output: {}, metadata: { [key]: 1 } }
    await send(intake, {
      key,
      body: spanBody(owned('acme', { name: key, meta })),
      headers: { 'user-agent': key }
    })
    await send(intake, { key, path: `/${key}`, body: key })
    const [snapshot, exported, page, events] = await Promise.all(
      ['/spanlane/snapshot', '/spanlane/export', '/', '/spanlane/events'].map(path => ask(intake, path))
    )
    const [{ lane, traceId }] = JSON.parse(snapshot.text).traces
    const trace = await ask(intake, `/spanlane/trace/${traceId}?lane=${encodeURIComponent(lane)}`)
    for (const { text } of [snapshot, exported, page, events, trace]) expect(text).not.toContain(key)
    expect(trace.text).toContain('it is [the API key]')
  })
})

describe('with a token', () => {
  const TOKEN = 'f'.repeat(32)
  const behind = () => start({ page: new Page({ token: TOKEN }) })
  const all = [...READS.map(path => [path, 'GET']), ...CHANGES.map(path => [path, 'POST'])]
  const closed = all.filter(([path]) => path !== '/' && path !== '/spanlane/stats')

  test.each(closed)('%s is for who has it', async (path, method) => {
    const intake = await behind()
    const origin = intake.url
    for (const authorization of [undefined, '', TOKEN, `Bearer ${'e'.repeat(32)}`, `Bearer ${TOKEN}x`]) {
      const headers = {
        host: `127.0.0.1:${intake.port}`,
        origin,
        ...(authorization !== undefined && { authorization })
      }
      const { status, text } = await ask(intake, path, { method, headers })
      expect({ authorization, status, text }).toMatchObject({
        status: 401,
        text: expect.stringContaining('needs the token')
      })
    }
    const headers = { host: `127.0.0.1:${intake.port}`, origin, authorization: `Bearer ${TOKEN}` }
    expect((await ask(intake, path, { method, headers })).status).not.toBe(401)
  })

  test('the empty page, and what a process tells of itself, need none: neither reads anything', async () => {
    const intake = await behind()
    const host = `127.0.0.1:${intake.port}`
    expect((await ask(intake, '/', { headers: { host } })).status).toBe(200)
    const told = {
      method: 'POST',
      headers: { host, origin: intake.url },
      body: JSON.stringify({ client: 'one' })
    }
    expect((await ask(intake, '/spanlane/stats', told)).status).toBe(204)
  })

  test('it opens nothing under a foreign name', async () => {
    const intake = await behind()
    const headers = { host: 'evil.example', authorization: `Bearer ${TOKEN}` }
    expect((await ask(intake, '/spanlane/snapshot', { headers })).status).toBe(403)
  })
})
