'use strict'

const http = require('node:http')
const { once } = require('node:events')
const { runChild, startChild } = require('../support/run-child')
const { intakes } = require('../support/intake')

// A process that the environment sends to a local intake tells its page what it holds and has dropped. Nobody else is
// told anything, and nothing of it is felt.

const { start } = intakes()
const KEY = 'k'.repeat(32)
const ONE_SPAN = `
  const { llmobs } = require('.')
  llmobs.init({ mlApp: 'shop' })
  llmobs.withRoutingContext({ ddApiKey: '${KEY}', tenant: 'acme' }, () => llmobs.trace({ kind: 'task' }, () => {}))
  llmobs.trace({ kind: 'task', name: 'lost' }, () => {})
`
/** Ends when its parent says so: it has nothing else to do. */
const STAYS = `${ONE_SPAN}; process.on('message', () => process.disconnect())`
/** Also goes on sending: what it sends later says that it has had the time to report. */
const SENDS = `${STAYS}; setInterval(() => llmobs.withRoutingContext({ ddApiKey: '${KEY}', tenant: 'acme' },
  () => llmobs.trace({ kind: 'task' }, () => {})), 100).unref()`

/** What was asked of a server that is no intake. */
async function recorder(status) {
  const asked = []
  const server = http.createServer((request, response) => {
    let text = ''
    request.on('data', part => {
      text += part
    })
    request.on('end', () => {
      asked.push({ url: request.url, method: request.method, headers: request.headers, text })
      response.writeHead(request.url === '/spanlane/stats' ? status : 202).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    reports: () => asked.filter(({ url }) => url === '/spanlane/stats'),
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

/** @param {() => boolean} isSo */
async function until(isSo) {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, 20))
}

test('held, dropped and by which reason, under its tenant, to the origin it was given', async () => {
  const server = await recorder(204)
  const child = startChild(['-e', STAYS], { env: { SPANLANE_INTAKE_URL: server.url } })
  await until(() => server.reports().length > 0)
  child.child.send('end')
  await child.ended
  server.close()
  const [{ headers, method, text }] = server.reports()
  expect({ method, host: headers.host, origin: headers.origin }).toEqual({
    method: 'POST',
    host: new URL(server.url).host,
    origin: server.url
  })
  const { client, tenants, unrouted } = JSON.parse(text)
  expect(client).toContain(String(child.child.pid))
  expect(tenants).toEqual([expect.objectContaining({ tenant: 'acme', site: 'datadoghq.com', submitted: 1 })])
  expect(unrouted).toMatchObject({ dropped: 1, droppedByReason: { no_route: 1 } })
  expect(text).not.toContain(KEY)
})

test('the page of a real intake has it', async () => {
  const intake = await start({ page: true })
  const child = startChild(['-e', STAYS], { env: { SPANLANE_INTAKE_URL: intake.url } })
  const snapshot = async () => (await fetch(`${intake.url}/spanlane/snapshot`)).json()
  let told = await snapshot()
  while (told.lanes[0]?.client === undefined || told.lanes[0].client === null) told = await snapshot()
  child.child.send('end')
  expect((await child.ended).code).toBe(0)
  expect(told.client.unrouted).toEqual({ held: 0, dropped: 1, droppedByReason: { no_route: 1 } })
  expect(intake.requests.every(({ path }) => path !== '/spanlane/stats')).toBe(true)
})

test('whoever has no page is asked once, and not again', async () => {
  const server = await recorder(404)
  const child = startChild(['-e', SENDS], { env: { SPANLANE_INTAKE_URL: server.url } })
  await until(() => server.asked.length > server.reports().length + 2 && server.reports().length > 0)
  const spans = () => server.asked.length - server.reports().length
  const before = spans()
  await until(() => spans() > before + 3)
  expect(server.reports()).toHaveLength(1)
  child.child.send('end')
  await child.ended
  server.close()
})

test.each([
  ['the option intakeUrl', url => [`intakeUrl: '${url}'`, {}]],
  ['a path below the host', url => ['', { SPANLANE_INTAKE_URL: `${url}/evp_proxy/v2` }]]
])('%s: nobody is told', async (_what, given) => {
  const server = await recorder(204)
  const [option, env] = given(server.url)
  const script = SENDS.replace("{ mlApp: 'shop' }", `{ mlApp: 'shop', ${option} }`)
  const child = startChild(['-e', script], { env })
  await until(() => server.asked.length >= 10)
  expect(server.reports()).toEqual([])
  child.child.send('end')
  await child.ended
  server.close()
})

test('it keeps no process alive, with an intake, without one, and with one that never answers', async () => {
  const silent = require('node:net').createServer(() => {})
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (silent.address())
  const intake = await start({ page: true })
  const wait = `${ONE_SPAN}; setTimeout(() => {}, 1300)`
  for (const url of [intake.url, 'http://127.0.0.1:9', `http://127.0.0.1:${port}`]) {
    const env = { SPANLANE_INTAKE_URL: url }
    const began = Date.now()
    const { code, stderr } = await runChild(
      ['-e', wait.replace("mlApp: 'shop'", "mlApp: 'shop', exitTimeoutMs: 200")],
      { env }
    )
    expect(code).toBe(0)
    expect(stderr).not.toMatch(/ECONN|Error:/)
    expect(Date.now() - began).toBeLessThan(8000)
  }
  silent.close()
})

test('the same options again are the same, whoever is told', async () => {
  const intake = await start({ page: true })
  const again = `const { llmobs } = require('.'); llmobs.init({ mlApp: 'shop' });
    llmobs.init({ mlApp: 'shop', intakeUrl: '${intake.url}' }); console.log('taken')`
  const { stdout } = await runChild(['-e', again], { env: { SPANLANE_INTAKE_URL: intake.url } })
  expect(stdout).toBe('taken\n')
})
