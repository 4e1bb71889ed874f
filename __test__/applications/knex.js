'use strict'

// knex's builders and their streams across two tenants, one of them returned by many calls.

const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const { newDb } = require('pg-mem')
const llmobs = open()

const db = newDb()
const knex = db.adapters.createKnex()
const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)

async function main() {
  await knex.schema.createTable('orders', table => {
    table.integer('id')
    table.text('tenant')
  })
  await knex('orders').insert([
    { id: 1, tenant: 'acme' },
    { id: 2, tenant: 'globex' },
    { id: 3, tenant: 'acme' }
  ])
  knex.on('query', () => llmobs.trace({ kind: 'tool', name: 'query' }, () => {}))
  const ordersOf = llmobs.wrap({ kind: 'retrieval', name: 'orders' }, tenant =>
    knex('orders').where({ tenant })
  )

  const builder = inTenant('acme', () => ordersOf('acme'))
  await inTenant('globex', async () => {
    say(await builder.clone().select('id').orderBy('id'))
    say(await builder.select('id').orderBy('id', 'desc'))
  })
  say(await inTenant('globex', () => ordersOf('globex').first()))
  say(await inTenant('globex', () => ordersOf('globex').then(rows => rows.length)))
  say(
    await inTenant('acme', () =>
      llmobs.trace({ kind: 'task', name: 'count' }, () => knex('orders').count('id as n').first())
    )
  )
  await inTenant('acme', () => llmobs.trace({ kind: 'task', name: 'wrong' }, () => knex('nothing'))).catch(
    error => say('failed', error.name)
  )
  // One builder that everybody gets.
  const shared = knex('orders').where({ id: 2 })
  for (let call = 0; call < 50; call++) {
    const tenant = call % 2 ? 'acme' : 'globex'
    await inTenant(tenant, () => llmobs.trace({ kind: 'task', name: 'shared' }, async () => shared))
  }
  say(await inTenant('globex', async () => shared))
  const [a, b] = await Promise.all([
    inTenant('acme', () => ordersOf('acme')),
    inTenant('globex', () => ordersOf('globex'))
  ])
  say(a.length, b.length)
  await inTenant('acme', () =>
    llmobs.trace({ kind: 'workflow', name: 'transaction' }, () =>
      knex.transaction(async transaction => {
        await transaction('orders').insert({ id: 4, tenant: 'acme' })
        llmobs.trace({ kind: 'task', name: 'in it' }, () => {})
      })
    )
  )
  await knex.destroy()
}

main()
