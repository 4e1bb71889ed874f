'use strict'

const { openSync, readSync } = require('node:fs')

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
 * CPU time of this thread, garbage collection on it included. Node 23.9 can be asked. Before, Linux' own count is
 * read; it is exact only when the thread has just slept, so it sleeps first.
 *
 * @returns {() => number} microseconds
 */
function openThreadClock() {
  const { threadCpuUsage } = /** @type {any} */ (process)
  if (typeof threadCpuUsage === 'function') {
    return () => {
      const { user, system } = threadCpuUsage.call(process)
      return user + system
    }
  }
  const file = openSync('/proc/thread-self/schedstat', 'r')
  return () => {
    sleepMs(0.2)
    const length = readSync(file, line, 0, line.length, 0)
    return Number(line.toString('latin1', 0, length).split(' ', 1)[0]) / 1000
  }
}

module.exports = { openThreadClock, sleepMs }
