'use strict'

// Everything that can stand between a finished span and the network, side by side.

const v8 = require('node:v8')
const { WorkerWriter } = require('../peers/worker-writer')
const { openDdTraceWriter } = require('../support/dd-trace-writer')
const { sleepMs } = require('../support/thread-cpu')
const { SpanlaneWriter, spanlaneVariants } = require('./spanlane')

/** @typedef {import('./pool').Pool} Pool */

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {(pool: Pool, index: number) => unknown} run what is measured, for one event
 * @property {() => void} [end] what is measured once for a batch
 * @property {() => unknown} [settle] what waits until the other threads are done; not measured
 * @property {() => number} [arrived] events that came through since the last call; not measured
 */

const KEY = 'a'.repeat(32)
const SITE = 'datadoghq.com'
const COPY_BYTES = 2 * 1024 * 1024

/**
 * @param {string} intakeUrl
 * @returns {{ spanlane: SpanlaneWriter, variants: Variant[] }}
 */
function openVariants(intakeUrl) {
  const spanlane = new SpanlaneWriter(intakeUrl)
  return {
    spanlane,
    variants: [...spanlaneVariants(spanlane), ddTraceVariant(), workerVariant(), ...floors()]
  }
}

/** @returns {Variant} */
function ddTraceVariant() {
  const { writer, sent } = openDdTraceWriter()
  return {
    name: 'dd-trace',
    run: ({ events }, index) => writer.append(events[index]),
    end: () => writer.flush(),
    arrived: () => sent.take()
  }
}

/** @returns {Variant} */
function workerVariant() {
  const writer = new WorkerWriter(null)
  let sent = 0
  return {
    name: 'worker_threads',
    run: ({ events }, index) => {
      sent += 1
      writer.append(KEY, SITE, JSON.stringify(events[index]))
    },
    end: () => writer.post(),
    settle() {
      while (writer.pending > 0) sleepMs(0.5)
    },
    arrived() {
      const arrived = sent - writer.pending
      sent = 0
      return arrived
    }
  }
}

/** What no design can go below: the bytes of the JSON text once, and the strings once as V8 holds them. */
function floors() {
  const target = Buffer.alloc(COPY_BYTES)
  let at = 0
  const room = (/** @type {number} */ bytes) => {
    if (at + bytes > target.length) at = 0
    at += bytes
    return at - bytes
  }
  const isOneByte = /** @type {(text: string) => boolean} */ (
    /** @type {any} */ (v8).isStringOneByteRepresentation ?? (() => false)
  )
  const raw = /** @type {any} */ (target)
  return [
    {
      name: 'copy of the bytes',
      run: (/** @type {Pool} */ { jsons }, /** @type {number} */ index) =>
        target.set(jsons[index], room(jsons[index].length))
    },
    {
      name: 'copy of the strings',
      run: (/** @type {Pool} */ { contents }, /** @type {number} */ index) => {
        for (const text of contents[index]) {
          if (isOneByte(text)) raw.latin1Write(text, room(text.length), text.length)
          else raw.ucs2Write(text, room(2 * text.length), 2 * text.length)
        }
      }
    }
  ]
}

module.exports = { openVariants }
