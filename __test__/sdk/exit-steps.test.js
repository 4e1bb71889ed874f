'use strict'

const { performance } = require('node:perf_hooks')

/** @type {typeof import('../../lib/exit')} */
let exit
/** @type {import('../../lib/exit').Drainable[]} */
let added = []

/** Something to drain that writes down what is asked of it. */
class FakeDrainable {
  isShared = false
  /** @type {NodeJS.Signals[]} */
  drainOnSignals = []
  exitTimeoutMs = 1000
  heldEvents = 1
  /** What was waited for in vain is decided. */
  decidedEvents = 0
  /** @type {(string | number | boolean)[][]} */
  calls = []
  /** @type {() => void} */
  settle = () => {}

  held() {
    return this.heldEvents
  }

  isDecided() {
    return this.heldEvents <= this.decidedEvents
  }

  drained(timeoutMs) {
    this.calls.push(['drained', timeoutMs])
    return new Promise(resolve => {
      this.settle = () => {
        this.decidedEvents = this.heldEvents
        resolve(undefined)
      }
    })
  }

  beginDrain(timeoutMs, anew) {
    this.calls.push(['begin', timeoutMs, anew])
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
  added.push(drainable)
  return drainable
}

const turn = () => new Promise(resolve => setImmediate(resolve))

beforeEach(() => {
  // Time stands still where a test does not move it.
  jest.spyOn(performance, 'now').mockReturnValue(5000)
  jest.isolateModules(() => {
    exit = require('../../lib/exit')
  })
})

afterEach(async () => {
  for (const drainable of added) exit.forgetAtExit(drainable)
  added = []
  jest.restoreAllMocks()
  // A last turn is over.
  await turn()
})

describe('when the loop has run dry', () => {
  test('what is held is waited for, once at a time, and again when there is more', async () => {
    const drainable = opened()
    process.emit('beforeExit', 0)
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([['drained', 1000]])
    drainable.heldEvents = 0
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    expect(drainable.calls).toHaveLength(1)
    drainable.heldEvents = 1
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([
      ['drained', 1000],
      ['drained', 1000]
    ])
    drainable.settle()
    await turn()
  })

  test('the time is spent once: after a wait in vain there is no second, and the exit has what is left', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened()
    process.emit('beforeExit', 0)
    now.mockReturnValue(5900)
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    process.emit('exit', 0)
    expect(drainable.calls).toEqual([['drained', 1000], ['abandon'], ['begin', 100, false], ['drain', 100]])
  })

  test('whoever brings the process back has all of the time for what comes then', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened()
    process.emit('beforeExit', 0)
    now.mockReturnValue(6000)
    drainable.settle()
    await turn()
    now.mockReturnValue(70_000)
    drainable.heldEvents = 2
    process.emit('beforeExit', 0)
    expect(drainable.calls).toEqual([
      ['drained', 1000],
      ['drained', 1000]
    ])
    drainable.settle()
    await turn()
  })

  test.each([
    ['the loop turned since', true, ['begin', 1000, true]],
    ['it did not', false, ['begin', 0, false]]
  ])('an exit after a wait is an end of its own if %s', async (_what, hasTurned, begin) => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened()
    process.emit('beforeExit', 0)
    now.mockReturnValue(6000)
    drainable.settle()
    await turn()
    process.emit('beforeExit', 0)
    if (hasTurned) await turn()
    now.mockReturnValue(70_000)
    process.emit('exit', 0)
    expect(drainable.calls.slice(1, 3)).toEqual([['abandon'], begin])
  })

  test('an exit during the wait has what is left of it', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened()
    process.emit('beforeExit', 0)
    await turn()
    now.mockReturnValue(5300)
    process.emit('exit', 0)
    expect(drainable.calls.slice(1)).toEqual([['abandon'], ['begin', 700, false], ['drain', 700]])
    drainable.settle()
    await turn()
  })

  test('a process that holds nothing is not kept, and neither is one without time', () => {
    const empty = opened({ heldEvents: 0 })
    const hasty = opened({ exitTimeoutMs: 0 })
    process.emit('beforeExit', 0)
    process.emit('exit', 0)
    expect(empty.calls).toEqual([['abandon']])
    expect(hasty.calls).toEqual([['abandon'], ['begin', 0, false], ['drain', 0]])
  })
})

describe('at the exit itself', () => {
  test('all instances are drained at the same time, and the time is one', () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const order = []
    const [first, second] = ['first', 'second'].map(name =>
      opened({
        exitTimeoutMs: 300,
        beginDrain: (timeoutMs, anew) => order.push([name, 'begin', timeoutMs, anew]),
        drain: timeoutMs => {
          order.push([name, 'drain', timeoutMs])
          now.mockReturnValue(5200)
        }
      })
    )
    process.emit('exit', 0)
    expect(order).toEqual([
      ['first', 'begin', 300, true],
      ['second', 'begin', 300, true],
      ['first', 'drain', 300],
      ['second', 'drain', 100]
    ])
    expect([first.calls, second.calls]).toEqual([[['abandon']], [['abandon']]])
  })

  test('a fault of one instance costs the others nothing, and does not show', () => {
    const fault = () => {
      throw new Error('fault')
    }
    for (const name of ['held', 'isDecided', 'abandonWaiting', 'beginDrain', 'drain']) {
      opened({ [name]: fault })
    }
    const sound = opened()
    process.emit('exit', 0)
    expect(sound.calls.map(([call]) => call)).toEqual(['abandon', 'begin', 'drain'])
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
  /** @type {(() => void)[]} */
  let others = []

  /** @param {() => void} listener @param {'on' | 'once' | 'prependListener'} [how] */
  function listen(listener, how = 'on') {
    process[how]('SIGTERM', listener)
    others.push(listener)
  }

  /** Ends the process as signal-exit does: only when nobody else is listening. */
  function library() {
    if (process.listenerCount('SIGTERM') > 1) return
    process.removeListener('SIGTERM', library)
    process.kill(process.pid, 'SIGTERM')
  }

  beforeEach(() => {
    kill = jest.spyOn(process, 'kill').mockReturnValue(true)
  })

  afterEach(() => {
    for (const listener of others) process.removeListener('SIGTERM', listener)
    others = []
  })

  test('it drains, and the signal goes on to what it always did', () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    const other = opened({ drainOnSignals: [] })
    process.emit('SIGTERM', 'SIGTERM')
    expect(drainable.calls).toEqual([
      ['begin', 1000, true],
      ['drain', 1000]
    ])
    expect(other.calls).toEqual([])
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
    expect(process.listenerCount('SIGTERM')).toBe(0)
  })

  test("beside the application's own listener it blocks nobody, and leaves the end to it", async () => {
    const seen = []
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    listen(() => seen.push(process.listenerCount('SIGTERM')))
    process.emit('SIGTERM', 'SIGTERM')
    expect(drainable.calls).toEqual([['drained', 1000]])
    expect(seen).toEqual([1])
    expect(kill).not.toHaveBeenCalled()
    drainable.settle()
    await turn()
  })

  test('the exit that it leads to has what is left of the time', async () => {
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000)
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    listen(() => {})
    process.emit('SIGTERM', 'SIGTERM')
    await turn()
    now.mockReturnValue(5200)
    process.emit('exit', 0)
    expect(drainable.calls).toEqual([['drained', 1000], ['abandon'], ['begin', 800, false], ['drain', 800]])
    drainable.settle()
    await turn()
  })

  test.each([
    ['that was there first', () => listen(library), () => {}],
    ['that came later', () => {}, () => listen(library)],
    ['that came later and went before us', () => {}, () => listen(library, 'prependListener')],
    ['with two copies of itself', () => {}, () => listen(library)]
  ])(
    'a library %s, which ends the process only when it is alone, does, after what is held',
    async (_what, before, after) => {
      before()
      const drainable = opened({ drainOnSignals: ['SIGTERM'] })
      after()
      await turn()
      let drainsAtKill = 0
      kill.mockImplementation(() => {
        drainsAtKill = drainable.calls.filter(([call]) => call === 'drain').length
        return true
      })
      process.emit('SIGTERM', 'SIGTERM')
      expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
      expect(drainsAtKill).toBe(1)
      drainable.settle()
      await turn()
    }
  )

  test('one that ends it some time later finds it drained, too', async () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    listen(() => setImmediate(library))
    others.push(library)
    process.emit('SIGTERM', 'SIGTERM')
    drainable.settle()
    await turn()
    await turn()
    // `library` itself never listened: nobody else does not mean it is there.
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
    expect(drainable.calls.map(([call]) => call)).toEqual(['drained', 'begin', 'drain'])
  })

  test('other uses of process.kill drain nothing', async () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    listen(() => {})
    process.emit('SIGTERM', 'SIGTERM')
    drainable.settle()
    await turn()
    process.kill(process.pid + 1, 'SIGTERM')
    process.kill(process.pid, 0)
    expect(kill.mock.calls).toEqual([
      [process.pid + 1, 'SIGTERM'],
      [process.pid, 0]
    ])
    expect(drainable.calls).toEqual([['drained', 1000]])
  })

  test('when the others are gone and the process is not, the next signal drains and ends it', async () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    listen(() => {}, 'once')
    process.emit('SIGTERM', 'SIGTERM')
    drainable.settle()
    await turn()
    expect(process.kill).toBe(kill)
    drainable.heldEvents = 2
    process.emit('SIGTERM', 'SIGTERM')
    expect(drainable.calls.map(([call]) => call)).toEqual(['drained', 'begin', 'drain'])
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
  })

  test('a watch that somebody takes away comes back', async () => {
    const drainable = opened({ drainOnSignals: ['SIGTERM'] })
    process.removeAllListeners('SIGTERM')
    await turn()
    process.emit('SIGTERM', 'SIGTERM')
    expect(drainable.calls.map(([call]) => call)).toEqual(['begin', 'drain'])
  })

  test('two copies of this module do not overtake each other for ever, and the signal ends the process', async () => {
    const WATCH = Symbol.for('spanlane.exit.2')
    const first = opened({ drainOnSignals: ['SIGTERM'] })
    const watch = globalThis[WATCH]
    // Of another version, it would have another symbol.
    delete globalThis[WATCH]
    jest.isolateModules(() => require('../../lib/exit'))
    const other = globalThis[WATCH]
    globalThis[WATCH] = watch
    const second = Object.assign(new FakeDrainable(), { drainOnSignals: ['SIGTERM'] })
    other.add(second)
    await turn()
    expect(process.listenerCount('SIGTERM')).toBe(2)
    process.emit('SIGTERM', 'SIGTERM')
    for (const drainable of [first, second]) {
      expect(drainable.calls.map(([call]) => call)).toEqual(expect.arrayContaining(['begin', 'drain']))
    }
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
    first.settle()
    second.settle()
    other.remove(second)
  })

  test('somebody else who wants to be the first may be', async () => {
    opened({ drainOnSignals: ['SIGTERM'] })
    let moves = 0
    const rival = () => {}
    const move = () => {
      if (process.listeners('SIGTERM')[0] === rival || moves >= 1000) return
      moves++
      process.removeListener('SIGTERM', rival)
      process.prependListener('SIGTERM', rival)
    }
    const onChange = event => {
      if (event === 'SIGTERM') process.nextTick(move)
    }
    process.on('newListener', onChange)
    listen(rival, 'prependListener')
    for (let turns = 0; turns < 10; turns++) await turn()
    process.removeListener('newListener', onChange)
    expect(moves).toBeLessThan(1000)
    expect(process.listeners('SIGTERM')).toContain(rival)
  })

  test('one listener serves all instances, and goes with the last', () => {
    const [first, second] = [opened({ drainOnSignals: ['SIGTERM'] }), opened({ drainOnSignals: ['SIGTERM'] })]
    const counts = () =>
      ['SIGTERM', 'newListener', 'removeListener'].map(event => process.listenerCount(event))
    const [, watching] = counts()
    expect(counts()[0]).toBe(1)
    exit.forgetAtExit(first)
    expect(counts()[0]).toBe(1)
    exit.forgetAtExit(second)
    expect(counts()).toEqual([0, watching - 1, expect.any(Number)])
  })
})

test('a hundred instances are two listeners', () => {
  const before = process.listenerCount('exit')
  for (let index = 0; index < 100; index++) opened({ heldEvents: 0 })
  expect(process.listenerCount('exit')).toBe(before + 1)
})
