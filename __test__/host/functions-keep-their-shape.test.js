'use strict'

const { ACME, sdk } = require('../sdk/setup')

const { open } = sdk()
const TOOL = { kind: /** @type {const} */ ('tool') }

/** @param {any} fn */
async function wrapped(fn) {
  const opened = await open()
  return { ...opened, fn: opened.llmobs.wrap(TOOL, fn) }
}

describe('what cannot be called with `new` has no prototype, wrapped or not', () => {
  class Shop {
    name = 'shop'
    static open() {}
  }
  /** @type {[string, any][]} */
  const FUNCTIONS = [
    ['an arrow function', () => {}],
    ['a method', { method() {} }.method],
    ['a static method', Shop.open],
    ['an async function', async function load() {}],
    ['a bound function', function bound() {}.bind(null)]
  ]

  test.each(FUNCTIONS)('%s', async (_what, given) => {
    const { fn } = await wrapped(given)
    expect('prototype' in fn).toBe('prototype' in given)
    expect(() => new fn()).toThrow(/is not a constructor/)
    fn()
  })

  test('a class, a function and a generator function keep theirs', async () => {
    for (const given of [class Order {}, function order() {}, function* orders() {}]) {
      const { fn } = await wrapped(given)
      expect(fn.prototype).toBe(given.prototype)
    }
  })
})

describe('a function that does not let itself be looked at is called all the same', () => {
  const refuse = what => () => {
    throw new Error(`the trap of ${what}`)
  }
  const TRAPS = ['ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'has']

  test.each(TRAPS)('whose trap %s throws', async trap => {
    const { fn, spans } = await wrapped(
      new Proxy(
        function look(/** @type {number} */ value) {
          return value + 1
        },
        { [trap]: refuse(trap) }
      )
    )
    expect(fn(1)).toBe(2)
    expect(Object.keys(await spans())).toHaveLength(1)
  })

  /** @type {[string, any][]} */
  const NAMES = [
    ['a getter that throws', { get: refuse('name') }],
    ['a number', { value: 5 }],
    ['a symbol', { value: Symbol('name') }],
    ['a function', { value: () => 'name' }],
    ['an empty text', { value: '' }]
  ]

  test.each(NAMES)('whose name is %s: its span is named after the kind', async (_what, descriptor) => {
    const { fn, spans } = await wrapped(Object.defineProperty(() => 1, 'name', descriptor))
    expect(fn()).toBe(1)
    expect(Object.keys(await spans())).toEqual(['tool'])
  })

  test('as an argument, whatever stands beside it', async () => {
    const { proxy, revoke } = Proxy.revocable(() => {}, {})
    revoke()
    const { fn } = await wrapped((/** @type {unknown} */ value, /** @type {unknown} */ last) => [
      typeof value,
      last === proxy
    ])
    expect(fn(proxy, proxy)).toEqual(['function', true])
  })
})

describe('a decorated property', () => {
  test('whose getter needs an object is left as it is', async () => {
    const { llmobs } = await open()
    class Shop {
      /** @type {any} */
      settings
      get currency() {
        return this.settings.currency
      }
    }
    const decorator = llmobs.decorate(TOOL)
    expect(() => decorator(Shop.prototype, 'currency')).not.toThrow()
    expect(Object.assign(new Shop(), { settings: { currency: 'EUR' } }).currency).toBe('EUR')
  })
})

test('the fields that an object is copied by stay the same', async () => {
  const { llmobs } = await open()
  const make = () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    then: (/** @type {(value: string) => void} */ resolve) => resolve('answer'),
    catch: () => {},
    question: 'why'
  })
  const result = llmobs.withRoutingContext(ACME, () => llmobs.trace(TOOL, make))
  expect(Object.keys(result)).toEqual(Object.keys(make()))
  expect(await { ...result }).toBe('answer')
})
