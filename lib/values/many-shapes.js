'use strict'

/** More than the engine keeps apart at one place. */
const SHAPES = 8
/** So often each is read: what runs seldom the engine does not look at. */
const TIMES = 8

/**
 * Shows what reads objects that are not ours so many shapes of them at once that compiled code comes to rely on none: it
 * would be thrown away with the shape.
 *
 * @template T
 * @param {(name: string) => T} shapeOf makes an object whose first field has this name
 * @param {(object: T) => unknown} read
 * @returns {T[]} one of each shape
 */
function readInManyShapes(shapeOf, read) {
  const objects = Array.from({ length: SHAPES }, (_, index) => shapeOf(`shape ${index}`))
  for (let time = 0; time < TIMES; time++) for (const object of objects) read(object)
  return objects
}

module.exports = { readInManyShapes }
