'use strict'

// Jest with jsdom: globals, timers and classes of a window. Run by Jest itself.

const { TENANTS, open, say } = require('./spanlane-or-not')

const llmobs = open()
const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)

test('the environment is a window', () => {
  expect(typeof setTimeout(() => {}, 0)).toBe('number')
  expect(document.querySelector('body')).not.toBeNull()
})

test('a span around work of the window', async () => {
  const answer = await inTenant('acme', () =>
    llmobs.trace({ kind: 'workflow', name: 'work' }, async () => {
      await new Promise(resolve => window.setTimeout(resolve, 2))
      const event = await new Promise(resolve => {
        document.addEventListener('asked', resolve, { once: true })
        document.dispatchEvent(new CustomEvent('asked', { detail: 'answer' }))
      })
      llmobs.trace({ kind: 'task', name: 'inner' }, () => {})
      llmobs.annotate({ inputData: document.body, outputData: event.detail })
      return event.detail
    })
  )
  expect(answer).toBe('answer')
})

test('errors of the window', async () => {
  const abort = () =>
    llmobs.trace({ kind: 'task', name: 'aborted' }, async () => {
      throw new DOMException('left', 'AbortError')
    })
  await expect(inTenant('globex', abort)).rejects.toThrow('left')
})

test('timers that stand still', async () => {
  jest.useFakeTimers()
  try {
    const late = inTenant('globex', () =>
      llmobs.trace(
        { kind: 'task', name: 'late' },
        () => new Promise(resolve => setTimeout(resolve, 60_000, 'late'))
      )
    )
    jest.advanceTimersByTime(60_000)
    expect(await late).toBe('late')
    inTenant('globex', () => llmobs.trace({ kind: 'task', name: 'in false time' }, () => {}))
  } finally {
    jest.useRealTimers()
  }
})

test('a mock is wrapped', () => {
  const mock = jest.fn((question, callback) => callback(null, question))
  const wrapped = inTenant('acme', () => llmobs.wrap({ kind: 'tool', name: 'mock' }, mock))
  const heard = jest.fn()
  inTenant('acme', () => wrapped('why', heard))
  expect(mock).toHaveBeenCalledTimes(1)
  expect(heard).toHaveBeenCalledWith(null, 'why')
  expect(wrapped.mock.calls).toHaveLength(1)
})

afterAll(async () => {
  await llmobs.flush()
  say('')
})
