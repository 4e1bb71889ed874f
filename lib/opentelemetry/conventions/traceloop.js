'use strict'

/** Traceloop's OpenLLMetry: its own workflows, tasks, agents and tools. Its calls of models follow `genai`. */

const { kinds, text } = require('../readers')

const KINDS = kinds({ workflow: 'workflow', task: 'task', agent: 'agent', tool: 'tool' })

module.exports = {
  name: 'traceloop',
  marks: ['traceloop.span.kind'],
  scopes: ['@traceloop/'],
  // biome-ignore format: a table
  rows: [
    { from: 'traceloop.span.kind', to: 'kind', read: KINDS },
    { from: 'traceloop.entity.name', to: 'name', read: text },
    { from: 'traceloop.entity.input', to: 'input.value', read: text },
    { from: 'traceloop.entity.output', to: 'output.value', read: text },
    { from: 'traceloop.entity.path', to: 'tags.entity_path', read: text },
    { from: 'traceloop.entity.version', to: 'tags.entity_version', read: text },
    { from: 'traceloop.workflow.name', to: 'tags.workflow_name', read: text },
    { from: 'traceloop.prompt.key', to: 'prompt.id', read: text },
    { from: 'traceloop.prompt.version', to: 'prompt.version', read: text },
    { from: 'traceloop.prompt.template', to: 'prompt.template', read: text },
    { from: 'traceloop.association.properties.session_id', to: 'sessionId', read: text },
    { from: 'traceloop.association.properties.sessionId', to: 'sessionId', read: text },
    { from: 'traceloop.association.properties.', to: 'tags' }
  ]
}
