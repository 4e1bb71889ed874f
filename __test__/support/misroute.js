'use strict'

// Preloaded into the demo: sends one customer's spans along the route of another, to show that the demo notices.

const { llmobs } = require('spanlane')
const { customers } = require('../../examples/three-customers/customers')

const [victim, receiver] = customers
const original = llmobs.withRoutingContext

Object.defineProperty(llmobs, 'withRoutingContext', {
  value: (/** @type {{ tenant: string }} */ route, /** @type {() => unknown} */ fn) => {
    const wrong = { ddApiKey: receiver.key, ddSite: receiver.site, tenant: receiver.name }
    return original.call(llmobs, route.tenant === victim.name ? wrong : route, fn)
  }
})
