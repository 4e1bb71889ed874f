'use strict'

const { startIntake } = require('../../testing')

/**
 * For a test file: starts intakes that are closed after the test that started them, and fails that test when an
 * intake noticed data of two owners together.
 *
 * @param {{ expectViolations?: boolean }} [settings]
 */
function intakes({ expectViolations = false } = {}) {
  /** @type {import('../../testing').Intake[]} */
  let open = []
  afterEach(async () => {
    const ended = open
    open = []
    await Promise.all(ended.map(intake => intake.close()))
    if (!expectViolations) expect(ended.flatMap(intake => intake.violations)).toEqual([])
  })
  return {
    /** @param {import('../../testing').IntakeOptions} [options] */
    async start(options) {
      const intake = await startIntake(options)
      open.push(intake)
      return intake
    }
  }
}

module.exports = { intakes }
