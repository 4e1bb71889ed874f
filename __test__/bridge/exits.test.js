'use strict'

const { KEYS, programs } = require('./setup')

const { run } = programs()

test.each([
  ['natural', 0, null],
  ['exit', 0, null],
  ['flush and exit', 0, null],
  ['exception', 1, null],
  ['signal', null, 'SIGTERM']
])(
  '1,500 spans of each of two tenants in one tick are delivered, and the process ends as it would: %s',
  async (way, code, signal) => {
    const { intake, end, facts } = await run('exits', { args: [way] })
    for (const owner of /** @type {const} */ (['acme', 'globex'])) {
      const spans = intake.spans({ key: KEYS[owner] })
      expect(spans).toHaveLength(1500)
      expect(new Set(spans.map(span => span.span_id)).size).toBe(1500)
    }
    expect(end).toMatchObject({ code, signal })
    expect(facts).toEqual({})
  }
)
