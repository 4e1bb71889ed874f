'use strict'

const { namedArguments, parameterNames } = require('../../lib/trace/arguments')

describe('parameter names are read from the source of any function', () => {
  /** @type {[Function, string[]][]} */
  const FUNCTIONS = [
    [() => {}, []],
    [a => a, ['a']],
    [(a, b) => [a, b], ['a', 'b']],
    [async (a, b) => [a, b], ['a', 'b']],
    [async a => a, ['a']],
    [
      function named(one, two) {
        return [one, two]
      },
      ['one', 'two']
    ],
    [
      function* generator(seed) {
        yield seed
      },
      ['seed']
    ],
    [(a = 1, b = (x, y) => [x, y], c = { d: [1, 2] }) => [a, b, c], ['a', 'b', 'c']],
    [(a = ')', b = ',', c = `(${1})`) => [a, b, c], ['a', 'b', 'c']],
    [(...rest) => rest, ['...rest']],
    [({ a, b }, [c], d) => [a, b, c, d], ['', '', 'd']],
    // biome-ignore format: the comments are what is tested
    [(a /* first, ( */, /* b, */ c // last)
    ) => [a, c], ['a', 'c']],
    [($, _, été, 名前) => [$, _, été, 名前], ['$', '_', 'été', '名前']],
    [
      {
        method(a, b) {
          return [a, b]
        }
      }.method,
      ['a', 'b']
    ],
    [
      {
        async 'quoted (name)'(a) {
          return a
        }
      }['quoted (name)'],
      ['a']
    ],
    [Math.max, []],
    [((a, b) => [a, b]).bind(null), []]
  ]

  test.each(FUNCTIONS)('%s', (fn, names) => {
    expect(parameterNames(fn)).toEqual(names)
  })

  test('a source of eighty thousand characters is read in a moment', () => {
    const source = `return (a, b = [${'0,'.repeat(40_000)}]) => a`
    const fn = new Function(source)()
    const start = performance.now()
    expect(parameterNames(fn)).toEqual(['a', 'b'])
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

test('a parameter called __proto__ is a name like any other', () => {
  const fn = new Function('__proto__', 'b', 'return 1')
  const named = namedArguments(fn, [{ polluted: true }, 2])
  expect(Object.keys(/** @type {object} */ (named))).toEqual(['__proto__', 'b'])
  expect(/** @type {any} */ (named).polluted).toBeUndefined()
})
