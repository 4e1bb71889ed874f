'use strict'

const VALUES = require('./programs/experiment-values')
const { KEYS, programs } = require('./setup')

const { run } = programs()

/** @type {any} */
let world
/** @param {string} name @param {keyof typeof KEYS} [owner] @returns {any} */
const metaOf = (name, owner = 'acme') =>
  world.intake.spans({ key: KEYS[owner] }).find(span => span.name === name).meta

beforeAll(async () => {
  world = await run('experiments')
})

describe.each(Object.entries(VALUES))('%s', (name, value) => {
  test.each([
    ['one', 'acme'],
    ['several', 'acme'],
    ['several', 'globex'],
    ['processed', 'acme']
  ])('arrives as it is: %s, at %s', (where, owner) => {
    const { input, output } = metaOf(`${where}: ${name}`, /** @type {keyof typeof KEYS} */ (owner))
    expect([input, output]).toEqual([value, value])
  })

  test.each(['silent', 'emptied'])('is content: %s takes it away', where => {
    expect(metaOf(`${where}: ${name}`)).toMatchObject({ input: {}, output: {} })
  })
})

test.each(['one', 'several', 'processed', 'silent', 'emptied'])(
  '%s: what was never given stays away',
  where => {
    const { input, output } = metaOf(`${where}: nothing`)
    expect([input ?? {}, output ?? {}]).toEqual([{}, {}])
  }
)
