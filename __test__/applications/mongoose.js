'use strict'

// Mongoose's queries, which do nothing until somebody waits for them, across two tenants. Its models are its own; the
// collection is a list.

const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const mongoose = require('mongoose')
const llmobs = open()

const ORDERS = [
  { _id: 1, tenant: 'acme', price: 3 },
  { _id: 2, tenant: 'globex', price: 5 },
  { _id: 3, tenant: 'acme', price: 7 }
]

const schema = new mongoose.Schema({ _id: Number, tenant: String, price: Number })
schema.pre('find', async () => {
  await new Promise(resolve => setTimeout(resolve, 1))
  llmobs.trace({ kind: 'task', name: 'before find' }, () => {})
})
schema.post('find', () => {
  llmobs.trace({ kind: 'task', name: 'after find' }, () => {})
})
const Order = mongoose.model('Order', schema)

/** What the driver would do. */
const matching = filter =>
  ORDERS.filter(order => Object.entries(filter).every(([name, value]) => order[name] === value))
Object.assign(Order.collection, {
  // Nothing waits for a connection.
  buffer: false,
  find: filter => {
    llmobs.trace({ kind: 'tool', name: 'driver' }, () => {})
    const found = matching(filter)
    return {
      toArray: async () => found,
      next: async () => found.shift() ?? null,
      close: async () => {},
      stream: () => require('node:stream').Readable.from(found)
    }
  },
  findOne: async filter => {
    llmobs.trace({ kind: 'tool', name: 'driver' }, () => {})
    if (filter._id === 99) throw new Error('the driver failed')
    return matching(filter)[0] ?? null
  }
})

const inTenant = (tenant, fn) => llmobs.withRoutingContext(TENANTS[tenant], fn)
const ordersOf = llmobs.wrap({ kind: 'retrieval', name: 'orders' }, tenant => Order.find({ tenant }))
const orderOf = llmobs.wrap({ kind: 'retrieval', name: 'order' }, _id => Order.findOne({ _id }))

async function main() {
  const query = inTenant('acme', () => ordersOf('acme'))
  say(query instanceof mongoose.Query, query.op, query.getFilter())
  // Awaited in the other tenant, and built on there.
  const found = await inTenant('globex', async () => {
    const orders = await query.sort({ price: -1 })
    llmobs.trace({ kind: 'task', name: 'own work' }, () => {})
    return orders
  })
  say(found.length, found[0].constructor.modelName)
  await query.then(
    () => say('ran twice'),
    error => say(error.name)
  )
  say(await inTenant('globex', () => ordersOf('globex').lean().exec()))
  say(await inTenant('acme', () => ordersOf('acme').then(orders => orders.map(({ price }) => price))))
  const one = inTenant('acme', () => orderOf(1))
  say(await inTenant('globex', async () => (await one.select('price').lean()).price))
  await inTenant('globex', () => orderOf(99).orFail()).catch(error => say(error.name, error.message))
  say(
    await inTenant('globex', () =>
      orderOf(50)
        .orFail()
        .catch(error => error.name)
    )
  )
  // A cursor, read elsewhere.
  const cursor = inTenant('acme', () =>
    llmobs.trace({ kind: 'retrieval', name: 'cursor' }, () => Order.find({}).cursor())
  )
  await inTenant('globex', async () => {
    for await (const order of cursor) say('cursor', order._id)
  })
  // Nobody handles it.
  inTenant('acme', () => void orderOf(99).exec())
  await new Promise(resolve => setTimeout(resolve, 10))
}

main()
