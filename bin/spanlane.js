#!/usr/bin/env node
'use strict'

const { main } = require('../lib/cli/main')

// A reader that goes away (`| head`) ends the program quietly.
process.stdout.on('error', error => {
  if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EPIPE') process.exit(0)
  throw error
})

main(process.argv.slice(2), process, () => require('../index')).then(code => {
  process.exitCode = code
})
