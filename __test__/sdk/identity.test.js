'use strict'

const { newSpanId, newTraceId } = require('../../lib/trace/ids')
const { Clock } = require('../../lib/trace/clock')
const { sdk } = require('./setup')

const { open } = sdk()
const TASK = { kind: 'task', name: 'work' }

describe('ids', () => {
  test('a trace id is the start second, eight zeros and 64 random bits', () => {
    const startNs = 1_700_000_000_999_999_999n
    expect(newTraceId(startNs).toString()).toMatch(/^6553f10000000000[0-9a-f]{16}$/)
  })

  test('a span id is a positive number of at most 63 bits, in decimal', () => {
    for (let index = 0; index < 10_000; index++) {
      const id = newSpanId().toString()
      expect(id).toMatch(/^[1-9]\d{0,18}$/)
      expect(BigInt(id) < 1n << 63n).toBe(true)
    }
  })

  test('100,000 of each are all different', () => {
    const spans = new Set()
    const traces = new Set()
    for (let index = 0; index < 100_000; index++) {
      spans.add(newSpanId().toString())
      traces.add(newTraceId(0n).toString())
    }
    expect([spans.size, traces.size]).toEqual([100_000, 100_000])
  })

  test('every bit of a span id is random', () => {
    let or = 0n
    let and = (1n << 63n) - 1n
    for (let index = 0; index < 2000; index++) {
      const id = BigInt(newSpanId().toString())
      or |= id
      and &= id
    }
    expect([or, and]).toEqual([(1n << 63n) - 1n, 0n])
  })
})

describe('the clock', () => {
  test('advances with the monotonic clock, to the nanosecond', () => {
    const clock = new Clock()
    const first = clock.wallNs(1_000n)
    expect(clock.wallNs(1_001n)).toBe(first + 1n)
    expect(clock.wallNs(500_001_000n)).toBe(first + 500_000_000n)
  })

  test('follows the wall clock when that jumps by more than a second', () => {
    let nowMs = 1_700_000_000_000
    const clock = new Clock(() => nowMs)
    expect(clock.wallNs(0n)).toBe(1_700_000_000_000_000_000n)
    nowMs = 1_700_000_001_004
    // It is looked at again after 5 ms, not before.
    expect(clock.wallNs(4_999_999n)).toBe(1_700_000_000_004_999_999n)
    expect(clock.wallNs(5_000_000n)).toBe(1_700_000_000_005_000_000n)
    nowMs = 1_700_000_001_011
    expect(clock.wallNs(10_000_000n)).toBe(1_700_000_001_011_000_000n)
    nowMs = 1_600_000_000_000
    expect(clock.wallNs(15_000_000n)).toBe(1_600_000_000_000_000_000n)
    // What is before the anchor is before it by as much.
    expect(clock.wallNs(14_000_000n)).toBe(1_600_000_000_000_000_000n - 1_000_000n)
  })

  test('spans of one trace are in order, and lie within the wall clock', async () => {
    const { llmobs, intake } = await open({}, { keepBodies: true })
    const beforeMs = Date.now()
    llmobs.trace({ ...TASK, name: 'outer' }, () => llmobs.trace({ ...TASK, name: 'inner' }, () => {}))
    await llmobs.flush()
    // The exact integers are beyond what a parsed number holds, so they are read from the text.
    const body = String(intake.requests[0].body)
    const [inner, outer] = [...body.matchAll(/"start_ns":(\d+),"duration":(\d+)/g)].map(
      ([, start, duration]) => ({
        start: BigInt(start),
        end: BigInt(start) + BigInt(duration)
      })
    )
    expect(outer.start <= inner.start && inner.end <= outer.end).toBe(true)
    expect(Number(outer.start / 1_000_000n)).toBeGreaterThanOrEqual(beforeMs - 1000)
    expect(Number(outer.end / 1_000_000n)).toBeLessThanOrEqual(Date.now() + 1000)
  })
})

describe('inheritance inside a trace', () => {
  test('trace id, parent id, session, ml app, sampling', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ ...TASK, name: 'root', sessionId: 's1', mlApp: 'app' }, () =>
      llmobs.trace({ ...TASK, name: 'child' }, () =>
        llmobs.trace({ ...TASK, name: 'leaf', mlApp: 'leaf app' }, () => {})
      )
    )
    const { root, child, leaf } = await spans()
    expect(root.parent_id).toBe('undefined')
    expect([child.trace_id, leaf.trace_id]).toEqual([root.trace_id, root.trace_id])
    expect([child.parent_id, leaf.parent_id]).toEqual([root.span_id, child.span_id])
    expect([child.session_id, leaf.session_id]).toEqual(['s1', 's1'])
    expect(child.tags).toEqual(expect.arrayContaining(['ml_app:app', 'session_id:s1']))
    expect(leaf.tags).toContain('ml_app:leaf app')
    expect(leaf._dd).toMatchObject({ sample_rate: '1', sampling_decision: '1' })
  })

  test('the first session set in a trace is the session of later spans without one', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ ...TASK, name: 'root' }, () => {
      llmobs.trace({ ...TASK, name: 'before' }, () => {})
      llmobs.trace({ ...TASK, name: 'first', sessionId: 's1' }, () => {})
      llmobs.trace({ ...TASK, name: 'second', sessionId: 's2' }, () => {})
      llmobs.trace({ ...TASK, name: 'after' }, () => {})
    })
    llmobs.trace({ ...TASK, name: 'other trace' }, () => {})
    const ended = await spans()
    const sessions = Object.fromEntries(Object.entries(ended).map(([name, span]) => [name, span.session_id]))
    expect(sessions).toEqual({
      root: undefined,
      before: undefined,
      first: 's1',
      second: 's2',
      after: 's1',
      'other trace': undefined
    })
  })

  test('the nearest agent above is the agent of a span', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ kind: 'agent', name: 'planner' }, () => {
      llmobs.trace({ kind: 'workflow', name: 'step' }, () =>
        llmobs.trace({ kind: 'llm', name: 'call' }, () => {})
      )
      llmobs.trace({ kind: 'agent', name: 'worker' }, () =>
        llmobs.trace({ kind: 'tool', name: 'tool' }, () => {})
      )
    })
    const { planner, step, call, worker, tool } = await spans()
    const by = span => span.meta.agent_attribution
    const ofPlanner = { pagent_name: 'planner', pagent_span_id: planner.span_id }
    expect(by(planner)).toBeUndefined()
    expect([by(step), by(call), by(worker)]).toEqual([ofPlanner, ofPlanner, ofPlanner])
    expect(by(tool)).toEqual({ pagent_name: 'worker', pagent_span_id: worker.span_id })
  })

  test('the ml app: option, then parent, then route, then configuration, then service', async () => {
    const { llmobs, spans } = await open({ mlApp: undefined, service: 'svc' })
    const route = { ddApiKey: 'e'.repeat(32), mlApp: 'of route' }
    llmobs.trace({ ...TASK, name: 'service' }, () => {})
    llmobs.withRoutingContext(route, () => {
      llmobs.trace({ ...TASK, name: 'route' }, () => {})
      llmobs.trace({ ...TASK, name: 'option', mlApp: 'of option' }, () => {
        llmobs.trace({ ...TASK, name: 'parent' }, () => {})
        llmobs.withRoutingContext({ ...route, mlApp: 'of inner route' }, () =>
          llmobs.trace({ ...TASK, name: 'inner route' }, () => {})
        )
      })
    })
    const apps = Object.values(await spans()).map(({ name, tags }) => [
      name,
      tags.find(tag => tag.startsWith('ml_app:'))
    ])
    expect(Object.fromEntries(apps)).toEqual({
      service: 'ml_app:svc',
      route: 'ml_app:of route',
      option: 'ml_app:of option',
      parent: 'ml_app:of option',
      'inner route': 'ml_app:of inner route'
    })
  })

  test('model name and provider, custom by default', async () => {
    const { llmobs, spans } = await open()
    llmobs.trace({ kind: 'llm', name: 'a', modelName: 'GPT-5', modelProvider: 'OpenAI' }, () => {})
    llmobs.trace({ kind: 'llm', name: 'b' }, () => {})
    const { a, b } = await spans()
    expect(a.meta).toMatchObject({ model_name: 'GPT-5', model_provider: 'openai' })
    expect(b.meta).toMatchObject({ model_name: 'custom', model_provider: 'custom' })
  })

  test('an experiment id makes it a span of the experiments scope', async () => {
    const { llmobs, intake } = await open({}, { keepBodies: true })
    llmobs.trace({ kind: 'experiment', name: 'trial' }, () =>
      llmobs.annotate({ tags: { experiment_id: 'x1' } })
    )
    await llmobs.flush()
    expect(intake.spans()[0]._dd.scope).toBe('experiments')
    expect(String(intake.requests[0].body)).toContain('"_dd.scope":"experiments"')
  })
})
