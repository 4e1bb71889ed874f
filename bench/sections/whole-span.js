'use strict'

const { atLeast, atMost, byNode, nameOf, number, ofPeer, spread } = require('../tables')

/** What dd-trace should cost in Spanlane's time, by size in KB: on Node 20, and on those after it. */
const RATIOS = {
  warm: /** @type {Record<number, [number, number]>} */ ({ 1: [45, 25], 10: [45, 30] }),
  collected: /** @type {[number, number]} */ ([35, 20]),
  async: /** @type {[number, number]} */ ([25, 22])
}
const OVER_FLOOR = 2.5
const RESTED_US = 20
const YOUNG_US = 60

/** @type {import('../tables').Section} */
const wholeSpan = {
  workload: 'whole-span',
  title: '(b) A whole span',
  text: () => `Microseconds of the JavaScript thread per span: \`trace\`, \`annotate\` with full validation, the end, the hand-over;
batches of 500 spans of 1 KB or 100 of 10 KB, then a flush that is not measured. Each peer has a process of its own; they
take turns, and each round turns their order round. dd-trace's requests are left out; Spanlane's bodies go to a process
that looks at nothing.

- **dd-trace us**, **spanlane us**, **floor us**: CPU time of the thread for one span, the garbage collection on it included.
- **none us**: what the driver alone costs. In \`async\` rows each callback awaits three times, which whoever traces does
  not cost: these rows are without what the driver took in the same round. \`sync\` rows are as measured.
- **warm**: one batch after the other, for thousands of spans. **after a collection**: a full garbage collection comes before
  each batch, as it does now and then to any server; it throws optimised code away of which no object is alive.
- **dd-trace / spanlane**: how many times what Spanlane takes dd-trace takes for a span: the median of the rounds'
  ratios, their lowest and highest.
- **spanlane / floor**: how far Spanlane is from the least that a span can cost on the same machine in the same minute: a
  context, two clocks, ids, a copy of three texts, a commit, and no look at what was given. It is the number to compare
  between machines.

The second table is Spanlane alone, in 1 KB of ASCII: what metrics, metadata (five values) and tags (three) add to the texts,
and what the same costs at the first batch after 300 ms in which the process did nothing.

The third is wall time of one span, in 1 KB of ASCII, by those who wait for it: **after 4 ms of rest** is the median of many, each the
only one of its turn in a warm process, with cold caches; **first span** and **spans 2 to 100** are of a process that has just
been started, where code is compiled.
`,
  tables: ({ rows, parts, rested, young }) => [
    rows.map((/** @type {any} */ row) => ({
      span: rowName(row),
      'dd-trace us': spread(row.us['dd-trace']),
      'spanlane us': spread(row.us.spanlane),
      'floor us': spread(row.us.floor),
      'none us': number(row.us.none.median),
      'dd-trace / spanlane': spread(row['dd-trace / spanlane']),
      'spanlane / floor': spread(row['spanlane / floor'])
    })),
    parts.map((/** @type {any} */ { what, us }) => ({ 'spanlane, sync': what, us: spread(us) })),
    rested.map((/** @type {any} */ { peer, us }) => ({
      peer,
      'after 4 ms of rest, us': spread(us),
      'first span, us': spread(ofPeer(young, peer).first),
      'spans 2 to 100, us each': spread(ofPeer(young, peer).next)
    }))
  ],
  isReadable: ({ young }) => young !== undefined,
  goals: ({ rows, rested, young }, entry) => [
    ...rows.flatMap((/** @type {any} */ row) => rowGoals(row, entry)),
    atMost('(b) after 4 ms of rest: wall', ofPeer(rested, 'spanlane').us.median, RESTED_US, ' us'),
    atMost(
      '(b) spans 2 to 100 of a young process: wall',
      ofPeer(young, 'spanlane').next.median,
      YOUNG_US,
      ' us'
    )
  ]
}

/** @param {any} row */
function rowName(row) {
  return `${nameOf(row)}, ${row.mode}, ${row.before === 'warm' ? 'warm' : 'after a collection'}`
}

/**
 * @param {any} row
 * @param {import('../results').Entry} entry
 */
function rowGoals(row, entry) {
  const goal = aimedAt(row)
  if (goal === null) return []
  const what = `(b) ${rowName(row)}`
  const over = atLeast(
    `${what}: dd-trace / Spanlane`,
    row['dd-trace / spanlane'].median,
    byNode(entry, ...goal)
  )
  const isGuard = row.charset === 'ascii' && row.size === 1 && row.mode === 'sync' && row.before === 'warm'
  if (!isGuard) return [over]
  return [over, atMost(`${what}: over the floor`, row['spanlane / floor'].median, OVER_FLOOR)]
}

/** @param {any} row @returns {[number, number] | null} */
function aimedAt({ size, mode, before }) {
  if (mode === 'sync') return before === 'warm' ? RATIOS.warm[size] : size === 1 ? RATIOS.collected : null
  return size === 1 && before === 'warm' ? RATIOS.async : null
}

module.exports = { wholeSpan }
