'use strict'

const { atMost, byNode, mapped, ofPeer, spread, whole } = require('../tables')

/** Microseconds to enter by key, by tenants: on Node 20, and on those after it. */
const ENTERED_US = /** @type {Record<number, [number, number]>} */ ({ 1: [0.2, 0.6], 10000: [0.6, 1.6] })
/** CPU of `createLLMObs` in a fresh process. */
const OPENED_MS = 15

/** @type {import('../tables').Section} */
const routes = {
  workload: 'routes',
  title: 'Entering a context, opening an instance',
  text: () => `Microseconds of the JavaScript thread's CPU time for one context with nothing in it, in processes of their own which take
turns: \`routingContext\` with an object of key and site that is made for each call, the tenants in turn. **none** calls the
callback and is part of all others; with **routes kept** the application has opened each tenant's route once and gives that.

The second table is a fresh process that opens an instance, with the files that this loads (the module itself is under
Footprint): the median of many, and their lowest and highest. CPU time is that of all threads. Both load what users install: of
Spanlane the package as it is published, which has the modules of a first span in one file.
`,
  tables: ({ rows, opened }) => [
    rows.map((/** @type {any} */ { tenants, us }) => ({
      tenants: whole(tenants),
      ...mapped(us, spread)
    })),
    opened.map((/** @type {any} */ { peer, cpuMs, wallMs }) => ({
      peer,
      'CPU ms': spread(cpuMs),
      'wall ms': spread(wallMs)
    }))
  ],
  goals: ({ rows, opened }, entry) => [
    ...rows.flatMap((/** @type {any} */ { tenants, us }) => {
      const goal = ENTERED_US[tenants]
      const what = `routes: by key, ${whole(tenants)} ${tenants === 1 ? 'tenant' : 'tenants'}`
      return goal === undefined ? [] : [atMost(what, us.spanlane.median, byNode(entry, ...goal), ' us')]
    }),
    atMost('routes: CPU of createLLMObs', ofPeer(opened, 'spanlane').cpuMs.median, OPENED_MS, ' ms')
  ]
}

module.exports = { routes }
