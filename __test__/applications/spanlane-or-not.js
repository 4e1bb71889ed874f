'use strict'

// Spanlane, or what an application would be without it. The runner says which: `on`, `off` (switched off), `without`.

const TENANTS = {
  acme: { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' },
  globex: { ddApiKey: 'b'.repeat(32), ddSite: 'us5.datadoghq.com', tenant: 'globex' }
}

/** The application's own functions, and nothing around them. */
const without = {
  init: () => without,
  trace: (_options, fn) => (fn.length > 1 ? fn({}, () => {}) : fn({})),
  wrap: (_options, fn) => fn,
  decorate: () => (target, _key, descriptor) => descriptor ?? target,
  withRoutingContext: (_route, fn) => fn(),
  annotationContext: (_options, fn) => fn(),
  bindRoutingContext: fn => fn,
  bindStream: stream => stream,
  annotate() {},
  exportSpan: () => ({}),
  currentRoute: () => null,
  route: () => null,
  inject() {},
  extract: (_carrier, fn) => fn(),
  flush: async () => {}
}

/** @param {object} [options] */
function open(options) {
  const mode = process.env.APPLICATION_MODE
  if (mode === 'without') return without
  // Found where an application would find it, whatever has become of its globals.
  return require('spanlane').llmobs.init({ mlApp: 'shop', enabled: mode === 'on', ...options })
}

/** What the host sees is printed, and compared. @param {...unknown} words */
function say(...words) {
  process.stdout.write(
    `${words.map(word => (typeof word === 'string' ? word : JSON.stringify(word))).join(' ')}\n`
  )
}

function sayWhatGoesWrong() {
  for (const name of ['unhandledRejection', 'uncaughtException']) {
    process.on(name, error => say(name, error?.name, error?.message ?? String(error)))
  }
  process.on('rejectionHandled', () => say('rejectionHandled'))
  process.on('warning', warning => say('warning', warning.name, warning.message.slice(0, 60)))
}

module.exports = { TENANTS, open, say, sayWhatGoesWrong }
