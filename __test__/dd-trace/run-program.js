'use strict'

/** Runs the program with one of the two APIs, and prints what it threw. */

const { runProgram } = require('./program')

/** Both read the same environment. Spanlane is told to do outside contexts, and with mistakes, what dd-trace does. */
const APIS = {
  'dd-trace': () => require('dd-trace').init().llmobs,
  spanlane: () => require('../..').llmobs.init({ outsideContexts: 'default', onMisuse: 'throw' })
}

const name = /** @type {keyof typeof APIS} */ (process.argv[2])
runProgram(APIS[name]()).then(thrown => process.stdout.write(JSON.stringify(thrown)))
