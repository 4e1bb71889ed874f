'use strict'

const { NOOP_SPAN } = require('./apm-span')

/** The `done` of a callback that is not traced. */
function NOOP_DONE() {}

module.exports = { NOOP_DONE, NOOP_SPAN }
