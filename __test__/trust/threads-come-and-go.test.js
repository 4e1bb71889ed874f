'use strict'

const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

test.each(['yes', 'no'])(
  '60 workers ended at random moments; Spanlane in the main thread: %s',
  async main => {
    const { figures, problems } = await soak(['terminated-workers', '--workers', '60', '--main', main])
    expect(problems).toEqual([])
    expect(figures.terminated + figures.exited + figures.threw).toBe(60)
  }
)

test('50,000 cycles of span and flush, 2,000 passing tenants: memory and handles stay flat', async () => {
  const { figures, problems } = await soak(
    ['flat-memory', '--cycles', '50000', '--tenants', '2000', '--flush-every', '500'],
    { nodeOptions: ['--expose-gc'] }
  )
  expect(problems).toEqual([])
  expect(figures.handlesLeft).toBe(0)
})

test('a process with nothing to send ends by itself with code 0', async () => {
  const { figures, problems } = await soak(['idle-exit', '--times', '1'])
  expect(problems).toEqual([])
  expect(Object.keys(figures.fromLastStatementToEndMs)).toContain('one black hole, 500 ms allowed')
})
