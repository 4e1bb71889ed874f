'use strict'

/** The name of a span that an intake refuses, where it is told to refuse any. */
const POISON = 'poison'

module.exports = { POISON }
