'use strict'

const vm = require('node:vm')

/**
 * @typedef {import('./random').Random} Random
 * @typedef {() => void} Reenter what a getter calls: the API itself
 */

const DEPTH_MAX = 4

/**
 * A value that an application could pass without meaning harm, or a tenant with it. Never the same twice.
 *
 * @param {Random} random
 * @param {Reenter} reenter
 * @param {number} [depth]
 * @returns {unknown}
 */
function hostileValue(random, reenter, depth = 0) {
  const leaf = depth >= DEPTH_MAX || random.chance(0.4)
  return leaf ? random.pick(LEAVES)(random, reenter) : random.pick(BRANCHES)(random, reenter, depth + 1)
}

const throwing = () => {
  throw new Error('not yours')
}

/** @type {readonly ((random: Random, reenter: Reenter) => unknown)[]} */
const LEAVES = [
  () => undefined,
  () => null,
  random => random.next() * 1e308,
  () => Number.NaN,
  () => Number.NEGATIVE_INFINITY,
  () => -0,
  () => 10n ** 40n,
  () => Symbol('hostile'),
  () => () => 'called',
  () => '\ud800lone',
  () => 'C:\\users\\\u2028 "quoted" \0',
  random => '😀'.repeat(random.below(2000)),
  () => new Date(Number.NaN),
  () => new Map([[{}, new Set([1])]]),
  () => new Float64Array([Number.NaN, 1]),
  () => new SharedArrayBuffer(8),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => /x/g,
  () => new Error('as a value'),
  () => Object.create(null),
  () => vm.runInNewContext('({ a: [1, { b: new Date(0) }] })'),
  () => revoked(),
  () => new Proxy({}, { get: throwing, ownKeys: throwing, getPrototypeOf: throwing, has: throwing }),
  () => Object.defineProperty({}, 'got', { enumerable: true, get: throwing }),
  (_, reenter) => Object.defineProperty({}, 'got', { enumerable: true, get: () => reenter() }),
  (_, reenter) => ({ toJSON: () => reenter() }),
  () => ({ toJSON: throwing, toString: throwing, [Symbol.toPrimitive]: throwing }),
  () => ({ toJSON: () => 1n }),
  () => Object.defineProperty({}, 'then', { enumerable: true, value: throwing }),
  () => JSON.parse('{"__proto__":{"ddSite":"evil.example"},"constructor":{"prototype":{"polluted":1}}}'),
  () => deep(2000),
  () => circle(),
  () => new Array(1000),
  () => Object.assign([1, 2], { length: 5 }),
  () => ({ length: 4294967295 }),
  () => Buffer.alloc(64),
  () => globalThis.process.memoryUsage
]

/** @type {readonly ((random: Random, reenter: Reenter, depth: number) => unknown)[]} */
const BRANCHES = [
  (random, reenter, depth) =>
    Array.from({ length: random.below(4) }, () => hostileValue(random, reenter, depth)),
  (random, reenter, depth) => {
    /** @type {Record<string, unknown>} */
    const object = {}
    for (let members = random.below(4); members > 0; members -= 1) {
      const value = hostileValue(random, reenter, depth)
      Object.defineProperty(object, random.pick(NAMES), {
        value,
        enumerable: true,
        writable: true,
        configurable: true
      })
    }
    return object
  },
  (random, reenter, depth) => {
    const shared = hostileValue(random, reenter, depth)
    return { first: shared, second: [shared] }
  },
  (random, reenter, depth) => {
    // Another answer at every reading.
    return {
      get content() {
        return hostileValue(random, reenter, depth)
      }
    }
  }
]

// biome-ignore format: a list of names
const NAMES = [
  'role', 'content', 'toolCalls', 'name', 'text', 'metadata', 'a.b', '', '__proto__', 'constructor',
  'toJSON', 'then', 'length', 'ddSite', 'tenant', '\ud800', 'inputTokens', 'id', 'type', 'arguments'
]

function revoked() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

/** @param {number} levels */
function deep(levels) {
  /** @type {unknown} */
  let value = 'bottom'
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value }
  return value
}

function circle() {
  /** @type {Record<string, unknown>} */
  const left = {}
  const right = { left }
  left.right = right
  return left
}

module.exports = { hostileValue }
