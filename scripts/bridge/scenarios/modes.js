'use strict'

// Through an agent, before the agent has answered, and in AWS Lambda.

/** @typedef {import('../scenarios').World} World */

/** @type {Record<string, import('../scenarios').Scenario | ((world: World) => unknown)>} */
module.exports = {
  'agent mode': {
    init: { agentlessEnabled: false },
    async run({ within, span, acme, wait }) {
      within(acme, () => span('one'))
      await wait(1500)
    }
  },

  // The agent answers after three seconds.
  'mode not decided': {
    init: { agentlessEnabled: undefined },
    async run({ within, span, acme, wait }) {
      within(acme, () => {
        for (let count = 0; count < 1500; count++) span('one')
      })
      await wait(5000)
    }
  },

  async lambda({ within, span, acme, wait }) {
    within(acme, () => {
      for (let count = 0; count < 20; count++) span('one')
    })
    await wait(1500)
  }
}
