'use strict'

/** @typedef {import('../../../testing').RequestRecord} RequestRecord */

/** A client that tries again sends the same bytes: more bodies than it could still be trying. */
const MAX_BODIES = 5000

/** Joins the tries of one body by its digest. */
class Tries {
  /** @type {Map<string, { attempts: number, isTaken: boolean }>} */
  #bodies = new Map()

  /**
   * @param {string} lane
   * @param {RequestRecord} request
   * @returns {{ attempt: number, isDuplicate: boolean }} a duplicate: the same body was taken before
   */
  note(lane, { bodySha256, accepted }) {
    if (bodySha256 === null) return { attempt: 1, isDuplicate: false }
    const name = `${bodySha256} ${lane}`
    const body = this.#bodies.get(name) ?? { attempts: 0, isTaken: false }
    const isDuplicate = accepted && body.isTaken
    body.attempts += 1
    body.isTaken ||= accepted
    this.#bodies.delete(name)
    this.#bodies.set(name, body)
    if (this.#bodies.size > MAX_BODIES)
      this.#bodies.delete(/** @type {string} */ (this.#bodies.keys().next().value))
    return { attempt: body.attempts, isDuplicate }
  }
}

module.exports = { Tries }
