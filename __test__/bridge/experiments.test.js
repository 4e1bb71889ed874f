'use strict'

const VALUES = require('./programs/experiment-values')
const { KEYS, programs } = require('./setup')

const { run } = programs()

/** @type {any} */
let world
/** The first dd-trace versions have no experiment spans, and refuse the kind; later ones make text of their content. */
let knowsExperiments = true
let keepsValues = true

/** @param {string} name @param {keyof typeof KEYS} [owner] @returns {any} */
const metaOf = (name, owner = 'acme') =>
  world.intake.spans({ key: KEYS[owner] }).find(span => span.name === name).meta
/** @param {any} value @returns {unknown} what dd-trace makes of it in the version that runs */
const sentOf = value => {
  if (keepsValues) return value
  return value ? { value: typeof value === 'string' ? value : JSON.stringify(value) } : {}
}

beforeAll(async () => {
  world = await run('experiments')
  const { version } = world.facts
  knowsExperiments = !/^5\.(83|100)\./.test(version)
  keepsValues = !version.startsWith('5.123.')
})

/** @param {() => void} check what holds where there are experiment spans */
const ofExperiments = check => () => {
  if (knowsExperiments) return check()
  expect(world.facts.message).toContain('Invalid span kind')
  expect(world.intake.spans()).toEqual([])
}

describe.each(Object.entries(VALUES))('%s', (name, value) => {
  for (const [where, owner] of /** @type {const} */ ([
    ['one', 'acme'],
    ['several', 'acme'],
    ['several', 'globex'],
    ['processed', 'acme']
  ])) {
    test(
      `arrives as dd-trace has made it: ${where}, at ${owner}`,
      ofExperiments(() => {
        const { input, output } = metaOf(`${where}: ${name}`, owner)
        expect([input, output]).toEqual([sentOf(value), sentOf(value)])
      })
    )
  }

  for (const where of ['silent', 'emptied']) {
    test(
      `is content: ${where} takes it away`,
      ofExperiments(() => expect(metaOf(`${where}: ${name}`)).toMatchObject({ input: {}, output: {} }))
    )
  }
})

for (const where of ['one', 'several', 'processed', 'silent', 'emptied']) {
  test(
    `${where}: what was never given stays away`,
    ofExperiments(() => {
      const { input, output } = metaOf(`${where}: nothing`)
      expect([input ?? {}, output ?? {}]).toEqual([{}, {}])
    })
  )
}
