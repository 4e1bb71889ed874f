'use strict'

// The settings of one route: what is taken, from where, and in which words the rest is refused.

const { NO_OPTIONS, readOptions } = require('../../lib/routing/route-options')
const { ACME, KEYS, counted, openerOf, refusal, revoked, throwing, unreadable } = require('./setup')

const processor = () => null
const ALL = { mlApp: 'shop', service: 'pay', env: 'prod', sampleRate: 0.5, captureContent: false, processor }

/** @param {string} name @param {string} allowed @param {string} type */
const mustBe = (name, allowed, type) => ({
  code: 'SPANLANE_INVALID_ROUTE',
  message: `route option "${name}" must be ${allowed}, got ${type}`
})

describe('a route takes', () => {
  test('all of its options, and nothing else', () => {
    const options = readOptions({ ...ACME, ...ALL, targets: [], color: 'red' }, NO_OPTIONS)
    expect({ ...options }).toEqual(ALL)
    expect(Object.getPrototypeOf(options)).toBeNull()
    expect(Object.isFrozen(options)).toBe(true)
  })

  test.each([
    ['0', { sampleRate: 0 }],
    ['1', { sampleRate: 1 }],
    ['the least above nothing', { sampleRate: Number.MIN_VALUE }],
    ['true', { captureContent: true }],
    ['an async function', { processor: async () => null }],
    ['a text of one character', { mlApp: 'x', service: ' ', env: '0' }]
  ])('%s', (_, input) => {
    expect({ ...readOptions(input, NO_OPTIONS) }).toEqual(input)
  })

  test.each([
    [7, '7'],
    [0, '0'],
    [12n, '12'],
    [false, 'false'],
    [Symbol('s'), 'Symbol(s)']
  ])('%p for a name, as text', (value, text) => {
    const input = { mlApp: value, service: value, env: value }
    expect({ ...readOptions(input, NO_OPTIONS) }).toEqual({ mlApp: text, service: text, env: text })
  })

  test('what is not given from above', () => {
    const nothing = { mlApp: undefined, service: null, processor: undefined, sampleRate: null }
    expect({ ...readOptions(nothing, NO_OPTIONS) }).toEqual({})
    expect({ ...readOptions(nothing, ALL) }).toEqual(ALL)
    const nearer = { mlApp: 'own', captureContent: true, sampleRate: 0 }
    expect({ ...readOptions(nearer, ALL) }).toEqual({ ...ALL, ...nearer })
    expect(ALL.mlApp).toBe('shop')
  })

  test('an option of another place instead of its own, and no others from there', () => {
    const other = () => null
    expect({ ...readOptions(ALL, NO_OPTIONS, { processor: other }) }).toEqual({ ...ALL, processor: other })
    const { processor: _, ...without } = ALL
    expect({ ...readOptions(ALL, NO_OPTIONS, { processor: undefined }) }).toEqual(without)
    expect({ ...readOptions({ ...ALL, processor: true }, NO_OPTIONS, { processor: null }) }).toEqual(without)
  })
})

describe('a route refuses', () => {
  const RATE = 'a number from 0 to 1'
  const TEXT = 'a string that is not empty'

  test.each([
    ['sampleRate', 1.0000001, RATE, 'number'],
    ['sampleRate', -0.0000001, RATE, 'number'],
    ['sampleRate', Number.NaN, RATE, 'number'],
    ['sampleRate', Infinity, RATE, 'number'],
    ['sampleRate', '0.5', RATE, 'string'],
    ['sampleRate', 1n, RATE, 'bigint'],
    ['sampleRate', true, RATE, 'boolean'],
    ['sampleRate', [0.5], RATE, 'array'],
    ['captureContent', 'false', 'true or false', 'string'],
    ['captureContent', 0, 'true or false', 'number'],
    ['processor', 'mask', 'a function', 'string'],
    ['processor', {}, 'a function', 'object'],
    ['processor', true, 'a function', 'boolean'],
    ...['mlApp', 'service', 'env'].flatMap(name => [
      [name, '', TEXT, 'string'],
      [name, {}, TEXT, 'object'],
      [name, ['shop'], TEXT, 'array'],
      [name, () => 'shop', TEXT, 'function'],
      [name, 10n ** 400n, TEXT, 'bigint']
    ])
  ])('the %s %p', (name, value, allowed, type) => {
    const expected = mustBe(String(name), String(allowed), String(type))
    expect(refusal(() => readOptions({ [String(name)]: value }, NO_OPTIONS))).toEqual(expected)
    expect(refusal(() => openerOf().opener.openAgain({ ...ACME, [String(name)]: value }))).toEqual(expected)
  })

  test('never with the value, which may be a key', () => {
    expect(refusal(() => readOptions({ sampleRate: KEYS.acme }, NO_OPTIONS))).toEqual(
      mustBe('sampleRate', RATE, 'string')
    )
  })
})

describe('of what an option is read from', () => {
  test('each is read once', () => {
    const { input, reads } = counted(ALL)
    expect({ ...readOptions(input, NO_OPTIONS) }).toEqual(ALL)
    expect(reads).toEqual(['mlApp', 'service', 'env', 'sampleRate', 'captureContent', 'processor'])
  })

  test('nothing is inherited', () => {
    expect({ ...readOptions(Object.create(ALL), NO_OPTIONS) }).toEqual({})
    expect({
      ...readOptions(Object.create(null, Object.getOwnPropertyDescriptors(ALL)), NO_OPTIONS)
    }).toEqual(ALL)
  })

  test('what is on the prototype of all objects is nobody’s, and takes no place', () => {
    const everywhere = /** @type {any} */ (Object.prototype)
    for (const name of Object.keys(ALL)) {
      Object.defineProperty(everywhere, name, { value: 'polluted', configurable: true, writable: true })
    }
    let options
    let none
    try {
      const own = Object.defineProperties(Object.create(null), Object.getOwnPropertyDescriptors(ALL))
      options = readOptions(own, NO_OPTIONS)
      none = readOptions({}, NO_OPTIONS)
    } finally {
      for (const name of Object.keys(ALL)) delete everywhere[name]
    }
    expect({ ...options }).toEqual(ALL)
    expect({ ...none }).toEqual({})
  })

  test.each(Object.keys(ALL))('a %s that throws is said to be unreadable, and not why', name => {
    expect(refusal(() => readOptions(throwing(ALL, name), NO_OPTIONS))).toEqual(unreadable(name))
  })

  test('an object that answers nothing is said to be unreadable', () => {
    expect(refusal(() => readOptions(revoked(), NO_OPTIONS))).toEqual(unreadable('mlApp'))
  })
})

describe('a route samples by itself', () => {
  test('when it has a rate, also one of 0', () => {
    const { opener } = openerOf()
    expect(opener.open({ ...ACME, sampleRate: 0.25 }).sampler?.rateText).toBe('0.25')
    expect(opener.open({ ...ACME, sampleRate: 0 }).sampler?.rateText).toBe('0')
    expect(opener.open({ ...ACME, mlApp: 'shop' }).sampler).toBeNull()
  })
})
