'use strict'

/**
 * How much of everything is measured.
 *
 * @typedef {object} Scale
 * @property {number} rounds
 * @property {number} cpuMs of one variant in one round, where a loop is measured
 * @property {number[]} sizes in KB
 * @property {import('./support/events').Charset[]} charsets
 * @property {number[]} wholeSpanSizes in KB
 * @property {import('./support/events').Charset[]} wholeSpanCharsets
 * @property {{ batches: number, brokenBatches: number, cpuMsMax: number, singles: number, warmBatches: number }} wholeSpan
 *   `brokenBatches`: where a collection or a rest comes before each; after `cpuMsMax` no further batch begins
 * @property {number} warmSpans that a sender makes before its load
 * @property {{ tenants: number, lateMs: number }} delivery
 * @property {{ tenants: number[], seconds: number, lateMs: number }} fanOut
 * @property {{ spans: number, lateMs: number }} burst
 * @property {{ bytes: number, lateMs: number }} prompt
 * @property {{ tenants: number, perSecond: number, seconds: number, lateMs: number }} volume
 * @property {{ tenants: number, restMs: number, watchMs: number }} idle
 * @property {{ imports: number }} footprint
 * @property {{ tenants: number[] }} routes
 * @property {PeersScale} peers
 * @property {number} [flushMs] a flush interval for all, where nobody looks at the lag
 */

/**
 * @typedef {object} PeersScale
 * @property {number[]} sizes in KB
 * @property {Record<number, number>} perSecond spans, by size
 * @property {number} seconds
 * @property {{ count: number, spans: number }} bursts
 * @property {number} warmSpans
 * @property {number[]} tenants one span a second each
 * @property {number} tenantsWarmSeconds not measured
 * @property {number} tenantsSeconds
 * @property {number} lateMs for which what has not arrived is waited for
 * @property {number} exitSpans
 * @property {{ perSecond: number, seconds: number, failMs: number, lateMs: number }} outage
 * @property {boolean} installs whether packages are taken from npm
 */

/** @type {Record<'full' | 'quick' | 'smoke', Scale>} */
const SCALES = {
  full: {
    rounds: 5,
    cpuMs: 40,
    sizes: [1, 10, 100],
    charsets: ['ascii', 'mixed', 'cjk'],
    wholeSpanSizes: [1, 10],
    wholeSpanCharsets: ['ascii', 'mixed'],
    wholeSpan: { batches: 30, brokenBatches: 6, cpuMsMax: 700, singles: 150, warmBatches: 30 },
    warmSpans: 2000,
    delivery: { tenants: 1500, lateMs: 10_000 },
    fanOut: { tenants: [1, 10, 100, 1000, 5000], seconds: 8, lateMs: 3000 },
    burst: { spans: 1500, lateMs: 3000 },
    prompt: { bytes: 4_500_000, lateMs: 15_000 },
    volume: { tenants: 100, perSecond: 40_000, seconds: 8, lateMs: 3000 },
    // V8 tidies up for some seconds after a heap has grown; the watch is long enough for a sweep.
    idle: { tenants: 100_000, restMs: 20_000, watchMs: 31_000 },
    peers: {
      sizes: [1, 10],
      perSecond: { 1: 2000, 10: 500 },
      seconds: 4,
      bursts: { count: 5, spans: 500 },
      warmSpans: 2000,
      tenants: [100, 1000],
      tenantsWarmSeconds: 1,
      tenantsSeconds: 4,
      lateMs: 6000,
      exitSpans: 500,
      outage: { perSecond: 100, seconds: 8, failMs: 5000, lateMs: 12_000 },
      installs: true
    },
    footprint: { imports: 25 },
    routes: { tenants: [1, 10_000] }
  },
  quick: {
    rounds: 2,
    cpuMs: 15,
    sizes: [1, 10],
    charsets: ['ascii', 'cjk'],
    wholeSpanSizes: [1],
    wholeSpanCharsets: ['ascii'],
    wholeSpan: { batches: 30, brokenBatches: 4, cpuMsMax: 300, singles: 150, warmBatches: 20 },
    warmSpans: 1000,
    delivery: { tenants: 200, lateMs: 5000 },
    fanOut: { tenants: [100], seconds: 3, lateMs: 1500 },
    burst: { spans: 1500, lateMs: 2000 },
    prompt: { bytes: 4_500_000, lateMs: 5000 },
    volume: { tenants: 100, perSecond: 20_000, seconds: 2, lateMs: 1500 },
    idle: { tenants: 20_000, restMs: 0, watchMs: 1000 },
    peers: {
      sizes: [1],
      perSecond: { 1: 2000 },
      seconds: 2,
      bursts: { count: 3, spans: 500 },
      warmSpans: 2000,
      tenants: [100],
      tenantsWarmSeconds: 1,
      tenantsSeconds: 1,
      lateMs: 6000,
      exitSpans: 500,
      outage: { perSecond: 100, seconds: 4, failMs: 2000, lateMs: 8000 },
      installs: true
    },
    footprint: { imports: 5 },
    routes: { tenants: [1, 10_000] }
  },
  // Every way through the suite once; its figures mean nothing.
  smoke: {
    rounds: 1,
    cpuMs: 0,
    sizes: [1],
    charsets: ['mixed'],
    wholeSpanSizes: [1],
    wholeSpanCharsets: ['ascii'],
    wholeSpan: { batches: 1, brokenBatches: 1, cpuMsMax: 1, singles: 5, warmBatches: 2 },
    warmSpans: 250,
    delivery: { tenants: 5, lateMs: 10_000 },
    flushMs: 50,
    fanOut: { tenants: [2], seconds: 0.5, lateMs: 10_000 },
    burst: { spans: 20, lateMs: 10_000 },
    prompt: { bytes: 100_000, lateMs: 10_000 },
    volume: { tenants: 3, perSecond: 200, seconds: 0.5, lateMs: 10_000 },
    idle: { tenants: 50, restMs: 0, watchMs: 10 },
    peers: {
      sizes: [1],
      perSecond: { 1: 100 },
      seconds: 0.2,
      bursts: { count: 1, spans: 20 },
      warmSpans: 20,
      tenants: [2],
      tenantsWarmSeconds: 0.5,
      tenantsSeconds: 1,
      lateMs: 10_000,
      exitSpans: 5,
      outage: { perSecond: 100, seconds: 0.3, failMs: 100, lateMs: 10_000 },
      installs: false
    },
    footprint: { imports: 1 },
    routes: { tenants: [2] }
  }
}

module.exports = { SCALES }
