'use strict'

// One sending thread. All threads of the process share one core.

const { parentPort, workerData } = require('node:worker_threads')
const { llmobs } = require('../..')
const { runLoad } = require('./load')

const { plan, issued, options, thread } = workerData

// Thousands of retries are expected; the figures at the end tell of them.
llmobs.init({ ...options, logger: {} })
runLoad(llmobs, plan, issued, thread).then(() => parentPort?.postMessage('done'))
