'use strict'

const { CONVENTIONS, rowOf } = require('../../lib/opentelemetry/conventions')
const { TREES } = require('../../lib/opentelemetry/flattened')

/** Fields that content, event and mapping read. */
const FIELDS = [
  'kind name function modelName modelProvider sessionId tools nothing metadata metrics tags',
  'input.messages input.system input.value input.documents input.prompt input.request input.any',
  'output.messages output.value output.documents output.embeddings output.text output.reasoning output.calls',
  'output.response output.any prompt.id prompt.version prompt.template prompt.variables',
  'agent.name agent.description error.type error.message'
].flatMap(line => line.split(' '))

test.each(CONVENTIONS.map(({ name, rows }) => ({ name, rows })))(
  '$name: every row leads to a field that is read',
  ({ rows }) => {
    const lost = rows.filter(({ to }) => !FIELDS.includes(to) && !/^(metadata|metrics|tags)\.\w+$/.test(to))
    expect(lost).toEqual([])
    expect(rows.filter(({ to, why }) => (to === 'nothing') !== (why !== undefined))).toEqual([])
    expect(rows.filter(({ tree }) => tree !== undefined && !(tree in TREES))).toEqual([])
  }
)

test('an attribute has one row, and the longest beginning counts', () => {
  const names = CONVENTIONS.flatMap(({ rows }) => rows.map(({ from }) => from))
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  expect(rowOf('gen_ai.prompt.0.content')).toMatchObject({ from: 'gen_ai.prompt.' })
  expect(rowOf('gen_ai.prompt.name')).toMatchObject({ to: 'prompt.id' })
  expect(rowOf('llm.token_count.prompt_details.audio')).toMatchObject({ from: 'llm.token_count.' })
  expect(rowOf('http.route')).toBeUndefined()
})

test('a convention is known by an attribute that has a row', () => {
  for (const { marks } of CONVENTIONS) {
    expect(marks.filter(mark => rowOf(mark) === undefined)).toEqual([])
  }
})
