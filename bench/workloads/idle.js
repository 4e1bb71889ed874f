'use strict'

/** Tenants that do nothing: memory of each, CPU of all. */

const { rounded } = require('../support/summary')

const name = 'idle'
const nodes = /** @type {const} */ ('main')

/** @param {import('./context').Context} context */
async function measure(context) {
  const { tenants, watchMs } = context.scale.idle
  const intake = await context.openBlackIntake()
  const plan = { url: intake.url, tenants, watchMs }
  const child = context.openMeasured('idle.js', plan, { nodeOptions: ['--expose-gc'] })
  const { delivered, bytesPerTenant, idleCpuShare } = await child.next()
  await child.close()
  await intake.close()
  return {
    tenants,
    delivered,
    bytesPerTenant: Math.round(bytesPerTenant),
    idleCpuPercent: rounded(100 * idleCpuShare)
  }
}

/**
 * @param {any} result
 * @returns {string[]}
 */
function problems({ tenants, delivered }) {
  return tenants === delivered ? [] : [`${delivered} of ${tenants} arrived`]
}

module.exports = { name, nodes, measure, problems }
