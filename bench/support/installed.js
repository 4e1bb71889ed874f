'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { installInto } = require('../../scripts/package/install')

/** The package as users have it, laid out for the first who asks: that takes seconds, and most measure the repository. */
class Installed {
  /** @type {string | null} */
  #application = null
  #package = ''

  /** @returns {string} folder of the package */
  get folder() {
    if (this.#application === null) {
      this.#application = fs.mkdtempSync(path.join(os.tmpdir(), 'spanlane-installed-'))
      this.#package = installInto(path.join(this.#application, 'node_modules'), { withAddon: true })
    }
    return this.#package
  }

  remove() {
    if (this.#application !== null) fs.rmSync(this.#application, { recursive: true, force: true })
  }
}

module.exports = { Installed }
