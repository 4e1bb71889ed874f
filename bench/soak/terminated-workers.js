'use strict'

// Workers that are terminated at random moments while they send: the process lives on, and what they had finished is
// accounted for.

const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { Worker } = require('node:worker_threads')
const { startIntake } = require('../../testing')
const { unbalanced } = require('../oracle/conservation')
const { Random } = require('../oracle/random')

const BUSY_WORKER = path.join(__dirname, '..', 'support', 'busy-worker.js')
const LIFE_MAX_MS = 250

const defaults = { workers: '1000', together: '4', seed: '0', main: 'yes' }

/** @param {typeof defaults} options `main: no`: only workers load the addon, and the last one unloads it */
async function run({ workers, together, seed: given, main }) {
  const seed = Number(given) || Date.now() % 1_000_000_007
  console.log(`seed ${seed}`)
  const random = new Random(seed)
  const intake = await startIntake({ maxRecordedEvents: 0 })
  const options = { mlApp: 'bench', intakeUrl: intake.url }
  const llmobs = main === 'yes' ? require('../..').llmobs.init({ ...options, logger: {} }) : null
  const finished = new Int32Array(new SharedArrayBuffer(4))
  const ends = { terminated: 0, exited: 0, threw: 0 }
  /** @type {string[]} */
  const problems = []
  let left = Number(workers)
  const lane = async () => {
    while (left > 0) {
      left -= 1
      const how = random.pick(/** @type {const} */ (['terminate', 'terminate', 'terminate', 'exit', 'throw']))
      const lifeMs = random.below(LIFE_MAX_MS)
      const worker = new Worker(BUSY_WORKER, { workerData: { options, finished, how, lifeMs } })
      const end = new Promise(resolve => {
        worker.once(
          'error',
          error => /the end of this worker/.test(String(error)) || problems.push(`${error}`)
        )
        worker.once('exit', resolve)
      })
      if (how === 'terminate') {
        await delay(lifeMs)
        await worker.terminate()
        ends.terminated += 1
      }
      const code = await end
      if (how === 'exit' && code === 0) ends.exited += 1
      else if (how === 'throw' && code === 1) ends.threw += 1
      else if (how !== 'terminate') problems.push(`a worker that should ${how} ended with ${code}`)
    }
  }
  await Promise.all(Array.from({ length: Number(together) }, lane))
  const figures = { seed, workers: Number(workers), ...ends, finishedSpans: finished[0] }
  if (llmobs !== null) {
    await llmobs.flush({ timeoutMs: 30_000 })
    const { total } = llmobs.stats()
    Object.assign(figures, {
      submitted: total.submitted,
      delivered: total.delivered,
      arrived: intake.counts.spans
    })
    if (unbalanced(total) !== 0) problems.push(`the counters do not add up: ${JSON.stringify(total)}`)
    // A worker may be terminated between the end of its span and the count of it.
    if (total.submitted < finished[0]) problems.push(`${finished[0]} finished, ${total.submitted} submitted`)
    if (total.delivered !== total.submitted) problems.push(`not delivered: ${JSON.stringify(total)}`)
    await llmobs.shutdown({ timeoutMs: 0 })
  }
  await intake.close()
  return { figures, problems }
}

module.exports = { defaults, run }
