'use strict'

// Uses all of the API, right and wrong, with the keys it is told to use, and prints all that can be seen of it:
// errors, reports, logs, every object and every property that can be reached. Arguments: seed, URL of an intake.

const diagnostics = require('node:diagnostics_channel')
const { inspect } = require('node:util')
const { createLLMObs, llmobs } = require('../..')
const { keysOf } = require('./secrets')

const [seed, intakeUrl] = process.argv.slice(2)
const [ownKey, first, second, refused, moved, proxyPassword] = keysOf(seed)

/** What every program reaches: nothing of ours. */
const BUILT_IN = new Set([
  globalThis,
  process,
  Object.prototype,
  Function.prototype,
  Array.prototype,
  Error.prototype
])

const LEVELS = ['debug', 'info', 'warn', 'error']
const logger = Object.fromEntries(LEVELS.map(level => [level, message => print(`${level}: ${message}`)]))

diagnostics.subscribe('spanlane:delivery', message => show('channel', message))
process.on('warning', warning => show('warning', warning))

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`)
}

/**
 * @param {string} name
 * @param {any} value
 */
function show(name, value) {
  const text = (/** @type {() => unknown} */ make) => {
    try {
      return String(make())
    } catch (error) {
      return inspect(error)
    }
  }
  print(`${name} ${text(() => inspect(value, { depth: 20, showHidden: true, getters: true }))}`)
  print(`${name} ${text(() => inspect(value, { depth: 20, showHidden: true, customInspect: false }))}`)
  print(`${name} ${text(() => JSON.stringify(value))}`)
  print(`${name} ${text(() => `${value}`)}`)
  for (const found of reachable(value)) print(`${name} ${found}`)
}

/**
 * Every string that can be reached from a value by reading properties, prototypes and collections.
 *
 * @param {unknown} start
 * @returns {Iterable<string>}
 */
function* reachable(start) {
  const seen = new Set()
  const open = [start]
  while (open.length > 0 && seen.size < 100_000) {
    const value = open.pop()
    if (typeof value === 'string') yield value
    if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value))
      continue
    if (BUILT_IN.has(value)) continue
    seen.add(value)
    if (value instanceof Map || value instanceof Set) open.push(...value.entries())
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === 'string') yield key
      try {
        open.push(value[key])
      } catch (error) {
        open.push(error)
      }
    }
    open.push(Object.getPrototypeOf(value))
  }
}

/** @param {string} name @param {() => any} call */
async function attempt(name, call) {
  try {
    show(name, await call())
  } catch (error) {
    show(name, error)
    print(String(/** @type {Error} */ (error).stack))
  }
}

/** @param {any} sdk @param {string} ddApiKey @param {string} tenant */
function send(sdk, ddApiKey, tenant) {
  return sdk.withRoutingContext({ ddApiKey, ddSite: 'datadoghq.eu', tenant }, () =>
    sdk.trace({ kind: 'llm', name: 'chat' }, span => {
      sdk.annotate({ inputData: 'question', outputData: 'answer', tags: { a: 'b' } })
      show('span', span)
      show('route', sdk.currentRoute())
      const exported = sdk.exportSpan()
      show('exported', exported)
      sdk.submitEvaluation(exported, { label: 'good', metricType: 'boolean', value: true })
      const carrier = {}
      sdk.inject(carrier)
      show('carrier', carrier)
      return exported
    })
  )
}

async function main() {
  await attempt('init', () =>
    llmobs.init({ mlApp: 'secrets', apiKey: ownKey, intakeUrl, requestTimeoutMs: 1000, logger })
  )
  await attempt('init again', () => llmobs.init({ mlApp: 'other', apiKey: first, intakeUrl }))
  llmobs.trace({ kind: 'task', name: 'outside' }, () => {})
  await attempt('first', () => send(llmobs, first, 'first'))
  await attempt('second', () => send(llmobs, ` ${second}\n`, 'second'))
  await attempt('refused', () => send(llmobs, refused, 'refused'))
  for (const wrong of [
    { ddApiKey: `${first} ${second}` },
    { ddApiKey: `${first}\r\nx: y` },
    { ddApiKey: [first] },
    { ddApiKey: { toString: () => first } },
    { ddApiKey: first, ddSite: 'evil.example' },
    { ddApiKey: first, ddSite: first },
    { ddApiKey: first, tenant: '' },
    { ddApiKey: first, tenant: 7 },
    { ddApiKey: first, colour: 'red' },
    { ddAPIKey: first },
    { targets: [{ ddApiKey: first }, { ddApiKey: `${second}\0` }] },
    { reference: first },
    first,
    [first]
  ]) {
    await attempt('wrong route', () => llmobs.withRoutingContext(wrong, () => {}))
    await attempt('wrong route', () => llmobs.route(wrong))
    await attempt('wrong verify', () => llmobs.verifyRoute(wrong))
    await attempt('wrong flush', () => llmobs.flush({ route: wrong }))
  }
  await attempt('verify', () => llmobs.verifyRoute({ ddApiKey: refused, ddSite: 'datadoghq.eu' }))
  if ('rotate' in llmobs) await attempt('rotate', () => llmobs.rotate('refused', { ddApiKey: moved }))
  for (const options of [
    { apiKey: `${first} ${second}` },
    { apiKey: 5 },
    { apiKey: first, site: 'ddog-gov.com' },
    { apiKey: first, intakeUrl: `https://user:${proxyPassword}@127.0.0.1` },
    { apiKey: first, proxy: `http://user:${proxyPassword}@127.0.0.1:x` },
    { apiKey: first, proxy: `ftp://user:${proxyPassword}@127.0.0.1:1` },
    { apiKey: first, ca: first },
    { apikey: first }
  ]) {
    await attempt('wrong options', () => createLLMObs({ mlApp: 'secrets', logger, ...options }))
  }
  // A proxy with a password that nobody answers for, and a server that is no TLS.
  const failing = createLLMObs({
    ...{ mlApp: 'failing', apiKey: first, logger, requestTimeoutMs: 500 },
    proxy: `http://user:${proxyPassword}@127.0.0.1:9`
  })
  await attempt('failing', () => send(failing, second, 'behind'))
  await attempt('failing flush', () => failing.flush({ timeoutMs: 700 }))
  await attempt('failing stats', () => failing.stats())
  await attempt('failing shutdown', () => failing.shutdown({ timeoutMs: 0 }))
  await attempt('flush', () => llmobs.flush({ timeoutMs: 1500 }))
  await attempt('stats', () => llmobs.stats())
  for (const [name, value] of Object.entries({ llmobs, failing, spanlane: require('../..') }))
    show(name, value)
  show(
    'modules',
    Object.fromEntries(
      Object.entries(require.cache)
        .filter(([file]) => /lib/.test(file))
        .map(([file, { exports }]) => [file, exports])
    )
  )
  await attempt('shutdown', () => llmobs.shutdown({ timeoutMs: 0 }))
  await attempt('after shutdown', () => send(llmobs, first, 'late'))
  await attempt('after shutdown', () => llmobs.flush())
  // The pipe must be empty before the process dies.
  await new Promise(resolve => process.stdout.write('the scenario is over\n', resolve))
  // How an application dies is printed by Node, with the error's properties.
  llmobs.init({ apiKey: second })
}

main()
