'use strict'

// Site strings that try to move the host: none is accepted beside Datadog's own, however it is written. A proxy on
// loopback sees for which hosts connections are asked. `--strace yes` also watches the system calls of a smaller run.

const { spawnSync } = require('node:child_process')
const { mkdtempSync, readFileSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const path = require('node:path')
const { setTimeout: delay } = require('node:timers/promises')
const { createLLMObs } = require('../..')
const { startConnectProxy } = require('../../__test__/support/connect-proxy')
const { Random } = require('../oracle/random')
const { SITES } = require('../oracle/plan')

const defaults = { strings: '100000', seed: '0', strace: 'no' }

const TRACED_STRINGS = '2000'
const ALLOWED_HOSTS = SITES.map(site => `llmobs-intake.${site}:443`)
/** Unicode's white space: JavaScript's and U+0085. */
const OUTER_SPACE = /^[\s\u0085]+|[\s\u0085]+$/g
const ARRIVAL_TIMEOUT_MS = 10_000

const EVIL = 'evil.example'
/** Forms that fooled URL parsers: user info, ends of host, encodings, folding, addresses, control characters. */
const CORPUS = [
  `@${EVIL}`,
  `datadoghq.com@${EVIL}`,
  `datadoghq.com:443@${EVIL}`,
  `${EVIL}/`,
  `${EVIL}#`,
  `${EVIL}?`,
  `${EVIL}\\`,
  `datadoghq.com.${EVIL}`,
  `datadoghq.com/../${EVIL}`,
  'datadoghq.com:8080',
  'datadoghq.com.',
  '.datadoghq.com',
  'datadoghq..com',
  'xdatadoghq.com',
  'datadoghq.com\0',
  `datadoghq.com\r\nhost: ${EVIL}`,
  'datadoghq\t.com',
  'datadoghq%2ecom',
  'datadoghq。com',
  'ｄatadoghq.com',
  'dаtadoghq.com',
  'data\u00addoghq.com',
  'datadoghq.com\u200b',
  'ddog-gov.com',
  'us2.ddog-gov.com',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '0x7f000001',
  '2130706433',
  '169.254.169.254',
  'metadata.google.internal',
  '*.datadoghq.com',
  'us1.datadoghq.com',
  'https://datadoghq.com',
  'datadoghq.com,datadoghq.eu',
  '',
  ' ',
  '__proto__',
  'constructor',
  'undefined',
  'null'
]
// biome-ignore format: a list of characters
const PIECES = [
  ...CORPUS,
  ...SITES,
  '@', ':', '/', '\\', '?', '#', '%', '%00', '%2e', '.', '..', '-', '_', '\r\n', '\t', '\0', ' ', '\u00a0',
  '。', '．', '\u200d', '\ud800', 'xn--', 'ⅽ', 'ﬁ', 'İ', 'K', '//', '[', ']', '443', 'com', 'eu', 'us5'
]

/** @param {typeof defaults} options */
async function run({ strings, seed: given, strace }) {
  if (strace === 'yes') return trace()
  const seed = Number(given) || Date.now() % 1_000_000_007
  const random = new Random(seed)
  console.log(`seed ${seed}`)
  // It refuses every tunnel: the names are what matters, and nothing leaves the machine.
  const proxy = await startConnectProxy({ targetPort: () => null })
  const llmobs = createLLMObs({ mlApp: 'bench', proxy: proxy.url, exitTimeoutMs: 0, logger: {} })
  /** @type {string[]} */
  const problems = []
  const count = { accepted: 0, refused: 0 }
  for (let index = 0; index < Number(strings); index += 1) {
    const site = index < CORPUS.length ? CORPUS[index] : hostile(random)
    const problem = tryOne(llmobs, site, count)
    if (problem !== null) problems.push(problem)
  }
  const valid = SITES.filter(site => sitesOf(llmobs, ` ${site.toUpperCase()}\n`) === site).length
  if (valid !== SITES.length) problems.push(`${valid} of ${SITES.length} valid sites were accepted`)
  const asked = () => new Set(proxy.tunnels.map(({ authority }) => authority))
  // The valid ones must be seen at the proxy, or their absence there would say nothing about the others.
  const endMs = performance.now() + ARRIVAL_TIMEOUT_MS
  while (asked().size < ALLOWED_HOSTS.length && performance.now() < endMs) await delay(20)
  const strange = [...asked()].filter(host => !ALLOWED_HOSTS.includes(host))
  if (strange.length > 0) problems.push(`connections to other hosts: ${JSON.stringify(strange)}`)
  if (asked().size !== ALLOWED_HOSTS.length) problems.push(`only ${asked().size} hosts were asked for`)
  await llmobs.shutdown({ timeoutMs: 0 })
  await proxy.close()
  const hosts = { hostsAskedFor: asked().size, strangeHosts: strange.length, tunnels: proxy.tunnels.length }
  return {
    figures: { seed, strings: Number(strings), ...count, valid, ...hosts },
    problems: problems.slice(0, 20)
  }
}

/** The same in a smaller number, with every connection that the process opens written down by strace. */
function trace() {
  const folder = mkdtempSync(path.join(tmpdir(), 'spanlane-strace-'))
  try {
    const log = path.join(folder, 'connects')
    const args = [path.join(__dirname, '..', 'soak.js'), 'hostile-sites', '--strings', TRACED_STRINGS]
    const traced = ['-f', '-e', 'trace=connect,sendto', '-o', log, process.execPath, ...args]
    const { status, error, stderr } = spawnSync('strace', traced, { encoding: 'utf8', timeout: 120_000 })
    if (error !== undefined) return { figures: {}, problems: [`strace: ${error.message}; install it first`] }
    const lines = readFileSync(log, 'utf8').split('\n')
    const addressed = lines.filter(line => /sa_family=AF_INET/.test(line))
    const outside = addressed.filter(line => !/inet_addr\("127\.0\.0\.1"\)|"::1"/.test(line))
    const problems = status === 0 ? [] : [`the traced run ended with ${status}: ${stderr.slice(-500)}`]
    if (addressed.length === 0) problems.push('strace saw no connection at all')
    return {
      figures: {
        strings: Number(TRACED_STRINGS),
        connects: addressed.length,
        outsideLoopback: outside.length
      },
      problems: [...problems, ...outside.slice(0, 5)]
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {Random} random */
function hostile(random) {
  let site = ''
  for (let pieces = 1 + random.below(4); pieces > 0; pieces -= 1) {
    site += random.chance(0.1) ? String.fromCharCode(random.below(0x10000)) : random.pick(PIECES)
  }
  return random.chance(0.1) ? site.toUpperCase() : site
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {string} ddSite
 * @param {{ accepted: number, refused: number }} count
 * @returns {string | null} what went wrong
 */
function tryOne(llmobs, ddSite, count) {
  try {
    const accepted = sitesOf(llmobs, ddSite)
    count.accepted += 1
    // What was accepted must be one of Datadog's, and what was written but for case and outer white space.
    if (SITES.includes(accepted) && ddSite.replace(OUTER_SPACE, '').toLowerCase() === accepted) return null
    return `${JSON.stringify(ddSite)} was accepted as ${accepted}`
  } catch (error) {
    count.refused += 1
    const { name, code } = /** @type {{ name: string, code?: string }} */ (error)
    return name === 'TypeError' && code === 'SPANLANE_INVALID_SITE'
      ? null
      : `${JSON.stringify(ddSite)}: ${error}`
  }
}

/**
 * @param {import('../..').LLMObs} llmobs
 * @param {string} ddSite
 * @returns {string} the site that a span of this context belongs to
 */
function sitesOf(llmobs, ddSite) {
  return llmobs.withRoutingContext({ ddApiKey: 'a'.repeat(32), ddSite }, () => {
    llmobs.trace({ kind: 'task', name: 'hostile' }, () => {})
    return String(llmobs.currentRoute()?.site)
  })
}

module.exports = { defaults, run }
