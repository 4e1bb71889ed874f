'use strict'

// An application whose global `Promise` is not the engine's. Arguments: whose it is, and whether it was there before
// Spanlane or came after it.

const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')
const [library, order] = process.argv.slice(2)

function replace() {
  if (library === 'zone.js') require('zone.js')
  else globalThis.Promise = require('bluebird')
}

if (order === 'before') replace()
const llmobs = open()
if (order === 'after') replace()
sayWhatGoesWrong()

const { promisify } = require('node:util')
const sleep = (ms, value) => new Promise(resolve => setTimeout(resolve, ms, value))
const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)
const TASK = { kind: 'task' }

async function main() {
  say(globalThis.Promise.name, inTenant('acme', async () => 1) instanceof globalThis.Promise)
  await Promise.all(
    ['acme', 'globex'].map(tenant =>
      inTenant(tenant, () =>
        llmobs.trace({ kind: 'workflow', name: 'request' }, async () => {
          await sleep(1)
          const answer = await llmobs.trace({ ...TASK, name: 'inner' }, () =>
            Promise.resolve(tenant).then(name => `${name}!`)
          )
          llmobs.trace({ ...TASK, name: 'after' }, () => {})
          say(answer)
        })
      )
    )
  )
  const made = inTenant('acme', () =>
    llmobs.trace({ ...TASK, name: 'made' }, () => new Promise(resolve => setTimeout(resolve, 2, 'made')))
  )
  say(typeof made.then, made.constructor === Promise, await made)
  if (library === 'bluebird') {
    const mapped = inTenant('globex', () =>
      llmobs.trace({ ...TASK, name: 'mapped' }, () => Promise.map([1, 2, 3], number => number * 2))
    )
    say(await mapped.filter(number => number > 2))
    say(
      await inTenant('acme', () =>
        llmobs.trace({ ...TASK, name: 'tapped' }, () => Promise.delay(2, 'late').tap(value => say(value)))
      )
    )
  }
  const wrapped = llmobs.wrap({ ...TASK, name: 'wrapped' }, async value => {
    await null
    return value + 1
  })
  say(await inTenant('acme', () => wrapped(1)))
  const values = inTenant('acme', () =>
    llmobs.trace({ ...TASK, name: 'generator' }, async function* () {
      yield 1
      await sleep(1)
      llmobs.trace({ ...TASK, name: 'in generator' }, () => {})
      yield 2
    })
  )
  await inTenant('globex', async () => {
    for await (const value of values) say(value)
  })
  await inTenant('globex', () =>
    llmobs.trace({ ...TASK, name: 'fails' }, () => Promise.reject(new Error('handled')))
  ).catch(error => say(error.message))
  inTenant(
    'globex',
    () =>
      void llmobs.trace({ ...TASK, name: 'unhandled' }, () => Promise.reject(new Error('nobody handles it')))
  )
  inTenant(
    'globex',
    () =>
      void llmobs.trace({ ...TASK, name: 'unhandled too' }, async () => {
        throw new Error('nobody handles this either')
      })
  )
  await sleep(20)
  const callback = llmobs.wrap({ ...TASK, name: 'callback' }, (value, callback) =>
    setTimeout(callback, 1, null, value)
  )
  say(await inTenant('acme', () => promisify(callback)('called')))
  await llmobs.flush()
}

main()
