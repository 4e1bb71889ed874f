'use strict'

/**
 * The newest of what came, within a number and a weight: what is over goes out at the old end.
 *
 * @template T
 */
class Newest {
  /** @type {{ item: T, weight: number }[]} */
  #kept = []
  /** Where the oldest is: taking from the front of a long array would move all that follows. */
  #head = 0
  #weight = 0
  #maxItems
  #maxWeight
  #onDrop

  /**
   * @param {number} maxItems
   * @param {number} maxWeight
   * @param {(item: T) => void} onDrop told of each that went
   */
  constructor(maxItems, maxWeight, onDrop) {
    this.#maxItems = maxItems
    this.#maxWeight = maxWeight
    this.#onDrop = onDrop
  }

  get size() {
    return this.#kept.length - this.#head
  }

  get weight() {
    return this.#weight
  }

  /**
   * @param {T} item
   * @param {number} weight
   */
  push(item, weight) {
    this.#kept.push({ item, weight })
    this.#weight += weight
    while (this.size > this.#maxItems || (this.#weight > this.#maxWeight && this.size > 0)) this.#drop()
  }

  /** @returns {Generator<T>} oldest first */
  *[Symbol.iterator]() {
    for (let at = this.#head; at < this.#kept.length; at += 1) yield this.#kept[at].item
  }

  clear() {
    this.#kept = []
    this.#head = 0
    this.#weight = 0
  }

  #drop() {
    const { item, weight } = this.#kept[this.#head]
    this.#head += 1
    this.#weight -= weight
    if (this.#head * 2 > this.#kept.length) {
      this.#kept = this.#kept.slice(this.#head)
      this.#head = 0
    }
    this.#onDrop(item)
  }
}

module.exports = { Newest }
