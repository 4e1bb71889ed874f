'use strict'

const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises')
const { annotations, inRoute, traceSync } = require('../support/annotations')
const { tenantsOf } = require('../support/load')

/**
 * What a sender does. `seed` makes the texts.
 *
 * @typedef {{ kind: 'steady', tenants: number, perSecond: number, seconds: number, seed: number }} Steady
 * @typedef {{ kind: 'burst', tenants: number, spans: number, seed: number }} Burst
 * @typedef {{ kind: 'prompt', bytes: number, charset: import('../support/events').Charset, seed: number }} Prompt
 * @typedef {Steady | Burst | Prompt} Load
 */

/** Texts that spans take turns with. */
const TEXTS = 512
const TURN_MS = 4
/** A driver that lags behind makes no more than what was due in this time before the event loop turns again. */
const CATCH_UP_MS = 20

/**
 * Prepares a load, so that making its texts is not measured.
 *
 * @param {Load} load
 * @returns {(llmobs: any) => Promise<number>} does it; resolves with the spans that were made
 */
function prepare(load) {
  if (load.kind === 'steady') return prepareSteady(load)
  return load.kind === 'burst' ? prepareBurst(load) : preparePrompt(load)
}

/**
 * Spans at an even rate, the tenants in turn. It does not wait for anybody, and stops when its time is over: who
 * cannot keep up has made fewer.
 *
 * @param {Steady} load
 */
function prepareSteady({ tenants, perSecond, seconds, seed }) {
  const routes = tenantsOf(tenants)
  const texts = annotations('ascii', 1000, TEXTS, seed)
  return async (/** @type {any} */ llmobs) => {
    const startMs = performance.now()
    const total = perSecond * seconds
    let made = 0
    let nowMs = startMs
    while (made < total && nowMs - startMs <= 1000 * seconds) {
      const due = Math.min(total, Math.floor(((nowMs - startMs) * perSecond) / 1000) + 1)
      const end = Math.min(due, made + Math.ceil((CATCH_UP_MS * perSecond) / 1000))
      for (; made < end; made += 1) {
        const text = texts[made % TEXTS]
        inRoute(llmobs, routes[made % tenants], () => traceSync(llmobs, text))
      }
      if (made < due) await turn()
      else await delay(Math.max(TURN_MS, startMs + (made * 1000) / perSecond - performance.now()))
      nowMs = performance.now()
    }
    return made
  }
}

/**
 * Everything in one turn of the event loop, the tenants in turn.
 *
 * @param {Burst} load
 */
function prepareBurst({ tenants, spans, seed }) {
  const routes = tenantsOf(tenants)
  const texts = annotations('ascii', 1000, Math.min(spans, TEXTS), seed)
  return async (/** @type {any} */ llmobs) => {
    for (let made = 0; made < spans; made += 1) {
      const text = texts[made % texts.length]
      inRoute(llmobs, routes[made % tenants], () => traceSync(llmobs, text))
    }
    return spans
  }
}

/** @param {Prompt} load */
function preparePrompt({ bytes, charset, seed }) {
  const [route] = tenantsOf(1)
  const bytesPerCharacter = { ascii: 1, mixed: 1.1, cjk: 2.9 }[charset]
  const [text] = annotations(charset, bytes / bytesPerCharacter, 1, seed)
  return async (/** @type {any} */ llmobs) => {
    inRoute(llmobs, route, () => traceSync(llmobs, text))
    return 1
  }
}

module.exports = { prepare }
