'use strict'

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')

/**
 * @typedef {import('./intake-process').Plan} Plan
 * @typedef {import('./intake-process').Report} Report
 */

/**
 * Starts an intake in another process.
 * @param {Partial<Plan>} plan
 */
async function openIntake({ delayMs = 0, blackHoledKeys = [], faultShare = 0 }) {
  const plan = JSON.stringify({ delayMs, blackHoledKeys, faultShare })
  const child = fork(path.join(__dirname, 'intake-process.js'), [plan])
  const [{ url }] = await once(child, 'message')
  return {
    /** @type {string} */
    url,
    /** @returns {Promise<Report>} */
    async report() {
      child.send({ ask: 'report' })
      const [report] = await once(child, 'message')
      return report
    },
    async close() {
      child.disconnect()
      await once(child, 'exit')
    }
  }
}

module.exports = { openIntake }
