'use strict'

const { annotateFromContext, annotateSpan } = require('../../lib/annotate/annotate')
const { CONFIG, annotated, newSpan, revokedProxy, throwing } = require('./fixture')
const { eventText } = require('../support/event-text')

/** @param {unknown} agent */
const manifest = agent => annotated('agent', { agent }).event().meta.metadata?._dd.agent_manifest

test('a manifest is sent with every field that can be reported', () => {
  const agent = {
    name: 'planner',
    instructions: 'plan',
    model: 'gpt-x',
    modelSettings: {
      temperature: 0.5,
      maxTokens: 10,
      stopSequences: ['a', 'b'],
      logitBias: { 50256: -100 },
      parallelToolCalls: false,
      top_p: 1
    },
    tools: [
      {
        name: 'search',
        description: 'finds',
        parameters: { q: { type: 'string', required: true }, n: { type: 'number' } }
      },
      { name: 'bare' }
    ]
  }
  expect(manifest(agent)).toEqual({
    framework: 'manual',
    name: 'planner',
    instructions: 'plan',
    model: 'gpt-x',
    model_settings: {
      temperature: 0.5,
      max_tokens: 10,
      stop_sequences: ['a', 'b'],
      logit_bias: { 50256: -100 },
      parallel_tool_calls: false,
      top_p: 1
    },
    tools: [
      {
        name: 'search',
        description: 'finds',
        parameters: { q: { type: 'string', required: true }, n: { type: 'number' } }
      },
      { name: 'bare' }
    ]
  })
})

test.each([
  ['frequency_penalty'],
  ['logit_bias'],
  ['logprobs'],
  ['max_tokens'],
  ['parallel_tool_calls'],
  ['presence_penalty'],
  ['seed'],
  ['stop_sequences'],
  ['temperature'],
  ['timeout'],
  ['tool_choice'],
  ['top_k'],
  ['top_logprobs'],
  ['top_p']
])('the setting %s is reported', setting => {
  expect(manifest({ modelSettings: { [setting]: 1 } }).model_settings).toEqual({ [setting]: 1 })
})

test('settings that may carry secrets, and values that are not flat, are not reported', () => {
  const { event, warnings } = annotated('agent', {
    agent: {
      model: 'm',
      modelSettings: {
        extraHeaders: 'secret',
        seed: { a: { b: 1 } },
        timeout: Number.NaN,
        topK: [[1]],
        topP: null,
        logprobs: {}
      }
    }
  })
  expect(event().meta.metadata._dd.agent_manifest).toEqual({
    framework: 'manual',
    model: 'm',
    name: 'answer'
  })
  expect(warnings).toEqual([
    'Dropping unsupported agent manifest fields: modelSettings.extraHeaders, modelSettings.seed, modelSettings.timeout, modelSettings.topK'
  ])
  expect(warnings[0]).not.toContain('secret')
})

test('parameters may be a JSON Schema', () => {
  const schema = {
    type: 'object',
    properties: { q: { type: 'string' }, n: {}, x: { description: 'x' } },
    required: ['q', 'n']
  }
  expect(manifest({ tools: [{ name: 'f', parameters: schema }] }).tools).toEqual([
    { name: 'f', parameters: { q: { type: 'string', required: true }, n: { required: true } } }
  ])
})

test('a mapping may have a parameter called properties', () => {
  expect(manifest({ tools: [{ name: 'f', parameters: { properties: { type: 'object' } } }] }).tools).toEqual([
    { name: 'f', parameters: { properties: { type: 'object' } } }
  ])
})

class Schema {
  type = 'object'
}

test.each([
  ['an instance of a class', new Schema()],
  ['text', 'planner'],
  ['a list', ['planner']],
  ['a revoked Proxy', revokedProxy()]
])('%s is no agent', (_name, agent) => {
  const { span, warnings } = annotated('agent', { agent })
  expect(span.agentManifest).toBeNull()
  expect(warnings).toEqual(['Dropping agent annotation, the agent must be a plain object.'])
})

test('one wrong field does not cost the others', () => {
  const { span, warnings } = annotated('agent', {
    agent: {
      name: 5,
      model: 'm',
      tools: [{}, { name: 'f', parameters: new Schema() }, 'x'],
      modelSettings: 'x'
    }
  })
  expect(span.agentManifest).toEqual({ model: 'm', tools: [{ name: 'f' }] })
  expect(warnings).toEqual([
    'Dropping unsupported agent manifest fields: name, modelSettings, tools[0], tools[1].parameters, tools[2]'
  ])
})

test('tools that are no list are dropped', () => {
  const { span, warnings } = annotated('agent', { agent: { model: 'm', tools: { name: 'f' } } })
  expect(span.agentManifest).toEqual({ model: 'm' })
  expect(warnings).toEqual(['Dropping unsupported agent manifest fields: tools'])
})

test.each([[{}], [{ name: '', tools: [], instructions: null }]])('%p declares nothing', agent => {
  expect(annotated('agent', { agent }).span.agentManifest).toBeNull()
})

test('a field whose getter throws is dropped, and named', () => {
  const agent = Object.assign(throwing('instructions'), { model: 'm' })
  const { span, event } = annotated('agent', { agent })
  expect(span.agentManifest).toEqual({ model: 'm' })
  expect(event().collection_errors).toEqual(['unserializable:agent.instructions'])
})

test('a second declaration replaces whole fields', () => {
  const { span } = annotated('agent', { agent: { name: 'a', modelSettings: { seed: 1, topK: 2 } } })
  annotateSpan(span, { agent: { modelSettings: { seed: 3 }, instructions: '' } })
  expect(span.agentManifest).toEqual({ name: 'a', model_settings: { seed: 3 } })
})

test('only a span of kind agent can be annotated with one', () => {
  const { span, warnings } = annotated('workflow', { agent: { name: 'a' } })
  expect(span.agentManifest).toBeNull()
  expect(warnings).toEqual([
    'Dropping agent annotation on non-agent span kind, annotating agents is only supported for agent spans.'
  ])
})

test('a context leaves its agent with spans of any kind; only those of agents send it', () => {
  const span = newSpan('workflow')
  annotateFromContext(span, { agent: { name: 'a' } })
  expect(span.agentManifest).toEqual({ name: 'a' })
  expect(JSON.parse(eventText(span, CONFIG)).meta).not.toHaveProperty('metadata')
})
