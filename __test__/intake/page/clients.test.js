'use strict'

const { intakes } = require('../../support/intake')
const { KEYS, send, spanBody, spanEvent } = require('../../support/wire')

// What the processes that send here say of themselves is shown on their lanes, and counts as no arrival.

const { start } = intakes({ expectViolations: true })
const LABEL = 'x-spanlane-tenant'

const report = (change = {}) => ({
  client: 'one',
  openSpans: 0,
  total: { held: 7, dropped: 2, droppedByReason: { no_route: 2 } },
  unrouted: { held: 0, dropped: 2, droppedByReason: { no_route: 2 } },
  tenants: [
    {
      tenant: 'acme',
      site: 'datadoghq.com',
      held: 7,
      dropped: 0,
      droppedByReason: {},
      lastError: 'key_refused (http 403)',
      parkedSinceMs: 1_790_000_000_000
    }
  ],
  ...change
})

async function say(intake, body, headers = {}) {
  const origin = intake.url
  const answer = await fetch(`${intake.url}/spanlane/stats`, {
    method: 'POST',
    headers: { origin, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
  return { status: answer.status, text: await answer.text() }
}

const snapshot = async intake => (await fetch(`${intake.url}/spanlane/snapshot`)).json()

async function withLane(options) {
  const intake = await start({ page: true, ...options })
  await send(intake, { headers: { [LABEL]: 'acme' }, body: spanBody(spanEvent({})) })
  return intake
}

test('a lane has what its processes say, and all together what has no tenant', async () => {
  const intake = await withLane()
  expect((await snapshot(intake)).lanes[0].client).toBeNull()
  expect(await say(intake, report())).toEqual({ status: 204, text: '' })
  const { lanes, client } = await snapshot(intake)
  expect(lanes[0].client).toEqual({
    saidAtMs: expect.any(Number),
    clients: 1,
    held: 7,
    dropped: 0,
    droppedByReason: {},
    lastError: 'key_refused (http 403)',
    parkedSinceMs: 1_790_000_000_000
  })
  expect(client).toMatchObject({ clients: 1, held: 7, dropped: 2, unrouted: { dropped: 2 } })
})

test('the last word of a process counts, and several processes are summed', async () => {
  const intake = await withLane()
  await say(intake, report())
  await say(intake, report({ client: 'two' }))
  const [row] = report().tenants
  await say(intake, report({ tenants: [{ ...row, held: 1 }] }))
  expect((await snapshot(intake)).lanes[0].client).toMatchObject({ clients: 2, held: 8 })
})

test('a page that is open is told at once', async () => {
  const intake = await withLane()
  const { seq } = await snapshot(intake)
  await say(intake, report())
  const { seq: after, lanes } = await snapshot(intake)
  expect(after).toBeGreaterThan(seq)
  expect(lanes[0].client.held).toBe(7)
})

test('a report is no arrival: no request, no count, no question to a script, no line of a log', async () => {
  const logged = []
  const asked = []
  const script = request => {
    asked.push(request.path)
    return null
  }
  const intake = await start({ page: true, script, log: request => logged.push(request.path) })
  await say(intake, report())
  expect(intake.counts.requests).toBe(0)
  expect([...intake.requests, ...logged, ...asked, ...intake.tenants()]).toEqual([])
})

test('an intake without a page says so, and that is no arrival either', async () => {
  const intake = await start()
  expect(await say(intake, report())).toEqual({ status: 404, text: 'no page is served here\n' })
  expect(intake.counts.requests).toBe(0)
})

test.each([
  ['no JSON', '{', 400],
  ['no report', '7', 400],
  ['nobody', { client: '' }, 400],
  ['more than 64 KiB', JSON.stringify({ client: 'x'.repeat(70_000) }), 400]
])('%s is refused, and changes nothing', async (_what, body, status) => {
  const intake = await withLane()
  const before = await snapshot(intake)
  expect((await say(intake, body)).status).toBe(status)
  expect(await snapshot(intake)).toEqual(before)
})

test('what is in a report is bounded, and only numbers are numbers', async () => {
  const intake = await withLane()
  const [row] = report().tenants
  const many = Array.from({ length: 150 }, (_, at) => ({ ...row, tenant: `t${at}`, held: 1 }))
  await say(
    intake,
    report({
      total: { held: 'x', dropped: -1, droppedByReason: { ['r'.repeat(500)]: Number.MAX_VALUE } },
      tenants: [{ ...row, held: '9', dropped: null, lastError: 7, parkedSinceMs: 'x' }, ...many.slice(0, 120)]
    })
  )
  const { lanes, client } = await snapshot(intake)
  expect(lanes[0].client).toMatchObject({ held: 0, dropped: 0, lastError: null, parkedSinceMs: null })
  expect(client).toMatchObject({ held: 0, dropped: 0 })
  expect(Object.keys(client.droppedByReason)[0]).toHaveLength(128)
  for (let at = 0; at < 40; at += 1) await say(intake, report({ client: `c${at}` }))
  expect((await snapshot(intake)).client.clients).toBe(16)
})

test('clearing the page forgets what was said', async () => {
  const intake = await withLane()
  await say(intake, report())
  await fetch(`${intake.url}/spanlane/clear`, { method: 'POST', headers: { origin: intake.url } })
  expect((await snapshot(intake)).client).toBeNull()
})

test('a report has no key in it, and none is in what the page is told', async () => {
  const intake = await withLane()
  await say(intake, report())
  expect(JSON.stringify(await snapshot(intake))).not.toContain(KEYS.acme)
})
