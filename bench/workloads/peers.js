'use strict'

/**
 * Other products on the same work, each set up as its documentation says, in a process of its own and before a sink of
 * its own: what a span costs while it is sent, what arrives and when, what is lost, and each one's way to serve many
 * tenants.
 */

const { once } = require('node:events')
const { setTimeout: delay } = require('node:timers/promises')
const { PEERS } = require('../others/adapters/adapters')
const { PACKAGES, folderOf } = require('../others/packages')
const { quantile } = require('../support/load')
const { rounded, summaryOf } = require('../support/summary')

/** @typedef {import('./context').Context} Context */
/** @typedef {ReturnType<Context['openMeasured']>} Child */
/** @typedef {Awaited<ReturnType<Context['openSink']>>} Sink */
/** @typedef {{ peer: string, folder: string }} Peer */

const name = 'peers'
const nodes = /** @type {const} */ ('main')
const ASK_MS = 50
/** What has warmed a process up is not to be sent while it is measured. */
const WARM_LATE_MS = 1500
/** After a flush everything is on its way. */
const FLUSHED_MS = 2000
/** What tenants' intakes take to answer. */
const TENANTS_DELAY_MS = 50
/** Of what a process says before it fails. */
const ERROR_CHARACTERS = 120
/** A process that has been told to end has some time for it. */
const EXIT_MAX_MS = 30_000

/** A product's process, and the sink it sends to. */
class Pair {
  /**
   * @param {Context} context
   * @param {Peer} peer
   * @param {{ delayMs?: number, tenants?: number, warmSpans: number }} how
   */
  static async open(context, { peer, folder }, { delayMs = 0, tenants = 0, warmSpans }) {
    const sink = await context.openSink({ delayMs })
    const plan = { peer, folder, url: sink.url, tenants, warmSpans }
    const child = openOther(context, plan, sink)
    try {
      await child.next()
    } catch (error) {
      await sink.close()
      throw new Error(child.said() || String(error))
    }
    const pair = new Pair(peer, child, sink)
    await pair.arrived({ first: 0, endsMs: { length: warmSpans } }, WARM_LATE_MS)
    return pair
  }

  /** @param {string} peer @param {Child} child @param {Sink} sink */
  constructor(peer, child, sink) {
    this.peer = peer
    this.child = child
    this.sink = sink
  }

  /**
   * One load, until its spans have arrived or were waited for.
   *
   * @param {import('../children/other').Steady | import('../children/other').Burst} load
   * @param {{ lateMs: number, isFlushed: boolean, tenants?: number }} how
   */
  async run(load, { lateMs, isFlushed, tenants = 0 }) {
    await this.sink.ask({ ask: 'report' })
    const ran = await this.child.ask({ ask: 'run', load })
    if (isFlushed) await this.child.ask({ ask: 'flush' })
    await this.arrived(ran, lateMs, isFlushed ? FLUSHED_MS : lateMs)
    const all = await this.child.ask({ ask: 'end' })
    const due = load.kind === 'burst' ? load.spans : Math.round(load.perSecond * load.seconds)
    const outcome = seen(ran, await this.sink.ask({ ask: 'report' }), tenants)
    return { due, ...outcome, inTurnMs: ran.mainCpuMs, all }
  }

  /**
   * @param {{ first: number, endsMs: { length: number } }} ran
   * @param {number} lateMs after which nobody waits for them
   * @param {number} [quietMs] in which nothing has arrived, so that nothing will
   */
  async arrived({ first, endsMs }, lateMs, quietMs = lateMs) {
    if (this.peer === 'none') return
    const endMs = performance.now() + lateMs
    let [count, quietAtMs] = [0, performance.now() + quietMs]
    while (count < endsMs.length && performance.now() < Math.min(endMs, quietAtMs)) {
      const { count: now } = await this.sink.ask({ ask: 'count', first })
      if (now > count) quietAtMs = performance.now() + quietMs
      count = now
      if (count < endsMs.length) await delay(ASK_MS)
    }
  }

  async close() {
    await this.child.close()
    await this.sink.close()
  }
}

/**
 * @param {Context} context
 * @param {Record<string, unknown>} plan
 * @param {Sink} sink
 */
function openOther(context, plan, sink) {
  const { port, agentPort } = sink
  const settings = { port, agentPort, nodeOptions: ['--expose-gc'], isQuiet: true }
  const other = context.openMeasured('other.js', plan, settings)
  let text = ''
  other.child.stderr?.setEncoding('utf8').on('data', more => {
    text = (text + more).slice(-10_000)
  })
  /** Why it failed, where it says so. */
  const said = () => (/^\w*Error\b.*/m.exec(text)?.[0] ?? '').slice(0, ERROR_CHARACTERS)
  return { ...other, said }
}

/**
 * @param {import('../children/other').Ran} ran
 * @param {import('../children/sink').Report} report
 * @param {number} tenants 0: nobody looks at whose request a span was in
 */
function seen({ first, endsMs }, { arrivals, requests, connections, bytes }, tenants) {
  const own = arrivals.filter(({ number }) => number >= first && number < first + endsMs.length)
  const lagsMs = own.map(({ number, atMs }) => atMs - endsMs[number - first])
  const right = tenants === 0 ? own : own.filter(({ number, tenant }) => tenant === number % tenants)
  return {
    made: endsMs.length,
    arrived: own.length,
    right: right.length,
    requests,
    connections,
    bytesOfSpan: rounded(bytes / Math.max(1, own.length)),
    lagP50Ms: rounded(quantile(lagsMs, 0.5)),
    lagP99Ms: rounded(quantile(lagsMs, 0.99))
  }
}

/** @param {Context} context @param {Peer} peer */
async function measureLoads(context, peer) {
  const { sizes, perSecond, seconds, bursts, warmSpans, lateMs } = context.scale.peers
  const pair = await Pair.open(context, peer, { warmSpans })
  const how = { lateMs, isFlushed: true }
  const rows = []
  for (const kilobytes of sizes) {
    const { all, inTurnMs, ...outcome } = await pair.run(
      { kind: 'steady', kilobytes, perSecond: perSecond[kilobytes], seconds },
      how
    )
    rows.push({ kilobytes, ...outcome, ...costOf(all, outcome.made) })
  }
  /** @type {number[]} */
  const turnsUs = []
  /** @type {number[]} */
  const allUs = []
  /** @type {number[]} */
  const arrivals = []
  for (let index = 0; index < bursts.count; index += 1) {
    const { made, arrived, inTurnMs, all } = await pair.run(
      { kind: 'burst', kilobytes: 1, spans: bursts.spans },
      how
    )
    turnsUs.push((1000 * inTurnMs) / made)
    allUs.push((1000 * all.mainCpuMs) / made)
    arrivals.push(arrived)
  }
  await pair.close()
  return {
    rows,
    burst: { inTurnUs: summaryOf(turnsUs), allUs: summaryOf(allUs), arrived: summaryOf(arrivals) }
  }
}

/** @param {any} usage @param {number} made */
function costOf({ mainCpuMs, cpuMs, rssMib, delayP99Ms, stallMs }, made) {
  return {
    mainUs: rounded((1000 * mainCpuMs) / made),
    processUs: rounded((1000 * cpuMs) / made),
    rssMib: rounded(rssMib),
    delayP99Ms: rounded(delayP99Ms),
    stallMs: rounded(stallMs)
  }
}

/** @param {Context} context @param {Peer} peer @param {number} tenants */
async function measureTenants(context, peer, tenants) {
  const { tenantsWarmSeconds, tenantsSeconds, lateMs } = context.scale.peers
  const pair = await Pair.open(context, peer, { delayMs: TENANTS_DELAY_MS, tenants, warmSpans: 0 })
  const load = { kind: /** @type {const} */ ('steady'), kilobytes: 1, perSecond: tenants }
  const warm = await pair.child.ask({ ask: 'run', load: { ...load, seconds: tenantsWarmSeconds } })
  await pair.arrived(warm, WARM_LATE_MS)
  const how = { lateMs, isFlushed: false, tenants }
  const { all, inTurnMs, ...outcome } = await pair.run({ ...load, seconds: tenantsSeconds }, how)
  const { rssMib } = await pair.child.ask({ ask: 'rss' })
  await pair.close()
  return { tenants, ...outcome, ...costOf(all, outcome.made), rssMib }
}

/** @param {Context} context @param {Peer} peer @returns {Promise<{ made: number, arrived: number }>} */
async function measureExit(context, { peer, folder }) {
  const { exitSpans, lateMs } = context.scale.peers
  const sink = await context.openSink({ delayMs: 0 })
  const plan = { peer, folder, url: sink.url, tenants: 0, warmSpans: 0, exitsAfter: exitSpans }
  const { child, said } = openOther(context, plan, sink)
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(EXIT_MAX_MS) })
  if (code !== 0) throw new Error(said() || `the process ended with ${code}`)
  // Nobody sends any more; what is on its way is read at once.
  await delay(Math.min(lateMs, 10 * ASK_MS))
  const { count } = await sink.ask({ ask: 'count', first: 0 })
  await sink.close()
  return { made: exitSpans, arrived: count }
}

/** @param {Context} context @param {Peer} peer */
async function measureOutage(context, peer) {
  const { perSecond, seconds, failMs, lateMs } = context.scale.peers.outage
  const pair = await Pair.open(context, peer, { warmSpans: 0 })
  const running = pair.run({ kind: 'steady', kilobytes: 1, perSecond, seconds }, { lateMs, isFlushed: false })
  // A question at a time: `run` asks the sink when the load is over.
  await delay((1000 * seconds) / 8)
  pair.sink.child.send({ ask: 'fail', forMs: failMs })
  const { made, arrived, lagP99Ms } = await running
  await pair.close()
  return { made, arrived, lagP99Ms }
}

/**
 * @template T
 * @param {() => Promise<T>} measured
 * @returns {Promise<T | { failed: string }>} what failed is a row, not the end of the workload
 */
async function tried(measured) {
  try {
    return await measured()
  } catch (error) {
    return { failed: error instanceof Error ? error.message.split('\n', 1)[0] : String(error) }
  }
}

/** @param {Context} context */
async function measure(context) {
  const { scale } = context
  const wanted = PEERS.filter(peer => scale.peers.installs || PACKAGES[peer] === undefined)
  const rows = []
  for (const peer of wanted) {
    const folder = await tried(async () => folderOf(peer))
    rows.push(typeof folder === 'string' ? await measurePeer(context, { peer, folder }) : { peer, ...folder })
  }
  await measureLosses(context, rows)
  return { ...scale.peers, rows }
}

/** @param {Context} context @param {Peer} peer @returns {Promise<any>} */
async function measurePeer(context, peer) {
  const loads = await tried(() => measureLoads(context, peer))
  const tenants = []
  for (const count of context.scale.peers.tenants) {
    tenants.push({ tenants: count, ...(await tried(() => measureTenants(context, peer, count))) })
  }
  return { ...peer, loads, tenants }
}

/**
 * Counts and no times, so all products are looked at together.
 *
 * @param {Context} context
 * @param {any[]} rows added to
 */
async function measureLosses(context, rows) {
  const sending = rows.filter(({ peer, folder }) => peer !== 'none' && folder !== undefined)
  const exits = await Promise.all(sending.map(row => tried(() => measureExit(context, row))))
  const outages = await Promise.all(sending.map(row => tried(() => measureOutage(context, row))))
  for (const [index, row] of sending.entries())
    Object.assign(row, { exit: exits[index], outage: outages[index] })
  for (const row of rows) delete row.folder
}

/**
 * What others lose is a figure, not a fault.
 *
 * @param {any} result
 * @returns {string[]}
 */
function problems({ rows }) {
  const { failed, loads, tenants, exit, outage } = rows.find(
    (/** @type {any} */ { peer }) => peer === 'spanlane'
  )
  if (failed !== undefined) return [failed]
  const parts = /** @type {[string, any][]} */ ([
    ...(loads.rows ?? [loads]).map((/** @type {any} */ row) => [`${row.kilobytes} KB`, row]),
    ...tenants.map((/** @type {any} */ row) => [`${row.tenants} tenants`, row]),
    ['process.exit()', exit],
    ['503', outage]
  ])
  return parts
    .filter(([, part]) => part.failed !== undefined || (part.right ?? part.arrived) !== part.made)
    .map(
      ([what, { failed: how, arrived, right, made }]) =>
        `${what}: ${how ?? `${right ?? arrived} of ${made} arrived`}`
    )
}

module.exports = { name, nodes, measure, problems }
