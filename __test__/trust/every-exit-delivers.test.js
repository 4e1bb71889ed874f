'use strict'

const { WAYS } = require('../../bench/exits/ways')
const { SOAK_TIMEOUT_MS, soak } = require('./soak')

jest.setTimeout(SOAK_TIMEOUT_MS)

test('500 spans finished right before the end arrive, whichever way the process ends', async () => {
  const { figures, problems } = await soak(['exits', '--nodes', 'this', '--peer', 'no'])
  expect(problems).toEqual([])
  const [delivered] = Object.values(figures)
  for (const [name, way] of Object.entries(WAYS)) {
    // A signal without `drainOnSignals` ends the process at once: what was not sent before is lost.
    if (!way.isLost) expect([name, delivered[name]]).toEqual([name, 500])
  }
})

test.each(['process.exit(0)', 'uncaught exception', 'SIGTERM, drained'])(
  '%s: tenants that are never answered do not cost the others their time',
  async way => {
    // Half of the tenants; the exit gives up on them after `exitTimeoutMs`.
    const { figures, problems } = await soak([
      'exits',
      ...['--nodes', 'this', '--peer', 'no', '--tenants', '100', '--bad', '50', '--ways', way]
    ])
    expect(problems).toEqual([])
    expect(Object.values(figures)).toEqual([{ [way]: 250 }])
  }
)
