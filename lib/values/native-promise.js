'use strict'

/**
 * The engine's own Promise, whatever the global of this name is by now: applications and test environments replace it,
 * also before this package is loaded.
 *
 * @type {PromiseConstructor}
 */
const NativePromise = /** @type {any} */ ((async () => {})().constructor)

module.exports = { NativePromise }
