'use strict'

const { sdk } = require('../sdk/setup')

const { open } = sdk()
const store = new WeakMap()
const names = ['defineMetadata', 'getOwnMetadataKeys', 'getOwnMetadata']
const reflect = /** @type {any} */ (Reflect)

/** @param {any} target @returns {Map<any, any>} */
function of(target) {
  if (!store.has(target)) store.set(target, new Map())
  return store.get(target)
}

/** What reflect-metadata adds to Reflect, as far as frameworks use it for methods. */
function install() {
  reflect.defineMetadata = (key, value, target) => void of(target).set(key, value)
  reflect.getOwnMetadataKeys = target => [...of(target).keys()]
  reflect.getOwnMetadata = (key, target) => of(target).get(key)
}

beforeEach(install)
afterEach(() => {
  for (const name of names) delete reflect[name]
})

/** A decorator as frameworks have it: it notes something of the method. */
const noting = (key, value) => (_target, _name, descriptor) => {
  reflect.defineMetadata(key, value, descriptor.value)
  return descriptor
}

/** Applies legacy decorators as TypeScript does, the last one first. */
function decorated(decorators) {
  class Controller {
    ask() {
      return 'answer'
    }
  }
  const descriptor = decorators.reduceRight(
    (descriptor, decorate) => decorate(Controller.prototype, 'ask', descriptor) ?? descriptor,
    Object.getOwnPropertyDescriptor(Controller.prototype, 'ask')
  )
  Object.defineProperty(Controller.prototype, 'ask', descriptor)
  return Controller.prototype.ask
}

const GUARD = Symbol('guards')

test.each([
  ['below', trace => [trace, noting(GUARD, ['admin']), noting('path', '/ask')]],
  ['above', trace => [noting(GUARD, ['admin']), noting('path', '/ask'), trace]],
  ['around', trace => [noting(GUARD, ['admin']), trace, noting('path', '/ask')]],
  ['between two', trace => [trace, noting(GUARD, ['admin']), trace, noting('path', '/ask')]]
])('decorate with guards and routes %s', async (_where, decorators) => {
  const { llmobs, spans } = await open()
  const ask = decorated(decorators(llmobs.decorate({ kind: 'task', name: 'ask' })))
  expect([reflect.getOwnMetadata(GUARD, ask), reflect.getOwnMetadata('path', ask)]).toEqual([
    ['admin'],
    '/ask'
  ])
  expect(ask()).toBe('answer')
  expect((await spans()).ask.status).toBe('ok')
})

test('wrap, and a standard decorator', async () => {
  const { llmobs } = await open()
  const method = function ask() {}
  reflect.defineMetadata(GUARD, 'admin', method)
  const wrapped = llmobs.wrap({ kind: 'task' }, method)
  const standard = llmobs.decorate({ kind: 'task' })(method, { kind: 'method', name: 'ask' })
  expect([wrapped, standard].map(fn => reflect.getOwnMetadata(GUARD, fn))).toEqual(['admin', 'admin'])
})

test('a method of which it cannot be copied stays the method: no guard vanishes for a span', async () => {
  const { llmobs } = await open()
  const method = () => 'answer'
  reflect.getOwnMetadataKeys = () => {
    throw new Error('no')
  }
  expect(llmobs.wrap({ kind: 'task' }, method)).toBe(method)
})

test('without reflect-metadata nothing is asked', async () => {
  for (const name of names) delete reflect[name]
  const { llmobs } = await open()
  expect(llmobs.wrap({ kind: 'task' }, () => 1)()).toBe(1)
})

test('what a function inherits and is stays: its class, its statics', async () => {
  const { llmobs } = await open()
  class Base {
    size = 0
    static of() {
      return new this()
    }
  }
  class Index extends Base {
    static [Symbol.for('kind')] = 'index'
  }
  const Wrapped = llmobs.wrap({ kind: 'task' }, Index)
  expect(Wrapped.of()).toBeInstanceOf(Index)
  expect(Wrapped[Symbol.for('kind')]).toBe('index')
  expect(llmobs.wrap({ kind: 'task' }, async () => {}).constructor.name).toBe('AsyncFunction')
})
