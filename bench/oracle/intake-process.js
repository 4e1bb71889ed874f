'use strict'

// The oracle's intake, in a process of its own. Started with the plan as JSON. Says { url } when it listens; answers
// { ask: 'report' } with what it saw, { ask: 'heal' } by treating everybody well from then on.

const { keyFingerprint, startIntake } = require('../../testing')
const { Faults } = require('./faults')
const { ID_TAG, Ledger, numberOf } = require('./ledger')
const { isPoison, isRevoked, placeOf } = require('./plan')

/**
 * @typedef {import('./plan').Plan} Plan
 * @typedef {import('../../testing').Action} Action
 * @typedef {import('../../testing').RequestRecord} RequestRecord
 * @typedef {import('../../testing').WireEvent} WireEvent
 */

/** @type {Plan} */
const plan = JSON.parse(process.argv[2])
const ledger = new Ledger(plan)
const faults = new Faults(plan)
let isHealed = false

const revoked = new Set(
  Array.from({ length: plan.tenants }, (_, owner) => owner)
    .filter(owner => isRevoked(plan, owner))
    .map(owner => {
      const { ddApiKey, ddSite } = placeOf(plan, owner)
      return `${ddSite} ${keyFingerprint(ddApiKey)}`
    })
)

/**
 * @param {RequestRecord} request
 * @param {readonly WireEvent[]} events
 * @returns {Action | null}
 */
function treat(request, events) {
  ledger.inspect(request, events)
  if (revoked.has(`${request.site} ${request.keyFingerprint}`)) return { status: 403 }
  const isRefused = events.some(event => isPoison(plan, numberOf(event, ID_TAG)))
  const fault = isHealed ? null : faults.next()
  // An intake that takes a body and loses the answer still takes only what it would take.
  if (fault !== null) return isRefused ? { status: 400, ...fault, accept: false } : fault
  return isRefused ? { status: 400 } : null
}

/**
 * @param {RequestRecord} request
 * @param {readonly WireEvent[]} events
 */
function take(request, events) {
  if (request.accepted) ledger.accept(events)
}

async function main() {
  const intake = await startIntake({ script: treat, log: take, maxRecordedEvents: 0 })
  process.on('message', (/** @type {{ ask: 'report' | 'heal' }} */ { ask }) => {
    if (ask === 'heal') {
      isHealed = true
      process.send?.({})
      return
    }
    process.send?.({
      ...ledger.entries,
      requests: intake.counts.requests,
      byStatus: intake.counts.byStatus,
      violations: intake.violations.map(({ message }) => message)
    })
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ url: intake.url })
}

main()
