'use strict'

/** What an import does not need: the native part, and all that an open instance is made of. */
const later = {
  binding: () => require('../binding'),
  open: () => require('./open'),
  metrics: () => require('./submit-metric')
}

module.exports = { later }
