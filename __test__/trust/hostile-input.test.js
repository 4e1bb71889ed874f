'use strict'

const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

test('100,000 hostile sites: none is accepted beside the list, no connection to another host', async () => {
  const { figures, problems } = await soak(['hostile-sites'])
  expect(problems).toEqual([])
  expect(figures).toMatchObject({ strings: 100_000, valid: 7, hostsAskedFor: 7, strangeHosts: 0 })
})

test('5,000 hostile objects: only coded errors, every span ends, the innocent all arrive', async () => {
  const { figures, problems } = await soak(['hostile-objects', '--objects', '5000'])
  expect(problems).toEqual([])
  expect(figures).toMatchObject({ spansEnded: 5000, uncodedErrors: 0 })
})
