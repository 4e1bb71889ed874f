'use strict'

// How much, how large, at what cost, and what is left at the end.

const { delivered } = require('./run')

const EXITS = [
  'natural',
  'process.exit()',
  'flush() and process.exit()',
  'uncaught exception',
  'SIGTERM',
  'SIGTERM listener calls process.exit()'
]

/** @param {unknown} value @returns {number} */
function depthOf(value) {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** @type {import('./run').Case[]} */
module.exports = [
  {
    row: 'W15 1,500 spans in one tick',
    scenario: 'burst',
    judge: delivered,
    isWeak: result => result !== '1500 delivered',
    why: 'Memory is the limit, not a count.'
  },
  {
    row: 'W16 320 MB of 160 tenants in one tick: memory it takes',
    scenario: 'many tenants',
    intake: { script: { actions: [{ stall: true, times: Infinity }] } },
    judge: ({ facts }) => `${facts.mib} MiB`,
    isWeak: result => Number.parseInt(result, 10) > 300,
    why: 'maxBufferedBytes bounds all tenants; what falls is counted.'
  },
  {
    row: 'W17 4.8 MB of Cyrillic text: bytes of the body',
    scenario: 'large text',
    intake: { maxBodyBytes: 40_000_000 },
    judge: ({ intake }) => `${Math.max(...intake.requests.map(({ bytes }) => bytes))}`,
    isWeak: result => Number(result) > 5_000_000,
    why: 'Bodies are UTF-8, and measured as they are sent.'
  },
  {
    row: 'W18 JSON.stringify on the main thread, for each span',
    scenario: 'cost of text',
    judge: ({ facts }) => `${facts.times} times its text, ${facts.ms} ms in all`,
    isWeak: result => Number.parseFloat(result) >= 1.5,
    why: "The core writes the JSON; dd-trace's own formatting stays."
  },
  {
    row: 'W19 "C:\\users" in one of two spans (dd-trace 5.123.0)',
    scenario: 'a path of Windows',
    ddTrace: '5.123.0',
    judge: delivered,
    isWeak: result => result !== '2 delivered',
    why: "dd-trace's encoder is not used; 5.131.1 repaired it."
  },
  ...EXITS.map(way => ({
    row: `W20 exit: ${way}`,
    scenario: `exit: ${way}`,
    judge: (/** @type {import('./run').Seen} */ seen) => `${delivered(seen)}, ${seen.end}`,
    isWeak: (/** @type {string} */ result) => !result.startsWith('1 delivered'),
    expected: way === 'natural' ? /** @type {const} */ ('does not apply') : /** @type {const} */ ('cured'),
    why: way === 'natural' ? 'dd-trace delivers here too.' : 'The exiting thread waits for the core.'
  })),
  {
    row: 'W31 960 KB of repeated text: bytes sent',
    scenario: 'compressible',
    judge: ({ intake }) => `${intake.requests.find(({ stream }) => stream === 'spans')?.wireBytes}`,
    isWeak: result => !(Number(result) < 100_000),
    why: 'With compression: "gzip"; the default stays uncompressed.'
  },
  {
    row: 'W35 metrics { "a.b": 1, nothing: NaN }',
    scenario: 'bad numbers',
    judge: ({ intake }) => JSON.stringify(intake.spans()[0]?.metrics) ?? 'refused by the intake',
    isWeak: result => result !== '{"a_b":1}',
    why: 'Names and numbers that would cost the span are changed or left out.'
  },
  {
    row: 'W35 metadata of 30 levels: levels that arrive',
    scenario: 'deep',
    judge: ({ intake }) =>
      `${intake
        .spans()
        .map(({ meta }) => depthOf(meta.metadata))
        .join()}`,
    isWeak: result => !(Number(result) <= 12),
    why: 'What nests deeper than 12 levels is sent as text.'
  }
]
