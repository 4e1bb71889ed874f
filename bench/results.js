'use strict'

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

/**
 * What one workload came to on one Node version, and where.
 *
 * @typedef {object} Entry
 * @property {string} workload
 * @property {string} node its version
 * @property {string} ddTrace its version
 * @property {string} kind of scale: full, quick or smoke
 * @property {number} seed
 * @property {number} seconds
 * @property {any} result
 * @property {string[]} problems
 * @property {string} at when
 * @property {string} machine
 * @property {string} load of the machine over the last minute, when the workload was over
 */

/** Results are kept as files, one for each workload and Node version, so that a part can be measured again. */
class Results {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder
    fs.mkdirSync(folder, { recursive: true })
  }

  /** @param {Omit<Entry, 'at' | 'machine' | 'load'>} entry */
  keep(entry) {
    const [major] = entry.node.split('.', 1)
    const file = path.join(this.folder, `${entry.workload}-node${major}.json`)
    const load = os.loadavg()[0].toFixed(2)
    const whole = { ...entry, at: new Date().toISOString(), machine: machine(), load }
    fs.writeFileSync(file, `${JSON.stringify(whole)}\n`)
  }

  /** @returns {Entry[]} the oldest Node first */
  all() {
    return fs
      .readdirSync(this.folder)
      .filter(file => /-node\d+\.json$/.test(file))
      .map(file => JSON.parse(fs.readFileSync(path.join(this.folder, file), 'utf8')))
      .sort((left, right) => Number.parseInt(left.node, 10) - Number.parseInt(right.node, 10))
  }
}

function machine() {
  const [cpu] = os.cpus()
  const memoryGib = Math.round(os.totalmem() / 2 ** 30)
  return `${os.availableParallelism()} cores (${cpu.model.trim()}), ${memoryGib} GiB, ${os.type()} ${os.arch()}`
}

module.exports = { Results }
