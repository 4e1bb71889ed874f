'use strict'

/** @type {typeof import('../../lib/exit')} */
let exit
/** @type {import('../../lib/exit').Drainable[]} */
let drained = []

/** Something to drain that writes down what is asked of it. */
class FakeDrainable {
  isShared = false
  /** @type {NodeJS.Signals[]} */
  drainOnSignals = []
  exitTimeoutMs = 1000
  heldEvents = 1
  /** @type {[string, number?][]} */
  calls = []
  /** @type {() => void} */
  settle = () => {}

  held() {
    return this.heldEvents
  }

  flush(timeoutMs) {
    this.calls.push(['flush', timeoutMs])
    return new Promise(resolve => {
      this.settle = () => resolve({ pending: this.heldEvents })
    })
  }

  drain(timeoutMs) {
    this.calls.push(['drain', timeoutMs])
  }

  abandonWaiting() {
    this.calls.push(['abandon'])
  }
}

/** @param {Partial<FakeDrainable>} [change] */
function opened(change) {
  const drainable = Object.assign(new FakeDrainable(), change)
  exit.drainAtExit(drainable)
  drained.push(drainable)
  return drainable
}

const turn = () => new Promise(resolve => setImmediate(resolve))

beforeEach(() => {
  jest.isolateModules(() => {
    exit = require('../../lib/exit')
  })
})

afterEach(() => {
  for (const drainable of drained) exit.forgetAtExit(drainable)
  drained = []
  jest.restoreAllMocks()
})

describe('when the loop has run dry', () => {
  test('what is held is flushed, once at a time, and again when there is more', async () => {
    const drainable = opened()
    process.emit('beforeExit', 0)
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([['flush', 1000]])
    drainable.heldEvents = 0
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    expect(drainable.calls).toHaveLength(1)
    drainable.heldEvents = 1
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([
      ['flush', 1000],
      ['flush', 1000]
    ])
    drainable.settle()
    await turn()
  })

  test('the time is spent once: after a flush in vain there is no second, and the last drain has what is left', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened()
    process.emit('beforeExit', 0)
    now.mockReturnValue(5900)
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([
      ['flush', 1000],
      ['flush', 100]
    ])
    now.mockReturnValue(6000)
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    process.emit('exit', 0)
    expect(drainable.calls.slice(2)).toEqual([['abandon'], ['drain', 0]])
  })

  test('a process that holds nothing is not kept', () => {
    const drainable = opened({ heldEvents: 0 })
    process.emit('beforeExit', 0)
    process.emit('exit', 0)
    expect(drainable.calls).toEqual([['abandon']])
  })
})

describe('at the exit itself', () => {
  test('what is held is drained for exitTimeoutMs, all instances together', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const first = opened({ exitTimeoutMs: 300 })
    first.drain = timeoutMs => {
      first.calls.push(['drain', timeoutMs])
      now.mockReturnValue(5200)
    }
    const second = opened({ exitTimeoutMs: 300 })
    process.emit('exit', 0)
    expect(first.calls).toEqual([['abandon'], ['drain', 300]])
    expect(second.calls).toEqual([['abandon'], ['drain', 100]])
  })

  test('an instance that was shut down is left alone', () => {
    const drainable = opened()
    exit.forgetAtExit(drainable)
    process.emit('exit', 0)
    expect(drainable.calls).toEqual([])
  })
})

describe('on a signal in drainOnSignals', () => {
  /** @type {jest.SpyInstance} */
  let kill

  beforeEach(() => {
    kill = jest.spyOn(process, 'kill').mockReturnValue(true)
  })

  test('it drains, and the signal goes on to what it always did', () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    const other = opened({ drainOnSignals: [] })
    process.emit('SIGTERM', 'SIGTERM')
    expect(drainable.calls).toEqual([['drain', 1000]])
    expect(other.calls).toEqual([])
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test("it drains, and leaves the rest to the application's own listener", () => {
    const own = () => {}
    process.on('SIGTERM', own)
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    process.emit('SIGTERM', 'SIGTERM')
    process.removeListener('SIGTERM', own)
    expect(drainable.calls).toEqual([['drain', 1000]])
    expect(kill).not.toHaveBeenCalled()
  })

  test('one listener serves all instances, and goes with the last', () => {
    const [first, second] = [opened({ drainOnSignals: ['SIGTERM'] }), opened({ drainOnSignals: ['SIGTERM'] })]
    expect(process.listenerCount('SIGTERM')).toBe(1)
    exit.forgetAtExit(first)
    expect(process.listenerCount('SIGTERM')).toBe(1)
    exit.forgetAtExit(second)
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })
})

test('a hundred instances are two listeners', () => {
  const before = process.listenerCount('exit')
  for (let index = 0; index < 100; index++) opened({ heldEvents: 0 })
  expect(process.listenerCount('exit')).toBe(before + 1)
})
