'use strict'

// Ends with spans open. Arguments: how many, and `exit` to end by process.exit.

const { llmobs } = require('../../..')

const KEPT = [
  () => llmobs.trace({ kind: 'task' }, () => new Promise(() => {})),
  () => llmobs.trace({ kind: 'task' }, async function* () {}),
  () => llmobs.wrap({ kind: 'task' }, _callback => {})(() => {})
]

/** @type {any} */
const holder = globalThis
holder.kept = KEPT.slice(0, Number(process.argv[2])).map(open => open())
llmobs.trace({ kind: 'task', name: 'done' }, () => {})
if (process.argv[3] === 'exit') process.exit()
