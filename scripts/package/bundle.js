'use strict'

// Many modules as one file: to find, read and compile a file costs Node more than what most of ours hold.

const path = require('node:path').posix
const { BUNDLE } = require('./files')
const { surroundingsOf } = require('./requires')

const HEAD = `'use strict'

// The modules that a process needs to open an instance and to send its first span, as one file: Node loads that sooner than
// many. Each stands as it is in the repository, below its name, and differs in one thing: it takes the others from here.
// Written by \`npm run package\` of the repository.

/** @type {Map<string, { exports: any }>} */
const loaded = new Map()

/** @param {string} file @returns {any} what the module of that name exports. It runs once, unless it throws */
module.exports = function fromBundle(file) {
  const known = loaded.get(file)
  if (known !== undefined) return known.exports
  const module = { exports: {} }
  loaded.set(file, module)
  try {
    modules[file](module, module.exports)
  } catch (error) {
    loaded.delete(file)
    throw error
  }
  return module.exports
}
const fromBundle = module.exports

/** @type {Record<string, (module: { exports: any }, exports: any) => void>} */
const modules = {`

/** The files of a package, and which of them are in its bundle. */
class Bundle {
  #files
  #bundled

  /**
   * @param {Map<string, string>} files text by path, from the root of the package
   * @param {string[]} bundled those that go into the bundle, in the order in which they stand there
   */
  constructor(files, bundled) {
    this.#files = files
    this.#bundled = new Set(bundled)
  }

  /** @returns {string} the bundle */
  text() {
    const modules = [...this.#bundled].map(file => {
      const rule = '-'.repeat(Math.max(0, 116 - file.length))
      return `\n// ${rule} ${file}\n\n'${file}'(module, exports) {\n${this.#moved(file)}\n},\n`
    })
    return `${HEAD}${modules.join('')}}\n`
  }

  /** @param {string} file @returns {string} what it holds beside the bundle: the same module as in there */
  beside(file) {
    if (this.#bundled.has(file))
      return `'use strict'\n\nmodule.exports = ${this.#taken(file, path.dirname(file))}\n`
    const text = /** @type {string} */ (this.#files.get(file))
    const folder = path.dirname(file)
    return edited(
      text,
      surroundingsOf(file, text).requires.flatMap(({ start, end, target, isPathOnly }) => {
        const named = isPathOnly ? null : this.#bundledFile(file, target)
        return named === null ? [] : [{ start, end, text: this.#taken(named, folder) }]
      })
    )
  }

  /** @param {string} file @returns {string} its text, to stand in the bundle */
  #moved(file) {
    const text = /** @type {string} */ (this.#files.get(file))
    const { requires, places } = surroundingsOf(file, text)
    return edited(text, [
      ...requires.map(({ start, end, target, isPathOnly }) => ({
        start,
        end,
        text: this.#requiredInBundle(file, target, isPathOnly)
      })),
      ...places.map(({ start, end, name }) => ({ start, end, text: placeOf(file, name) }))
    ])
  }

  /** @param {string} file @param {string} target @param {boolean} isPathOnly @returns {string} */
  #requiredInBundle(file, target, isPathOnly) {
    const bundled = this.#bundledFile(file, target)
    if (bundled !== null && !isPathOnly) return `fromBundle('${bundled}')`
    const word = isPathOnly ? 'require.resolve' : 'require'
    if (!target.startsWith('.')) return `${word}('${target}')`
    return `${word}('${relative(path.dirname(BUNDLE), path.join(path.dirname(file), target))}')`
  }

  /** @param {string} named a module of the bundle @param {string} folder from where it is taken @returns {string} */
  #taken(named, folder) {
    return `require('${relative(folder, BUNDLE.replace(/\.js$/, ''))}')('${named}')`
  }

  /**
   * @param {string} file
   * @param {string} target that it requires
   * @returns {string | null} the module of the bundle that this is; null: it is elsewhere
   */
  #bundledFile(file, target) {
    if (!target.startsWith('.')) return null
    const wanted = path.join(path.dirname(file), target)
    const found = [wanted, `${wanted}.js`, `${wanted}/index.js`].find(name => this.#files.has(name))
    if (found === undefined) throw new Error(`${file} requires '${target}', which is not in the package`)
    return this.#bundled.has(found) ? found : null
  }
}

/** @param {string} file @param {string} name @returns {string} its own place, as the bundle can say it */
function placeOf(file, name) {
  const place = relative(path.dirname(BUNDLE), name === '__dirname' ? path.dirname(file) : file)
  return place === './' ? '__dirname' : `require('node:path').join(__dirname, '${place}')`
}

/** @param {string} from a folder @param {string} to @returns {string} as one requires it */
function relative(from, to) {
  const way = path.relative(from, to)
  return way.startsWith('.') ? way : `./${way}`
}

/**
 * @param {string} text
 * @param {{ start: number, end: number, text: string }[]} edits
 * @returns {string}
 */
function edited(text, edits) {
  let [made, at] = ['', 0]
  for (const edit of [...edits].sort((left, right) => left.start - right.start)) {
    made += text.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return made + text.slice(at)
}

module.exports = { BUNDLE, Bundle }
