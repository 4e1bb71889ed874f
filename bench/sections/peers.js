'use strict'

const { PACKAGES } = require('../others/packages')
const { devDependencies } = require('../../package.json')
const { atLeast, atMost, number, ofPeer, percent, spread, whole } = require('../tables')

/** Microseconds of the JavaScript thread for a span that is sent, by size in KB. */
const MAIN_US = /** @type {Record<number, number>} */ ({ 1: 7, 10: 25 })
const OWN = 'spanlane'

const OPENTELEMETRY = ['sdk-trace-node', 'exporter-trace-otlp-http', 'exporter-trace-otlp-proto'].map(
  name => `@opentelemetry/${name}`
)

/** How each is set up, and how it serves many tenants. */
const SET_UP = `- **spanlane**: \`llmobs.init\`, the verbs of dd-trace; \`routingContext\` for each call. **dd-trace**: the same verbs, agentless and without
  APM, over TLS (it knows no other way); its own \`routingContext\`.
- **OTLP JSON**, **OTLP protobuf**: OpenTelemetry's SDK with the batch processor; messages are JSON that the application makes, as
  the semantic conventions say. A provider, a processor and an exporter for each tenant.
- **langfuse**: its span processor and \`startActiveObservation\`. A provider and a processor for each tenant.
- **langsmith**: a run that is posted at its start and patched at its end. A client for each tenant.
- **sentry**: \`startSpan\` in a trace of its own, as a request of a server has one. A client and a scope for each tenant.
- **worker_threads**: \`bench/peers/worker-tracer.js\`. The key goes with each event.`

/** @type {import('../tables').Section} */
const peers = {
  workload: 'peers',
  title: 'Other products',
  text: ({
    perSecond,
    seconds,
    bursts,
    exitSpans,
    outage,
    tenantsSeconds
  }) => `The same model call, told to each product as its documentation says and with its defaults, in a process of its own, to a
process that answers what the protocol needs. One run each: differences of a few microseconds are nothing. Versions:
${versions()}.

${SET_UP}

In the first table, ${rates(perSecond)} for ${seconds} s, then the product's own flush:

- **main us**: CPU time of the JavaScript thread for a span, from the load's begin until the last arrival - making,
  serialising, sending - without what the driver costs alone. **process us**: the same of all threads.
- **made**: what of the spans that were due the driver came to make. **arrived**: what of those reached the other process.
- **lag p50**, **lag p99**: the time from a span's end until its request had arrived.
- **loop p99**, **longest stall**: how late the event loop was, and the longest time in which nothing else could run.
- **RSS +**: by how much the memory of the process grew, at most.
- **bytes**: what stood in requests for one span.

In the second, ${bursts.spans} spans of 1 KB in one turn of the event loop, ${bursts.count} times, and what is lost:

- **in the caller's turn**: what a span costs the code that makes it. **in all**: what it costs the thread until it is sent.
- **arrived of a burst**: the median of what came of the ${bursts.spans}.
- **process.exit()**: what arrived of ${exitSpans} spans after which the process ended at once.
- **through 503**: what arrived of ${outage.perSecond} spans a second for ${outage.seconds} s, in which the other process answered 503
  for ${outage.failMs / 1000} s; it is counted until ${outage.lateMs / 1000} s after the load, and its lag stands beside it.

In the third, each tenant has one span of 1 KB a second for ${tenantsSeconds} s, nobody flushes, and answers take 50 ms:

- **right**: what arrived with its own tenant's key.
- **connections**, **requests**: how many it took; the connections of what came before the load are among them.
- **KiB a tenant**: how much more memory a process of more tenants has for each of them, after garbage was collected.
`,
  tables: ({ rows }) => {
    const others = rows.filter((/** @type {any} */ { peer }) => peer !== 'none')
    return [steadyTable(rows, others), lossTable(others), tenantsTable(rows, others)].filter(
      table => table.length > 0
    )
  },
  goals: ({ rows }) => {
    const own = ofPeer(rows, OWN)
    if (own.loads?.rows === undefined) return []
    const steady = own.loads.rows.flatMap((/** @type {any} */ { kilobytes }) => {
      const at = (/** @type {any} */ row) =>
        row.loads?.rows?.find((/** @type {any} */ load) => load.kilobytes === kilobytes)
      const what = `peers, ${kilobytes} KB`
      const main = (/** @type {any} */ row) => net(rows, row, at, 'mainUs')
      return [
        atMost(`${what}: main CPU of a span`, main(own), MAIN_US[kilobytes], ' us'),
        bestOther(rows, `${what}: main CPU`, main),
        bestOther(rows, `${what}: process CPU`, row => net(rows, row, at, 'processUs')),
        bestOther(rows, `${what}: lag p50`, row => at(row)?.lagP50Ms),
        bestOther(rows, `${what}: bytes`, row => at(row)?.bytesOfSpan)
      ]
    })
    return [
      ...steady,
      bestOther(rows, "peers, burst: the caller's turn", row => row.loads?.burst?.inTurnUs.median),
      ...own.tenants.map((/** @type {any} */ { tenants }) =>
        bestOther(rows, `peers, ${tenants} tenants: main CPU`, row =>
          net(rows, row, at => ofTenants(at, tenants), 'mainUs')
        )
      ),
      atLeast('peers: arrived after process.exit()', own.exit.arrived, own.exit.made, ''),
      atLeast('peers: arrived after 503', own.outage.arrived, own.outage.made, '')
    ]
  }
}

/** @param {Record<number, number>} perSecond by size */
function rates(perSecond) {
  const texts = Object.entries(perSecond).map(([size, rate]) => `${whole(rate)} spans of ${size} KB a second`)
  return texts.join(' or ')
}

/** @returns {string} */
function versions() {
  const ours = /** @type {Record<string, string>} */ (devDependencies)
  const all = [...OPENTELEMETRY.map(name => `${name}@${ours[name]}`), ...Object.values(PACKAGES).flat()]
  return [...new Set(all)].map(text => `\`${text}\``).join(',\n')
}

/**
 * @param {any[]} rows
 * @param {any} row of a peer
 * @param {(row: any) => any} part of a peer's row
 * @param {'mainUs' | 'processUs'} what
 * @returns {number} what the peer used above the driver alone; NaN: it could not be measured
 */
function net(rows, row, part, what) {
  const [own, driver] = [part(row)?.[what], part(ofPeer(rows, 'none'))?.[what]]
  return own === undefined || driver === undefined ? Number.NaN : Math.max(0.1, own - driver)
}

/** @param {any} row @param {number} tenants */
function ofTenants(row, tenants) {
  const found = row.tenants?.find((/** @type {any} */ part) => part.tenants === tenants)
  return found?.failed === undefined ? found : undefined
}

/**
 * @param {any[]} rows
 * @param {string} what less of it is better
 * @param {(row: any) => number | null | undefined} of
 */
function bestOther(rows, what, of) {
  const others = rows.filter(({ peer }) => peer !== OWN && peer !== 'none').map(of)
  const best = Math.min(
    ...others.filter(value => typeof value === 'number' && Number.isFinite(value)).map(Number)
  )
  return atLeast(`${what} of the best other / Spanlane`, best / Number(of(ofPeer(rows, OWN))), 1)
}

/** @param {any[]} rows @param {any[]} others */
function steadyTable(rows, others) {
  const sizes = ofPeer(rows, OWN).loads?.rows?.map((/** @type {any} */ { kilobytes }) => kilobytes) ?? []
  return sizes.flatMap((/** @type {number} */ kilobytes) =>
    others.map(row => {
      const at = (/** @type {any} */ peer) =>
        peer.loads?.rows?.find((/** @type {any} */ load) => load.kilobytes === kilobytes)
      const load = at(row)
      return {
        'size, peer': `${kilobytes} KB, ${row.peer}`,
        'main us': number(net(rows, row, at, 'mainUs')),
        'process us': number(net(rows, row, at, 'processUs')),
        made: load === undefined ? '-' : percent(load.made, load.due),
        arrived: shareOf(load),
        'lag p50 ms': number(load?.lagP50Ms),
        'lag p99 ms': number(load?.lagP99Ms),
        'loop p99 ms': number(load?.delayP99Ms),
        'longest stall ms': number(load?.stallMs),
        'RSS + MiB': number(load?.rssMib),
        bytes: load === undefined ? '-' : whole(load.bytesOfSpan),
        note: row.failed ?? row.loads?.failed ?? ''
      }
    })
  )
}

/** @param {any[]} others */
function lossTable(others) {
  return others.map(row => ({
    peer: row.peer,
    "in the caller's turn, us": row.loads?.burst === undefined ? '-' : spread(row.loads.burst.inTurnUs),
    'in all, us': row.loads?.burst === undefined ? '-' : spread(row.loads.burst.allUs),
    'arrived of a burst': row.loads?.burst === undefined ? '-' : whole(row.loads.burst.arrived.median),
    'process.exit()': countOf(row.exit),
    'through 503': countOf(row.outage),
    'lag p99 of these, ms': number(row.outage?.lagP99Ms),
    note: row.failed ?? row.exit?.failed ?? row.outage?.failed ?? ''
  }))
}

/** @param {any[]} rows @param {any[]} others */
function tenantsTable(rows, others) {
  const counts = ofPeer(rows, OWN).tenants?.map((/** @type {any} */ { tenants }) => tenants) ?? []
  return counts.flatMap((/** @type {number} */ tenants) =>
    others.map(row => {
      const at = (/** @type {any} */ peer) => ofTenants(peer, tenants)
      const load = at(row)
      return {
        'tenants, peer': `${tenants}, ${row.peer}`,
        'main us': number(net(rows, row, at, 'mainUs')),
        'process us': number(net(rows, row, at, 'processUs')),
        made: load === undefined ? '-' : percent(load.made, load.due),
        arrived: shareOf(load),
        right: load === undefined ? '-' : percent(load.right, load.made),
        'lag p50 ms': number(load?.lagP50Ms),
        'lag p99 ms': number(load?.lagP99Ms),
        'longest stall ms': number(load?.stallMs),
        connections: load === undefined ? '-' : whole(load.connections),
        requests: load === undefined ? '-' : whole(load.requests),
        'KiB a tenant': number(kibOfTenant(row, Math.min(...counts), tenants)),
        note:
          row.failed ?? row.tenants?.find((/** @type {any} */ part) => part.tenants === tenants)?.failed ?? ''
      }
    })
  )
}

/** @param {any} row @param {number} few @param {number} many @returns {number} NaN: there is nothing to compare */
function kibOfTenant(row, few, many) {
  const [less, more] = [ofTenants(row, few), ofTenants(row, many)]
  return less === undefined || more === undefined || few === many
    ? Number.NaN
    : (1024 * (more.rssMib - less.rssMib)) / (many - few)
}

/** @param {any} load */
function shareOf(load) {
  return load === undefined ? '-' : percent(load.arrived, load.made)
}

/** @param {any} counted */
function countOf(counted) {
  return counted?.made === undefined ? '-' : `${counted.arrived} of ${counted.made}`
}

module.exports = { peers }
