'use strict'

const { fork } = require('node:child_process')

/**
 * A process that answers one question at a time.
 *
 * @template [Answer=any]
 * @param {string} file
 * @param {unknown} plan its one argument, as JSON
 * @param {import('node:child_process').ForkOptions} [options]
 */
function openChild(file, plan, options = {}) {
  const child = fork(file, [JSON.stringify(plan)], { serialization: 'advanced', ...options })
  return {
    child,
    /** @returns {Promise<Answer>} the next message; rejects when the process ends without one */
    next() {
      return new Promise((resolve, reject) => {
        const onExit = (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
          child.off('message', onMessage)
          reject(new Error(`the child process ended: ${signal ?? code}`))
        }
        const onMessage = (/** @type {any} */ message) => {
          child.off('exit', onExit)
          resolve(message)
        }
        child.once('exit', onExit)
        child.once('message', onMessage)
      })
    },
    /**
     * @param {Record<string, unknown>} question
     * @returns {Promise<Answer>}
     */
    ask(question) {
      const answer = this.next()
      child.send(question)
      return answer
    },
    /** @returns {Promise<void>} when the process has ended */
    close() {
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
      return new Promise(resolve => {
        child.once('exit', () => resolve())
        if (child.connected) child.disconnect()
      })
    }
  }
}

module.exports = { openChild }
