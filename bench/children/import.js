'use strict'

// How long one module takes to load in a fresh process. Argument: its path as JSON.

const file = JSON.parse(process.argv[2])
const before = performance.now()
require(file)
const ms = performance.now() - before
process.send?.({ ms }, () => process.exit())
