'use strict'

/** What an import does not need: what the calls do, the native part, and all that an open instance is made of. */
const later = {
  calls: () => require('./calls'),
  binding: () => require('../binding'),
  open: () => require('./open'),
  metrics: () => require('../evaluate/submit')
}

module.exports = { later }
