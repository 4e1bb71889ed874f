'use strict'

const ts = require('typescript')
const { sdk } = require('./setup')

const { open } = sdk()

const SOURCE = `
  class Assistant {
    city = 'Ulm'
    @decorate({ kind: 'tool' })
    search(query: string) { return query + ' in ' + this.city }
    @decorate({ kind: 'task', name: 'renamed' })
    async load(id: number) { return id * 2 }
    @decorate({ kind: 'task' })
    static build() { return new Assistant() }
  }
  return Assistant
`

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {boolean} experimentalDecorators
 */
function compile(llmobs, experimentalDecorators) {
  const { outputText } = ts.transpileModule(`function make(decorate: any) {${SOURCE}}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, experimentalDecorators, useDefineForClassFields: true }
  })
  return new Function(`${outputText}; return make`)()(llmobs.decorate.bind(llmobs))
}

test.each([
  ['legacy', true],
  ['standard', false]
])('%s decorators: each call of a method is a span', async (_which, isLegacy) => {
  const { llmobs, spans } = await open()
  const Assistant = compile(llmobs, isLegacy)
  const assistant = Assistant.build()
  expect(assistant.search('a hotel')).toBe('a hotel in Ulm')
  expect(await assistant.load(4)).toBe(8)
  const ended = await spans()
  expect(Object.keys(ended).sort()).toEqual(['build', 'renamed', 'search'])
  expect(ended.search.meta).toMatchObject({
    'span.kind': 'tool',
    input: { value: 'a hotel' },
    output: { value: 'a hotel in Ulm' }
  })
  expect(ended.renamed.meta).toMatchObject({ input: { value: '4' }, output: { value: '8' } })
})

describe('what is no method stays as it is', () => {
  test('classes, fields and accessors', async () => {
    const { llmobs } = await open()
    const decorator = llmobs.decorate({ kind: 'task' })
    class Plain {}
    const accessor = { get: () => 1 }
    expect(decorator(Plain)).toBe(Plain)
    expect(decorator(Plain, { kind: 'class', name: 'Plain' })).toBe(Plain)
    expect(decorator(undefined, { kind: 'field', name: 'x' })).toBeUndefined()
    expect(decorator({}, 'x', accessor)).toBe(accessor)
    expect(decorator({ x: 5 }, 'x')).toBe(5)
  })

  test('a method without a descriptor is replaced on its object', async () => {
    const { llmobs, spans } = await open()
    const target = { add: (a, b) => a + b }
    expect(llmobs.decorate({ kind: 'task' })(target, 'add')).toBe(target)
    expect(target.add(1, 2)).toBe(3)
    expect((await spans()).add.meta.output.value).toBe('3')
  })

  test('a symbol as method name gives its description', async () => {
    const { llmobs, spans } = await open()
    const descriptor = { value: () => 1 }
    llmobs.decorate({ kind: 'task' })({}, Symbol('secret'), descriptor)
    descriptor.value()
    expect((await spans()).secret.status).toBe('ok')
  })
})

test('a wrong kind is refused when the method is decorated', async () => {
  const { llmobs } = await open()
  expect(() => llmobs.decorate({})({}, 'x', { value: () => {} })).toThrow(
    expect.objectContaining({ code: 'SPANLANE_INVALID_KIND' })
  )
})
