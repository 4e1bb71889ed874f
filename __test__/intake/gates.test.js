'use strict'

const { intakes } = require('../support/intake')
const { KEYS, send } = require('../support/wire')

const { start } = intakes()

describe('a gate', () => {
  test('holds requests unanswered until it is released', async () => {
    const intake = await start()
    const gate = intake.hold()
    const sent = [send(intake), send(intake)]
    const parked = await gate.parked(2)
    expect(parked.map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, 'pending'],
      [2, 'pending']
    ])
    expect(intake.counts.spans).toBe(0)
    gate.release()
    await expect(Promise.all(sent)).resolves.toEqual([
      expect.objectContaining({ status: 202 }),
      expect.objectContaining({ status: 202 })
    ])
    await expect(send(intake)).resolves.toMatchObject({ status: 202 })
    expect(gate.requests).toEqual([])
  })

  test('holds only what matches', async () => {
    const intake = await start()
    const gate = intake.hold({ key: KEYS.globex })
    const held = send(intake, { key: KEYS.globex })
    await gate.parked()
    await expect(send(intake, { key: KEYS.acme })).resolves.toMatchObject({ status: 202 })
    expect(gate.requests).toHaveLength(1)
    gate.release()
    await held
  })

  test('lets requests go one by one, oldest first, with an action of its own', async () => {
    const intake = await start()
    const gate = intake.hold()
    const first = send(intake)
    await gate.parked(1)
    const second = send(intake)
    await gate.parked(2)
    gate.step(1, { status: 503 })
    await expect(first).resolves.toMatchObject({ status: 503 })
    expect(gate.requests.map(({ number }) => number)).toEqual([2])
    gate.step()
    await expect(second).resolves.toMatchObject({ status: 202 })
    const third = send(intake)
    await gate.parked(1)
    gate.release({ status: 400 })
    await expect(third).resolves.toMatchObject({ status: 400 })
  })

  test('leaves the answer to the script when it says nothing', async () => {
    const intake = await start({ script: { actions: [{ status: 429 }] } })
    const gate = intake.hold()
    const sent = send(intake)
    await gate.parked()
    gate.release()
    await expect(sent).resolves.toMatchObject({ status: 429 })
  })

  test('forgets a request whose client gave up', async () => {
    const intake = await start()
    const gate = intake.hold()
    const client = new AbortController()
    const sent = send(intake, { signal: client.signal })
    await gate.parked()
    client.abort()
    await expect(sent).rejects.toThrow()
    await intake.waitFor(({ requests }) => requests[0].outcome === 'aborted')
    expect(gate.requests).toEqual([])
  })

  test('that was made last holds first', async () => {
    const intake = await start()
    const older = intake.hold()
    const younger = intake.hold()
    const sent = send(intake)
    await younger.parked()
    expect(older.requests).toEqual([])
    older.release()
    younger.release()
    await sent
  })

  test('is opened by a reset of the intake', async () => {
    const intake = await start()
    const gate = intake.hold()
    const sent = send(intake)
    await gate.parked()
    intake.reset()
    await expect(sent).resolves.toMatchObject({ status: 202 })
    expect(intake).toMatchObject({ requests: [], counts: { requests: 0, spans: 0 } })
  })

  test('whose condition throws answers 500 and says why', async () => {
    const intake = await start()
    intake.hold({
      where: () => {
        throw new Error('mistake in the test')
      }
    })
    await expect(send(intake)).resolves.toMatchObject({ status: 500 })
    expect(intake.requests[0].problem).toBe('the script threw: Error: mistake in the test')
  })

  test('says what it held when the wait for more ends', async () => {
    const intake = await start()
    const gate = intake.hold()
    const sent = send(intake)
    await gate.parked(1)
    await expect(gate.parked(2, { timeoutMs: 1 })).rejects.toThrow('waited 1 ms for 2 held requests; held 1')
    gate.release()
    await sent
  })
})

describe('waiting for arrivals', () => {
  test('ends when the number of events is there, at once if it already is', async () => {
    const intake = await start()
    const waiting = intake.waitFor(2)
    await send(intake)
    await send(intake, { stream: 'evaluations' })
    await waiting
    await intake.waitFor(2, { timeoutMs: 0 })
  })

  test('counts events that were taken, not those that were refused', async () => {
    const intake = await start({ script: { actions: [{ status: 503 }] } })
    await send(intake)
    await expect(intake.waitFor(1, { timeoutMs: 1 })).rejects.toThrow('waited 1 ms for 1 events')
  })

  test('names what was seen when the time is over', async () => {
    const intake = await start({ script: { actions: [{ status: 503 }] } })
    await send(intake)
    await send(intake, { site: 'datadoghq.eu', key: KEYS.globex })
    await send(intake, { body: 'x' })
    const failure = await intake.waitFor(3, { timeoutMs: 1 }).catch(error => error)
    expect(failure.message).toMatch(
      /^waited 1 ms for 3 events; saw 1 spans and 0 evaluations in 3 requests; answered 1 x 202, 1 x 400, 1 x 503; datadoghq\.com\/[0-9a-f]{12}: 0 spans, 0 evaluations; datadoghq\.eu\/[0-9a-f]{12}: 1 spans, 0 evaluations; refused: body is not valid JSON: .+$/
    )
    expect(failure.message).not.toContain(KEYS.acme)
    expect(failure.stack).toContain(__filename)
  })

  test('passes on what the condition throws', async () => {
    const intake = await start()
    const waiting = intake.waitFor(({ requests }) => {
      if (requests.length > 0) throw new Error('condition')
      return false
    })
    const failed = expect(waiting).rejects.toThrow('condition')
    await send(intake)
    await failed
  })

  test('is rejected when the intake closes', async () => {
    const intake = await start()
    const waiting = expect(intake.waitFor(1)).rejects.toThrow('the intake was closed')
    await intake.close()
    await waiting
  })
})
