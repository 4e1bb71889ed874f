'use strict'

const { openSync, readSync } = require('node:fs')
const { quantile } = require('./load')

const sleeper = new Int32Array(new SharedArrayBuffer(4))
const line = Buffer.alloc(128)

/**
 * Blocks this thread without using it.
 *
 * @param {number} ms
 */
function sleepMs(ms) {
  Atomics.wait(sleeper, 0, 0, ms)
}

/**
 * CPU time of this thread, garbage collection on it included: Linux' own count, which `process.threadCpuUsage` of
 * Node 23.9 reads too. It is up to date only when the thread has just slept, so it sleeps first.
 *
 * @returns {() => number} microseconds
 */
function openThreadClock() {
  const file = openSync('/proc/thread-self/schedstat', 'r')
  return () => {
    sleepMs(0.2)
    const length = readSync(file, line, 0, line.length, 0)
    return Number(line.toString('latin1', 0, length).split(' ', 1)[0]) / 1000
  }
}

/**
 * @param {() => number} readCpuUs
 * @returns {number} what two readings of the clock cost each other
 */
function clockOverheadUs(readCpuUs) {
  const costs = Array.from({ length: 300 }, () => {
    const before = readCpuUs()
    return readCpuUs() - before
  })
  return quantile(costs, 0.5)
}

module.exports = { clockOverheadUs, openThreadClock, sleepMs }
