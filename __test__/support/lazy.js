'use strict'

// What libraries return that does its work later: imitations of the one mechanism that matters.

const { Readable } = require('node:stream')

/** @typedef {(name: string) => void} Work what is done, wherever that is */

/** A stream of a model API, as OpenAI's and Anthropic's clients have it: `tee` opens no iterator that others see. */
class ApiStream {
  #open

  /** @param {() => AsyncIterator<any>} open */
  constructor(open) {
    this.#open = open
    this.controller = new AbortController()
  }

  [Symbol.asyncIterator]() {
    return this.#open()
  }

  tee() {
    /** @type {any[][]} */
    const queues = [[], []]
    const iterator = this.#open()
    return queues.map(
      (queue, number) =>
        new ApiStream(() => ({
          next() {
            if (queue.length === 0) {
              const step = iterator.next()
              for (const each of queues) each.push(step)
            }
            return queues[number].shift()
          }
        }))
    )
  }
}

/** A driver's cursor: `next` gives what was found, and null at the end. */
class Cursor {
  #found
  #work

  /**
   * @param {Work} work
   * @param {any[]} [found]
   */
  constructor(work, found = [{ number: 1, done: true }]) {
    this.#work = work
    this.#found = [...found]
  }

  async next() {
    await null
    this.#work('work')
    return this.#found.shift() ?? null
  }

  async *[Symbol.asyncIterator]() {
    try {
      for (let one = await this.next(); one !== null; one = await this.next()) yield one
    } finally {
      await this.close()
    }
  }

  async toArray() {
    const all = []
    for await (const one of this) all.push(one)
    return all
  }

  /** @param {(one: any) => void} callback */
  async forEach(callback) {
    for await (const one of this) callback(one)
  }

  async close() {
    this.#found = []
  }
}

/** Mongoose's: a Node stream that is iterated in a way of its own. */
class StreamCursor extends Readable {
  #cursor
  #isIterated = false

  /** @param {Cursor} cursor */
  constructor(cursor) {
    super({ objectMode: true, read() {} })
    this.#cursor = cursor
  }

  async next() {
    const value = await this.#cursor.next()
    return this.#isIterated ? { value, done: value === null } : value
  }

  // @ts-expect-error as there
  [Symbol.asyncIterator]() {
    this.#isIterated = true
    return this
  }

  /** @param {(one: any) => void} callback */
  async eachAsync(callback) {
    for (let one = await this.#cursor.next(); one !== null; one = await this.#cursor.next()) callback(one)
  }
}

/** A builder of queries: each copy can be run by itself. */
class Builder {
  #work

  /** @param {(name: string) => unknown} work */
  constructor(work) {
    this.#work = work
  }

  clone() {
    return new Builder(this.#work)
  }

  /**
   * @param {any} onFulfilled
   * @param {any} onRejected
   */
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what it is
  then(onFulfilled, onRejected) {
    return this.#run().then(onFulfilled, onRejected)
  }

  async #run() {
    await null
    return this.#work('work')
  }
}

module.exports = { ApiStream, Builder, Cursor, StreamCursor }
