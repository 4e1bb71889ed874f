'use strict'

// A program as applications are: functions that await, call back, yield, stream and hand work to others, of several
// tenants at once. What runs where is drawn; whose each span is was decided before it started.

const { EventEmitter } = require('node:events')
const { PassThrough, Readable, pipeline } = require('node:stream')
const { ReadableStream, TransformStream, WritableStream } = require('node:stream/web')
const { setImmediate: immediate, setTimeout: later } = require('node:timers/promises')

/** @typedef {import('./genealogy').Place} Place */
/** @typedef {() => unknown} Job */

const KINDS = ['workflow', 'task', 'agent', 'tool', 'llm']
const LEVELS_MAX = 6
const CHUNKS_MAX = 4
/** Jobs that wait for some program to do them: beyond it they are done at once. */
const POOL_MAX = 500

/**
 * What programs share.
 *
 * @typedef {object} World
 * @property {import('../..').LLMObs} llmobs
 * @property {import('./random').Random} random
 * @property {import('./genealogy').Genealogy} genealogy
 * @property {import('../..').RoutingContextOptions[]} destinations by owner
 * @property {() => boolean} isDone whether no program begins anything more
 * @property {Job[]} pool work of some program that another one will do
 */

class MixedProgram {
  #world

  /** @param {World} world */
  constructor(world) {
    this.#world = world
  }

  /**
   * Works until enough was done.
   *
   * @param {number} owner
   */
  async run(owner) {
    const { llmobs, destinations, isDone } = this.#world
    while (!isDone()) {
      const place = { owners: [owner], parent: null }
      await llmobs.withRoutingContext(destinations[owner], () => this.#work(place, 0))
    }
  }

  /**
   * @param {Place} place
   * @param {number} level
   */
  async #work(place, level) {
    for (let steps = 1 + this.#world.random.below(4); steps > 0 && !this.#world.isDone(); steps--) {
      const step = this.#world.random.pick(level < LEVELS_MAX ? STEPS : LEAVES)
      await step.call(this, place, level + 1)
    }
  }

  /**
   * @param {Place} place where it starts
   * @returns {{ options: { kind: any, name: string }, inside: Place }}
   */
  #newSpan(place) {
    const { genealogy, random } = this.#world
    const number = genealogy.issue(place)
    return {
      options: { kind: random.pick(KINDS), name: String(number) },
      inside: { owners: place.owners, parent: number }
    }
  }

  /** @param {Place} place */
  leaf(place) {
    this.#world.llmobs.trace(this.#newSpan(place).options, () => {})
  }

  pause() {
    switch (this.#world.random.below(5)) {
      case 0:
        return immediate()
      case 1:
        return later(this.#world.random.below(3))
      case 2:
        return new Promise(resolve => process.nextTick(resolve))
      case 3:
        return new Promise(resolve => queueMicrotask(() => resolve(undefined)))
      default:
        return null
    }
  }

  /**
   * Runs `fn` in another routing context, of the same tenant or others.
   *
   * @template T
   * @param {Place} place
   * @param {(place: Place) => T} fn
   * @returns {T}
   */
  #elsewhere(place, fn) {
    const { llmobs, random, destinations } = this.#world
    const owners = [random.chance(0.3) ? place.owners[0] : random.below(destinations.length)]
    if (random.chance(0.2))
      owners.push((owners[0] + 1 + random.below(destinations.length - 1)) % destinations.length)
    const routes = owners.map(owner => destinations[owner])
    const given = routes.length === 1 ? routes[0] : { targets: routes }
    const route = random.chance(0.3) ? llmobs.route(given) : given
    return llmobs.withRoutingContext(route, () => fn({ owners, parent: place.parent }))
  }

  /** @param {Place} place @param {number} level */
  async awaits(place, level) {
    const { options, inside } = this.#newSpan(place)
    await this.#world.llmobs.trace(options, async () => {
      await this.pause()
      await this.#work(inside, level)
      await this.pause()
      this.leaf(inside)
    })
    this.leaf(place)
  }

  /** @param {Place} place */
  async returnsAtOnce(place) {
    const { options, inside } = this.#newSpan(place)
    this.#world.llmobs.trace(options, () => {
      this.leaf(inside)
      this.leaf(inside)
    })
  }

  /** @param {Place} place */
  async callsBack(place) {
    const { options, inside } = this.#newSpan(place)
    await new Promise(resolve => {
      this.#world.llmobs.trace(options, (/** @type {any} */ _span, /** @type {any} */ done) => {
        setTimeout(() => {
          this.leaf(inside)
          done(null)
          resolve(undefined)
        }, this.#world.random.below(2))
      })
    })
  }

  /** @param {Place} place @param {number} level */
  async isWrapped(place, level) {
    const { options, inside } = this.#newSpan(place)
    const wrapped = this.#world.llmobs.wrap(options, async (/** @type {number} */ value) => {
      await this.pause()
      await this.#work(inside, level)
      return value
    })
    await wrapped(1)
  }

  /** @param {Place} place */
  async fails(place) {
    const { options, inside } = this.#newSpan(place)
    const failing = this.#world.llmobs.trace(options, async () => {
      await this.pause()
      this.leaf(inside)
      throw new Error('as drawn')
    })
    await failing.catch(() => this.leaf(place))
  }

  /** @param {Place} place @param {number} level */
  async changesContext(place, level) {
    await this.#elsewhere(place, other => this.#work(other, level))
  }

  /** @param {Place} place @param {number} level */
  async works(place, level) {
    await Promise.all([this.#work(place, level), this.#elsewhere(place, other => this.#work(other, level))])
  }

  /** @param {Place} place */
  async yields(place) {
    const { options, inside } = this.#newSpan(place)
    const chunks = this.#world.random.below(CHUNKS_MAX)
    const self = this
    const iterator = this.#world.llmobs.trace(options, () =>
      (function* () {
        for (let chunk = 0; chunk <= chunks; chunk++) {
          self.leaf(inside)
          yield chunk
        }
      })()
    )
    const isLeft = this.#world.random.chance(0.2)
    this.#elsewhere(place, other => {
      for (const _ of iterator) {
        this.leaf(other)
        if (isLeft) break
      }
    })
  }

  /** @param {Place} place @param {number} level */
  async yieldsLater(place, level) {
    const { options, inside } = this.#newSpan(place)
    const chunks = this.#world.random.below(CHUNKS_MAX)
    const self = this
    const iterator = this.#world.llmobs.trace(options, () =>
      (async function* () {
        for (let chunk = 0; chunk <= chunks; chunk++) {
          await self.pause()
          self.leaf(inside)
          if (chunk === 0) await self.#work(inside, level)
          yield chunk
        }
      })()
    )
    await this.#read(place, iterator)
  }

  /** @param {Place} place */
  async isLazy(place) {
    const { options, inside } = this.#newSpan(place)
    const query = this.#world.llmobs.trace(options, () => ({
      // biome-ignore lint/suspicious/noThenProperty: what query builders return
      then: (/** @type {(value: number) => void} */ resolve) => {
        this.leaf(inside)
        Promise.resolve(this.pause()).then(() => {
          this.leaf(inside)
          resolve(1)
        })
      }
    }))
    await this.#elsewhere(place, async other => {
      await /** @type {any} */ (query)
      this.leaf(other)
    })
  }

  /** @param {Place} place */
  async streams(place) {
    const { options, inside } = this.#newSpan(place)
    let chunks = this.#world.random.below(CHUNKS_MAX)
    const self = this
    const stream = this.#world.llmobs.trace(
      options,
      () =>
        new Readable({
          objectMode: true,
          read() {
            self.leaf(inside)
            this.push(chunks-- > 0 ? chunks : null)
          }
        })
    )
    await this.#read(place, stream)
  }

  /** @param {Place} place */
  async streamsToTheWeb(place) {
    const { options, inside } = this.#newSpan(place)
    await this.#read(
      place,
      this.#world.llmobs.trace(options, () => this.#webStream(inside))
    )
  }

  /** @param {Place} inside where it pulls */
  #webStream(inside) {
    let chunks = this.#world.random.below(CHUNKS_MAX)
    return new ReadableStream({
      pull: async controller => {
        await this.pause()
        this.leaf(inside)
        if (chunks-- > 0) controller.enqueue(new Uint8Array([chunks]))
        else controller.close()
      }
    })
  }

  /** Two readers of different tenants, one of which may leave. @param {Place} place */
  async streamsToTwo(place) {
    const { options, inside } = this.#newSpan(place)
    const stream = this.#world.llmobs.trace(options, () => this.#webStream(inside))
    await Promise.all(stream.tee().map(branch => this.#read(place, branch)))
  }

  /** What stands behind a stream is its reader's. @param {Place} place */
  async pipes(place) {
    const { options, inside } = this.#newSpan(place)
    const stream = this.#world.llmobs.trace(options, () => this.#webStream(inside))
    await this.#elsewhere(place, async other => {
      const transform = (/** @type {any} */ chunk, /** @type {any} */ controller) => {
        this.leaf(other)
        controller.enqueue(chunk)
      }
      const write = () => this.leaf(other)
      await stream.pipeThrough(new TransformStream({ transform })).pipeTo(new WritableStream({ write }))
      this.leaf(other)
    })
  }

  /** As route handlers of web frameworks do: the body is read when the handler is long over. @param {Place} place */
  async responds(place) {
    const { options, inside } = this.#newSpan(place)
    const response = await this.#world.llmobs.trace(options, async () => {
      await this.pause()
      return new Response(/** @type {any} */ (this.#webStream(inside)))
    })
    await this.#elsewhere(place, async other => {
      const copy = this.#world.random.chance(0.5) ? response.clone() : null
      await Promise.all([response.arrayBuffer(), copy?.text()])
      this.leaf(other)
    })
  }

  /** @param {Place} place */
  async pipesInNode(place) {
    const { options, inside } = this.#newSpan(place)
    const self = this
    const source = this.#world.llmobs.trace(options, () =>
      Readable.from(
        (async function* () {
          await self.pause()
          self.leaf(inside)
          yield 'chunk'
          self.leaf(inside)
        })()
      )
    )
    await this.#elsewhere(place, other => {
      const sink = new PassThrough()
      sink.on('data', () => this.leaf(other))
      return new Promise((resolve, reject) =>
        pipeline(source, sink, error => (error ? reject(error) : resolve(undefined)))
      )
    })
  }

  /** A query that is kept: who made it does its work, and all who return it wait for it. @param {Place} place */
  async isKept(place) {
    const { llmobs, random } = this.#world
    const outer = this.#newSpan(place)
    const { options, inside } = this.#newSpan(outer.inside)
    /** @type {Promise<number> | null} */
    let running = null
    const work = async () => {
      await this.pause()
      this.leaf(inside)
      return 1
    }
    const kept = {
      // biome-ignore lint/suspicious/noThenProperty: what query builders return
      then: (/** @type {any} */ resolve, /** @type {any} */ reject) => {
        running ??= work()
        return running.then(resolve, reject)
      }
    }
    const query = llmobs.trace(outer.options, () => llmobs.trace(options, () => kept))
    await this.#elsewhere(place, async other => {
      await /** @type {any} */ (query)
      this.leaf(other)
    })
    for (let calls = random.below(3); calls > 0; calls--) {
      await llmobs.trace(this.#newSpan(place).options, () => /** @type {any} */ (kept))
      this.leaf(place)
    }
  }

  /** Steps by hand, with an error thrown into the body. @param {Place} place */
  async isThrownAt(place) {
    const { options, inside } = this.#newSpan(place)
    const self = this
    const iterator = this.#world.llmobs.trace(options, () =>
      (async function* () {
        try {
          yield 1
        } catch {
          await self.pause()
          self.leaf(inside)
        } finally {
          self.leaf(inside)
        }
      })()
    )
    await this.#elsewhere(place, async other => {
      await iterator.next()
      this.leaf(other)
      await iterator.throw(new Error('as drawn'))
      this.leaf(other)
    })
  }

  /** The callback is called by what it was given to, and runs where that does. @param {Place} place */
  async isWrappedWithCallback(place) {
    await this.#elsewhere(place, other => {
      const { options, inside } = this.#newSpan(other)
      const wrapped = this.#world.llmobs.wrap(
        options,
        (/** @type {number} */ value, /** @type {any} */ callback) => {
          Promise.resolve(this.pause()).then(() => {
            this.leaf(inside)
            callback(null, value)
          })
        }
      )
      return new Promise(resolve => wrapped(1, () => resolve(this.leaf(inside))))
    })
  }

  /**
   * Somebody of another context reads, to the end or not.
   *
   * @param {Place} place
   * @param {AsyncIterable<unknown>} iterable
   */
  async #read(place, iterable) {
    const isLeft = this.#world.random.chance(0.2)
    await this.#elsewhere(place, async other => {
      for await (const _ of iterable) {
        this.leaf(other)
        if (isLeft) break
      }
      this.leaf(other)
    })
  }

  /** @param {Place} place */
  async listens(place) {
    const emitter = new EventEmitter()
    emitter.once(
      'work',
      this.#world.llmobs.bindRoutingContext(() => this.leaf(place))
    )
    this.#elsewhere(place, () => emitter.emit('work'))
  }

  /** Work that another program does, in the context of this one. @param {Place} place @param {number} level */
  async handsOver(place, level) {
    const { llmobs, pool } = this.#world
    const job = llmobs.bindRoutingContext(() => this.#work(place, level))
    if (pool.length < POOL_MAX) pool.push(job)
    else await job()
  }

  /** The same by what crosses threads and queues. @param {Place} place @param {number} level */
  async sends(place, level) {
    const { llmobs, pool } = this.#world
    const exported = place.parent === null ? undefined : llmobs.exportSpan()
    const message = JSON.stringify({ route: llmobs.currentRoute(), parent: exported })
    const receive = () => {
      const { route, parent } = JSON.parse(message)
      const { options, inside } = this.#newSpan(place)
      return llmobs.withRoutingContext(llmobs.route(route), () =>
        llmobs.trace({ ...options, parent: parent ?? undefined }, () => this.#work(inside, level))
      )
    }
    if (place.parent !== null && pool.length < POOL_MAX) pool.push(receive)
  }

  /** What somebody else named as parent, in whatever context. @param {Place} place */
  async namesAnother(place) {
    const { llmobs, random } = this.#world
    const { options, inside } = this.#newSpan(place)
    const span = llmobs.trace(options, own => own)
    const exported = JSON.parse(JSON.stringify(llmobs.exportSpan(span)))
    this.#elsewhere(place, other => {
      // A span of this process decides, a reference does not.
      const isSpan = random.chance(0.5)
      const child = this.#newSpan(isSpan ? inside : { owners: other.owners, parent: inside.parent })
      llmobs.trace({ ...child.options, parent: isSpan ? span : exported }, () => this.leaf(child.inside))
    })
  }

  /** Does what another program has handed over. */
  async takes() {
    const job = this.#world.pool.shift()
    if (job !== undefined) await job()
  }
}

const { prototype } = MixedProgram
/** Steps that begin nothing below. @type {((place: Place, level: number) => Promise<void>)[]} */
const LEAVES = [
  prototype.returnsAtOnce,
  prototype.callsBack,
  prototype.fails,
  prototype.yields,
  prototype.isLazy,
  prototype.streams,
  prototype.streamsToTheWeb,
  prototype.streamsToTwo,
  prototype.pipes,
  prototype.pipesInNode,
  prototype.responds,
  prototype.isKept,
  prototype.isThrownAt,
  prototype.isWrappedWithCallback,
  prototype.listens,
  prototype.namesAnother,
  prototype.takes
]
const STEPS = [
  ...LEAVES,
  prototype.awaits,
  prototype.isWrapped,
  prototype.changesContext,
  prototype.works,
  prototype.yieldsLater,
  prototype.handsOver,
  prototype.sends
]

module.exports = { MixedProgram }
