'use strict'

// Every row of the table of fields, followed from what users say to the event, its documents and its trimming.

const fs = require('node:fs')
const path = require('node:path')
const ts = require('typescript')
const { annotateSpan } = require('../../lib/annotate/annotate')
const { AnnotationOptions, FIELDS, TEXTS, TraceOptions } = require('../../lib/event/fields')
const { SpanOptions } = require('../../lib/trace/start')
const { Capture } = require('../../lib/values/capture')
const { UNREAD, readOptions } = require('../../lib/values/own')
const { CONFIG, newSpan } = require('../annotate/fixture')
const { eventText } = require('../support/event-text')
const { textOf, trackedFiles } = require('../support/sources')

/** What each call reads, and how the types call it. */
const CALLS = {
  trace: { Options: TraceOptions, type: 'SpanOptions' },
  annotate: { Options: AnnotationOptions, type: 'AnnotationOptions' }
}
const CALL_NAMES = /** @type {(keyof typeof CALLS)[]} */ (Object.keys(CALLS))
const SAID = FIELDS.filter(({ option }) => option !== null).map(field => ({
  ...field,
  option: /** @type {string} */ (field.option),
  by: /** @type {keyof typeof CALLS} */ (field.by)
}))
const IN_META = FIELDS.filter(field => field.in === 'meta')

/** @param {keyof typeof CALLS} call @returns {string[]} */
const optionsOf = call => SAID.filter(({ by }) => by === call).map(({ option }) => option)

/** @param {keyof typeof CALLS} call */
const named = call => Object.fromEntries(optionsOf(call).map(option => [option, `given as ${option}`]))

/** A span of a kind that has said all it can, and failed. @param {string} kind @param {object} [route] */
function spanOf(kind, route) {
  const agentAttribution = { pagent_name: 'a', pagent_span_id: '1' }
  const error = { type: 'said type', message: 'said message', stack: 'said stack' }
  const texts = Object.fromEntries(TEXTS.map(option => [option, `said ${option}`]))
  const span = newSpan(kind, {
    route,
    error,
    agentAttribution,
    sessionId: 'said',
    collectionErrors: ['said'],
    ...texts
  })
  annotateSpan(span, {
    inputData: 'said input',
    outputData: 'said output',
    metadata: { said: 'metadata' },
    metrics: { said: 1 },
    tags: { said: 'tags' },
    costTags: ['said'],
    prompt: kind === 'llm' ? { id: 'said prompt' } : undefined,
    toolDefinitions: [{ name: 'said tool' }],
    agent: kind === 'agent' ? { name: 'said agent' } : undefined
  })
  span.links = [{ for: () => ({ trace_id: 'said', span_id: '1', attributes: {} }) }]
  return span
}

/** @param {string} kind @param {object} [route] @returns {any} */
const eventOf = (kind, route) => JSON.parse(eventText(spanOf(kind, route), CONFIG))

/** @param {any} event @param {{ in: string | null, wire: string }} field @returns {unknown} undefined: it has no such field */
function valueAt(event, field) {
  switch (field.in) {
    case null:
      return event[field.wire]
    case 'meta':
      return event.meta[field.wire]
    case 'input':
      return event.meta.input[field.wire]
    case 'tags':
      return event.tags.find((/** @type {string} */ tag) => tag.startsWith(`${field.wire}:`))
    case 'metadata':
      return event.meta.metadata._dd[field.wire]
    default:
      throw new Error(`nothing is known of what is in ${field.in}`)
  }
}

const KINDS = ['llm', 'agent', 'workflow', 'task', 'tool', 'embedding', 'retrieval', 'experiment']

describe('an event', () => {
  test.each(KINDS)(
    'of kind %s has the fields of the table that this kind has, in its order, and no others',
    kind => {
      const event = eventOf(kind)
      const has = FIELDS.filter(({ kinds }) => kinds === null || kinds.includes(kind))
      for (const field of FIELDS) {
        expect([field.wire, valueAt(event, field) !== undefined]).toEqual([field.wire, has.includes(field)])
      }
      const names = (/** @type {string | null} */ place) =>
        has.filter(field => field.in === place).map(({ wire }) => wire)
      expect(Object.keys(event).filter(name => name !== 'meta')).toEqual(names(null))
      expect(Object.keys(event.meta)).toEqual(names('meta'))
    }
  )

  test.each(KINDS)(
    'of kind %s keeps content, and nothing else, where a route says captureContent: false',
    kind => {
      const event = eventOf(kind, { isDefault: false, options: { captureContent: false }, laneId: 1 })
      const whole = eventOf(kind)
      for (const field of FIELDS.filter(({ in: place }) => place === null || place === 'meta')) {
        const kept = field.isContent ? {} : valueAt(whole, field)
        expect([field.wire, valueAt(event, field)]).toEqual([field.wire, kept])
      }
      expect(JSON.stringify(event)).not.toMatch(/said (input|output|prompt)/)
    }
  )

  test('keeps the texts of the table', () => {
    expect(Object.keys(new SpanOptions({ kind: 'llm' }).texts).sort()).toEqual([...TEXTS].sort())
  })

  test.each(TEXTS)('says the %s that trace was given, and of kinds that have it alone', option => {
    const field = /** @type {typeof SAID[0]} */ (SAID.find(row => row.option === option))
    for (const kind of KINDS) {
      const { texts } = new SpanOptions({ kind, [option]: 'x7' })
      const event = JSON.parse(eventText(newSpan(kind, texts), CONFIG))
      const has = field.kinds === null || field.kinds.includes(kind)
      expect([kind, valueAt(event, field)]).toEqual([kind, has ? 'x7' : undefined])
    }
  })
})

describe.each(CALL_NAMES)('the options of %s', call => {
  const { Options, type } = CALLS[call]
  const read = (/** @type {object} */ options) =>
    readOptions(new Options(), options, Options, call === 'annotate' ? new Capture() : undefined)

  test('are those of the table', () => {
    expect(Object.keys(new Options()).sort()).toEqual(optionsOf(call).sort())
    expect(new Set(Object.values(new Options()))).toEqual(new Set([UNREAD]))
  })

  test('are all taken at once, in the order in which they stand', () => {
    /** @type {string[]} */
    const order = []
    const options = new Proxy(named(call), {
      get(target, name) {
        order.push(String(name))
        return Reflect.get(target, name)
      }
    })
    const given = new Options()
    Options.take(given, options)
    expect({ ...given }).toEqual(named(call))
    expect(order).toEqual(Object.keys(new Options()))
  })

  test('are read from literals and from other objects', () => {
    class Given {
      constructor() {
        Object.assign(this, named(call))
      }
    }
    for (const options of [named(call), Object.assign(Object.create(null), named(call)), new Given()]) {
      expect({ ...read(options) }).toEqual(named(call))
    }
    expect(Object.values(read({})).every(value => value === undefined)).toBe(true)
  })

  test.each(optionsOf(call))('%s is not read from a prototype', option => {
    const fields = /** @type {any} */ (Object.prototype)
    fields[option] = 'evil'
    try {
      for (const options of [{}, named(call)]) {
        const given = /** @type {any} */ (read(options))
        expect(given[option]).toBe(Object.hasOwn(options, option) ? `given as ${option}` : undefined)
        expect(Object.hasOwn(given, option)).toBe(true)
      }
    } finally {
      delete fields[option]
    }
  })

  test.each(optionsOf(call))('a getter of %s that throws runs once, and so do the others', option => {
    /** @type {string[]} */
    const runs = []
    const options = {}
    for (const name of optionsOf(call)) {
      Object.defineProperty(options, name, {
        get() {
          runs.push(name)
          if (name === option) throw new Error('hostile getter')
          return name
        }
      })
    }
    let given
    try {
      given = /** @type {any} */ (read(options))
    } catch (error) {
      expect([call, /** @type {any} */ (error).code]).toEqual(['trace', 'SPANLANE_INVALID_OPTION'])
    }
    expect(runs.filter(name => name === option)).toEqual([option])
    expect(new Set(runs).size).toBe(runs.length)
    if (call === 'annotate') expect([given[option], runs.length]).toEqual([undefined, optionsOf(call).length])
  })

  test('are declared, each with its comment or among others that have one', () => {
    const file = path.join(__dirname, '..', '..', 'index.d.ts')
    const source = ts.createSourceFile(file, fs.readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true)
    const declaration = source.statements.find(
      statement => ts.isInterfaceDeclaration(statement) && statement.name.text === type
    )
    const { members } = /** @type {ts.InterfaceDeclaration} */ (declaration)
    const declared = members.filter(ts.isPropertySignature).map(member => member.name.getText())
    expect(declared.sort()).toEqual(optionsOf(call).sort())
  })

  test.each(optionsOf(call))('docs/api.md explains %s', option => {
    expect(textOf('docs/api.md')).toContain(`\`${option}\``)
  })
})

test('the core shortens what the table calls content, and no names', () => {
  const [file] = trackedFiles('src/*.rs').filter(name => textOf(name).includes('const META_NAMES'))
  const [, list] = /const META_NAMES: .* = \[([^\]]*)\]/.exec(textOf(file)) ?? []
  const names = [...list.matchAll(/b"([^"]*)"/g)].map(([, name]) => name)
  expect(names.sort()).toEqual(
    IN_META.filter(({ trim }) => trim === 'name')
      .map(({ wire }) => wire)
      .sort()
  )
})
