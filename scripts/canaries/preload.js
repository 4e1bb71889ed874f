'use strict'

// Loaded before anything else in every process of the suite (NODE_OPTIONS): notes the keys that the core is given,
// and all that is written to the two outputs. Both go to files of the folder in SPANLANE_CANARIES.

const { appendFileSync } = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')

const folder = String(process.env.SPANLANE_CANARIES)
const mine = `${process.pid}-${threadId}`
/** What takes a key, and at which place of its arguments. */
const TAKERS = Object.freeze({ openRoute: 0, rotate: 1 })
const wrapped = new WeakSet()

const { dlopen } = process
process.dlopen = function (/** @type {[any, ...any[]]} */ ...args) {
  Reflect.apply(dlopen, this, args)
  const core = args[0]?.exports?.Core?.prototype
  if (core === undefined || wrapped.has(core)) return
  wrapped.add(core)
  for (const [name, place] of Object.entries(TAKERS)) {
    const take = core[name]
    core[name] = function (/** @type {unknown[]} */ ...values) {
      note('keys', `${JSON.stringify(values[place])}\n`)
      return Reflect.apply(take, this, values)
    }
  }
}

for (const output of [process.stdout, process.stderr]) {
  const { write } = output
  output.write = function (/** @type {any[]} */ ...args) {
    note('output', args[0])
    return Reflect.apply(write, this, args)
  }
}

/**
 * @param {'keys' | 'output'} what
 * @param {any} text
 */
function note(what, text) {
  try {
    appendFileSync(path.join(folder, `${what}-${mine}`), text)
  } catch (error) {
    // A test's process that may write no file may load no addon either: it has no keys.
    if (/** @type {any} */ (error).code !== 'ERR_ACCESS_DENIED') throw error
  }
}

// A test of what an import loads looks at the list of loaded files.
delete require.cache[__filename]
