'use strict'

const { ACME, sdk } = require('./setup')

const { open } = sdk()
const LLM = { kind: 'llm', name: 'call' }

describe('annotationContext annotates every span that starts inside', () => {
  test('with tags, name, prompt and cost tags, and returns what the function returns', async () => {
    const { llmobs, spans } = await open()
    const options = {
      tags: { team: 'search', build: 7 },
      costTags: ['team'],
      name: 'renamed',
      prompt: { id: 'greeting', template: 'Hello {{name}}', variables: { name: 'Ada' } }
    }
    expect(llmobs.annotationContext(options, () => llmobs.trace(LLM, () => 'result'))).toBe('result')
    const { renamed } = await spans()
    expect(renamed.tags).toEqual(expect.arrayContaining(['team:search', 'build:7']))
    expect(renamed.meta.metadata._dd.cost_tags).toEqual(['team'])
    expect(renamed.meta.input.prompt).toMatchObject({ id: 'greeting', template: 'Hello {{name}}' })
  })

  test('across awaits, and not after it', async () => {
    const { llmobs, spans } = await open()
    await llmobs.annotationContext({ tags: { inside: 'yes' } }, async () => {
      await null
      llmobs.trace({ ...LLM, name: 'inside' }, () => {})
    })
    llmobs.trace({ ...LLM, name: 'outside' }, () => {})
    const { inside, outside } = await spans()
    expect(inside.tags).toContain('inside:yes')
    expect(outside.tags).not.toContain('inside:yes')
  })

  test('a nested context replaces what it names and keeps the rest', async () => {
    const { llmobs, spans } = await open()
    llmobs.annotationContext({ tags: { outer: 1 }, name: 'from outer' }, () => {
      llmobs.annotationContext({ tags: { inner: 2 } }, () => llmobs.trace(LLM, () => {}))
    })
    const { 'from outer': span } = await spans()
    expect(span.tags).toContain('inner:2')
    expect(span.tags).not.toContain('outer:1')
  })

  test('agents of nested contexts add up, on agent spans only', async () => {
    const { llmobs, spans } = await open()
    llmobs.annotationContext({ agent: { name: 'planner', model: 'gpt-5' } }, () => {
      llmobs.annotationContext({ agent: { instructions: 'be brief' } }, () => {
        llmobs.trace({ kind: 'agent', name: 'run' }, () => llmobs.trace(LLM, () => {}))
      })
    })
    const { run, call } = await spans()
    expect(run.meta.metadata._dd.agent_manifest).toMatchObject({
      name: 'planner',
      model: 'gpt-5',
      instructions: 'be brief'
    })
    expect(call.meta.metadata).toBeUndefined()
    expect(call.meta.agent_attribution.pagent_name).toBe('run')
  })

  test('a prompt is for llm spans only, and is no warning on the others', async () => {
    const { llmobs, log, spans } = await open()
    llmobs.annotationContext({ prompt: { id: 'p', template: 't' } }, () =>
      llmobs.trace({ kind: 'task', name: 'task' }, () => {})
    )
    expect((await spans()).task.meta.input).toEqual({})
    expect(log.lines).toEqual([])
  })

  test('later changes of the options do not reach spans', async () => {
    const { llmobs, spans } = await open()
    const agent = { name: 'planner' }
    llmobs.annotationContext({ agent }, () => {
      agent.name = 'changed'
      llmobs.trace({ kind: 'agent', name: 'run' }, () => {})
    })
    expect((await spans()).run.meta.metadata._dd.agent_manifest.name).toBe('planner')
  })

  test("it is the application's, and goes on in a routing context inside", async () => {
    const { llmobs, spans } = await open()
    llmobs.annotationContext({ tags: { release: '7' } }, () =>
      llmobs.withRoutingContext(ACME, () => llmobs.trace(LLM, () => {}))
    )
    expect((await spans()).call.tags).toContain('release:7')
  })

  test.each([undefined, null, {}])('%p for options adds nothing', async options => {
    const { llmobs, spans } = await open()
    llmobs.annotationContext(/** @type {any} */ (options), () => llmobs.trace(LLM, () => {}))
    expect((await spans()).call.status).toBe('ok')
  })

  test('a wrong prompt is refused when a span starts, before its function runs, where that is asked for', async () => {
    const { llmobs } = await open({ onMisuse: 'throw' })
    let hasRun = false
    expect(() =>
      llmobs.annotationContext({ prompt: /** @type {any} */ ({ id: 5 }) }, () =>
        llmobs.trace(LLM, () => {
          hasRun = true
        })
      )
    ).toThrow(expect.objectContaining({ code: 'SPANLANE_INVALID_ANNOTATION' }))
    expect(hasRun).toBe(false)
  })

  test('a function is needed', async () => {
    const { llmobs } = await open()
    expect(() => llmobs.annotationContext({}, /** @type {any} */ (undefined))).toThrow(
      expect.objectContaining({ code: 'SPANLANE_INVALID_CALLBACK' })
    )
  })
})
