'use strict'

// A queue between two processes with BullMQ's calls: `new Queue(name)`, `queue.add(name, data)`, `new Worker(name, processor)`.
// It keeps its jobs in nothing but the channel between them, and what a job returns goes back to whoever added it.

class Queue {
  #child
  #waiting = new Map()
  #count = 0

  constructor(_name, { child }) {
    this.#child = child
    child.on('message', ({ id, result }) => this.#waiting.get(id)(result))
  }

  async add(name, data) {
    const id = this.#count++
    // As Redis would keep it.
    this.#child.send(JSON.stringify({ id, name, data }))
    return { id, finished: new Promise(resolve => this.#waiting.set(id, resolve)) }
  }
}

class Worker {
  constructor(_name, processor) {
    process.on('message', async text => {
      const job = JSON.parse(text)
      process.send({ id: job.id, result: await processor(job) })
    })
    process.once('disconnect', () => process.exit())
  }
}

module.exports = { Queue, Worker }
