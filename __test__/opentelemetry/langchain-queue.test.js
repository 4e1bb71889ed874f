'use strict'

const { mayBeHandler, startsInQueue } = require('../../lib/opentelemetry/langchain-queue')

const ONLY = '@arizeai/openinference-instrumentation-langchain'
const TOO = 'langfuse-sdk'

/** Calls of LangChain and of its queue, with the names that the stack has. */
class Handler {
  /** @param {string} scope @param {boolean} isAwaitedByUser */
  handleChainStart(scope, isAwaitedByUser) {
    return startsInQueue(scope, isAwaitedByUser)
  }
}

class PQueue {
  /** @param {() => any} fn */
  run(fn) {
    return fn()
  }
}

class Minified {
  /** @param {() => any} fn */
  _tryToStartAnother(fn) {
    return fn()
  }
}

/** @param {() => any} fn */
function consumeCallback(fn) {
  return fn()
}

/** @param {string} scope @param {boolean} isAwaitedByUser */
const call = (scope, isAwaitedByUser) => () => new Handler().handleChainStart(scope, isAwaitedByUser)

test('only tracers of instrumentations of LangChain are looked at', () => {
  expect([ONLY, TOO, 'langsmith', '@traceloop/instrumentation-langchain'].every(mayBeHandler)).toBe(true)
  expect(['ai', '@arizeai/openinference-instrumentation-openai', ''].some(mayBeHandler)).toBe(false)
})

describe.each([[ONLY], [TOO]])('%s', scope => {
  test('awaited: LangChain calls the handler itself', () => {
    expect(consumeCallback(call(scope, false))).toBe(false)
    // In a queue of the application's own.
    expect(new PQueue().run(() => consumeCallback(call(scope, false)))).toBe(false)
  })

  test('in the queue, which the first run starts itself', () => {
    expect(new PQueue().run(call(scope, true))).toBe(true)
    expect(consumeCallback(() => new PQueue().run(call(scope, true)))).toBe(true)
    expect(new Minified()._tryToStartAnother(call(scope, true))).toBe(true)
  })

  test('where the stack does not tell, the application has to', () => {
    expect(call(scope, false)()).toBe(true)
    expect(call(scope, true)()).toBe(false)
  })

  test('where there is no stack to read, too, and it is put back', () => {
    const { prepareStackTrace, stackTraceLimit } = Error
    Object.defineProperty(Error, 'stackTraceLimit', { value: 0, writable: false, configurable: true })
    try {
      expect(startsInQueue(scope, false)).toBe(true)
      expect(startsInQueue(scope, true)).toBe(false)
    } finally {
      Object.defineProperty(Error, 'stackTraceLimit', {
        value: stackTraceLimit,
        writable: true,
        configurable: true
      })
    }
    consumeCallback(call(scope, false))
    expect(Error.prepareStackTrace).toBe(prepareStackTrace)
    expect(Error.stackTraceLimit).toBe(stackTraceLimit)
  })
})

test('outside handlers a tracer that has others, too, is safe, and one that has none is not known', () => {
  expect(startsInQueue(TOO, false)).toBe(false)
  expect(startsInQueue(ONLY, false)).toBe(true)
  expect(startsInQueue(ONLY, true)).toBe(false)
})
