'use strict'

const net = require('node:net')
const tls = require('node:tls')

const { makeAuthority } = require('../support/certificates')
const { startConnectProxy } = require('../support/connect-proxy')
const { intakes } = require('../support/intake')
const { KEYS, send, spanBody, spanEvent } = require('../support/wire')

const { start } = intakes()
const authority = makeAuthority()
const HOSTS = ['llmobs-intake.datadoghq.com', 'llmobs-intake.datadoghq.eu']

/** One request through a tunnel, with the real host name in CONNECT, in SNI and in the certificate. */
async function throughTunnel(proxy, host, { ca, credentials } = {}) {
  const authority = `${host}:443`
  const login = credentials === undefined ? '' : `proxy-authorization: Basic ${btoa(credentials)}\r\n`
  const bare = net.connect(proxy.port, '127.0.0.1')
  bare.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${login}\r\n`)
  const head = await new Promise((resolve, reject) => {
    bare.once('data', data => resolve(data.toString()))
    bare.once('error', reject)
  })
  if (!head.startsWith('HTTP/1.1 200')) {
    bare.destroy()
    return head.split('\r\n')[0]
  }
  const socket = tls.connect({ socket: bare, servername: host, ca })
  const body = spanBody(spanEvent())
  socket.write(
    `POST /api/v2/llmobs HTTP/1.1\r\nhost: ${host}\r\ndd-api-key: ${KEYS.acme}\r\nconnection: close\r\n` +
      `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  )
  return new Promise((resolve, reject) => {
    socket.once('data', data => resolve(data.toString().split('\r\n')[0]))
    socket.once('error', reject)
  })
}

describe('real host names over TLS', () => {
  test.each(HOSTS)('%s ends at the local intake', async host => {
    const intake = await start({ tls: authority.issue(HOSTS) })
    const proxy = await startConnectProxy({ targetPort: intake.port })
    await expect(throughTunnel(proxy, host, { ca: authority.ca })).resolves.toBe('HTTP/1.1 202 Accepted')
    expect(intake.requests[0]).toMatchObject({
      host,
      site: host.replace('llmobs-intake.', ''),
      accepted: true
    })
    expect(proxy.tunnels).toEqual([{ authority: `${host}:443`, authorized: true, targetPort: intake.port }])
    await proxy.close()
  })

  test.each([
    ['an unknown authority', HOSTS[0], {}, undefined, /certificate/],
    ['a certificate for another host', 'llmobs-intake.ddog-gov.com', {}, authority.ca, /altnames/],
    ['an expired certificate', HOSTS[0], { isExpired: true }, authority.ca, /expired/]
  ])('%s is refused by a client', async (_, host, settings, ca, message) => {
    const intake = await start({ tls: authority.issue(HOSTS, settings) })
    const proxy = await startConnectProxy({ targetPort: intake.port })
    await expect(throughTunnel(proxy, host, { ca })).rejects.toThrow(message)
    expect(intake.requests).toEqual([])
    await proxy.close()
  })

  test('a reset reaches the client under TLS, too', async () => {
    const intake = await start({
      tls: authority.issue(['127.0.0.1']),
      script: { actions: [{ reset: 'after-body' }] }
    })
    expect(intake.url).toMatch(/^https:/)
    await expect(send(intake, { ca: authority.ca })).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(send(intake, { ca: authority.ca })).resolves.toMatchObject({ status: 202 })
  })

  test.each(['before-body', 'after-body', 'mid-response'])(
    'a reset %s does not keep it from closing',
    async reset => {
      const script = { actions: [{ reset: /** @type {any} */ (reset) }] }
      const intake = await start({ tls: authority.issue(['127.0.0.1']), script })
      await expect(send(intake, { ca: authority.ca })).rejects.toThrow()
      await expect(intake.close()).resolves.toBeUndefined()
    }
  )

  test('a client that does not speak TLS costs only its own connection', async () => {
    const intake = await start({ tls: authority.issue(['127.0.0.1']) })
    const socket = net.connect(intake.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await new Promise(resolve => socket.once('close', resolve))
    await expect(send(intake, { ca: authority.ca })).resolves.toMatchObject({ status: 202 })
  })
})

describe('the proxy', () => {
  test.each([
    ['the right credentials', 'user:p@ss', 'HTTP/1.1 202 Accepted'],
    ['wrong credentials', 'user:wrong', 'HTTP/1.1 407 Proxy Authentication Required'],
    ['no credentials', undefined, 'HTTP/1.1 407 Proxy Authentication Required']
  ])('with %s', async (_, credentials, expected) => {
    const intake = await start({ tls: authority.issue(HOSTS) })
    const proxy = await startConnectProxy({ targetPort: intake.port, username: 'user', password: 'p@ss' })
    expect(proxy.url).toBe(`http://user:p%40ss@127.0.0.1:${proxy.port}`)
    await expect(throughTunnel(proxy, HOSTS[0], { ca: authority.ca, credentials })).resolves.toBe(expected)
    await proxy.close()
  })

  test('can refuse a tunnel by its host, and never goes anywhere else', async () => {
    const intake = await start({ tls: authority.issue(HOSTS) })
    const proxy = await startConnectProxy({
      targetPort: authority => (authority.includes('.eu:') ? null : intake.port)
    })
    await expect(throughTunnel(proxy, HOSTS[1])).resolves.toBe('HTTP/1.1 502 Bad Gateway')
    const response = await fetch(`http://127.0.0.1:${proxy.port}/`)
    expect(response.status).toBe(405)
    expect(proxy.plainRequests).toEqual(['/'])
    await proxy.close()
  })
})
