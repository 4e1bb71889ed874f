'use strict'

const vm = require('node:vm')
const fc = require('fast-check')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { newSpan } = require('../annotate/fixture')

/** @param {() => never} trap */
const proxyOf = trap =>
  new Proxy(
    { a: 1 },
    { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap }
  )

const fail = () => {
  throw new Error('hostile')
}

/** Makers, because some values are harmed by being looked at. @type {Record<string, () => unknown>} */
const MAKERS = {
  'a BigInt': () => 10n ** 30n,
  NaN: () => Number.NaN,
  Infinity: () => Number.NEGATIVE_INFINITY,
  'minus zero': () => -0,
  'a lone surrogate': () => 'a\udfff\ud800b',
  'an invalid Date': () => new Date(Number.NaN),
  'a symbol': () => Symbol('hostile'),
  'a function': () => fail,
  'a class': () => class {},
  'a revoked Proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'a revoked function Proxy': () => {
    const { proxy, revoke } = Proxy.revocable(fail, {})
    revoke()
    return proxy
  },
  'a revoked array Proxy': () => {
    const { proxy, revoke } = Proxy.revocable([], {})
    revoke()
    return proxy
  },
  'a throwing Proxy': () => proxyOf(fail),
  'a Proxy of endless prototypes': () => {
    /** @type {ProxyHandler<object>} */
    const traps = { getPrototypeOf: () => new Proxy({}, traps) }
    return new Proxy({}, traps)
  },
  'a Proxy of endless keys': () =>
    new Proxy(
      {},
      {
        ownKeys: () => Array.from({ length: 11_000 }, (_, index) => `k${index}`),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
        get: () => 1n
      }
    ),
  'an array Proxy of endless length': () =>
    new Proxy([], { get: (target, key) => (key === 'length' ? 2 ** 53 : Reflect.get(target, key)) }),
  'a throwing getter': () => ({
    get a() {
      return fail()
    }
  }),
  'a getter that adds getters': () => {
    /** @type {any} */
    const growing = {}
    const grow = (/** @type {number} */ index) =>
      Object.defineProperty(growing, `g${index}`, {
        enumerable: true,
        configurable: true,
        get: () => grow(index + 1)
      })
    return grow(0)
  },
  'a getter that annotates': () => ({
    get a() {
      annotateSpan(newSpan('task'), { metadata: { inner: this }, inputData: 'x' })
      return 1
    }
  }),
  'a getter that throws nothing': () => ({
    get a() {
      throw undefined
    }
  }),
  'a toJSON that throws': () => ({ toJSON: fail }),
  'a toJSON of itself': () => ({
    toJSON() {
      return this
    }
  }),
  'a toJSON of ever new objects': () => {
    class Endless {
      toJSON() {
        return { next: new Endless() }
      }
    }
    return new Endless()
  },
  'a cycle': () => {
    /** @type {any} */
    const cycle = { list: [] }
    cycle.list.push(cycle, [cycle.list])
    return cycle
  },
  'a deep chain': () => {
    let chain = {}
    for (let index = 0; index < 5000; index++) chain = index % 2 ? { chain } : [chain]
    return chain
  },
  'a sparse array': () => {
    const sparse = []
    sparse[4_000_000_000] = 1
    return sparse
  },
  'a big array': () => new Array(11_000).fill('x'),
  'a typed array': () => new Float64Array(11_000).fill(Number.NaN),
  'a BigInt typed array': () => new BigUint64Array(3),
  'shared memory': () => new SharedArrayBuffer(8),
  'a Buffer': () => Buffer.alloc(11_000),
  'a long string': () => 'é"\\'.repeat(20_000),
  'a __proto__ key': () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}'),
  'values of another realm': () =>
    vm.runInNewContext('({ a: [1n, new Date(NaN), Symbol("x"), Object("s")], m: new Map([[1, 2]]) })'),
  'boxed values': () => [Object(1n), Object('x'), Object(Symbol('x')), Object(Number.NaN)],
  'a Map': () => new Map([[{}, 1]]),
  'an error': () => Object.assign(new Error('x'), { cause: 1n }),
  'a string that cannot be printed': () => ({ toString: fail, valueOf: fail, [Symbol.toPrimitive]: fail }),
  'an object without prototype': () => Object.create(null),
  'a generator': () => (function* () {})(),
  'a Promise': () => Promise.resolve(1),
  'the global object': () => globalThis
}

/** Those that take a while to write. */
const BIG = [
  ...[
    'a Proxy of endless keys',
    'an array Proxy of endless length',
    'a sparse array',
    'a big array',
    'a typed array'
  ],
  ...['a Buffer', 'a long string', 'the global object', 'a getter that annotates']
]
const SMALL = Object.keys(MAKERS).filter(name => !BIG.includes(name))

/**
 * How to make a value that breaks naive code. fast-check itself looks at what it generates, so it generates this.
 *
 * @typedef {{ make: string } | { plain: unknown } | { list: Recipe[] } | { fields: Record<string, Recipe> }} Recipe
 */

/** @returns {import('fast-check').Arbitrary<Recipe>} hostile values, alone and inside ordinary ones */
function recipe() {
  const { value } = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      { weight: 6, arbitrary: fc.record({ make: fc.constantFrom(...SMALL) }) },
      { weight: 1, arbitrary: fc.record({ make: fc.constantFrom(...BIG) }) },
      {
        weight: 4,
        arbitrary: fc.record({
          plain: fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.anything({
              ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
              ...{ withSparseArray: true, withNullPrototype: true, withBoxedValues: true }
            })
          )
        })
      },
      { weight: 2, arbitrary: fc.record({ list: fc.array(tie('value'), { maxLength: 4 }) }) },
      {
        weight: 2,
        arbitrary: fc.record({ fields: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }) })
      }
    )
  }))
  return /** @type {import('fast-check').Arbitrary<Recipe>} */ (value)
}

/**
 * An object that has some of these fields, each of them hostile.
 *
 * @param {string[]} names
 * @returns {import('fast-check').Arbitrary<Recipe>}
 */
function recipeOf(names) {
  return fc.record({ fields: fc.dictionary(fc.constantFrom(...names), recipe(), { maxKeys: names.length }) })
}

/**
 * @param {Recipe} made
 * @returns {any}
 */
function cook(made) {
  if ('make' in made) return MAKERS[made.make]()
  if ('plain' in made) return made.plain
  if ('list' in made) return made.list.map(cook)
  return Object.fromEntries(Object.entries(made.fields).map(([name, field]) => [name, cook(field)]))
}

module.exports = { cook, recipe, recipeOf }
