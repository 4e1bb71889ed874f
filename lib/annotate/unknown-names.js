'use strict'

const { isSaid, shownName } = require('../values/near-names')

/** @typedef {import('../values/near-names').Names} Names */

/** Of so many unknown names something is said; more are data in the wrong place. */
const NAMES_MAX = 10

/**
 * Warns of what nobody reads, and reads what is certainly meant.
 *
 * @param {Capture} capture
 * @param {string} call that has the options
 * @param {Names} names
 * @param {object} options
 * @param {object} given what was read of them; gets what others call it
 */
function readUnknown(capture, call, names, options, given) {
  const fields = /** @type {Record<string, unknown>} */ (given)
  const unknown = capture.keys(options, '').filter(name => names.isUnknown(name) && isSaid(options, name))
  for (const name of unknown.slice(0, NAMES_MAX)) {
    const meant = capture.isStrict ? undefined : names.meantBy(name)
    const isTaken = meant !== undefined && (fields[meant] ?? undefined) === undefined
    if (isTaken) fields[meant] = capture.readOption(options, name)
    const what = `${call} does not know ${shownName(name)}${names.cureOf(name)}`
    // A name that is near to none is data, and another one each time.
    const kind = `${call} ${names.cureOf(name) === '' ? '' : name}`
    capture.warn(isTaken ? `${what} It was taken for it.` : what, kind)
  }
}

module.exports = { readUnknown }
