'use strict'

const { randomBytes } = require('node:crypto')
const { accessSync, constants } = require('node:fs')
const { createRequire } = require('node:module')
const path = require('node:path')

const { engines, peerDependencies, version } = require('../../package.json')
const { adviceFor, answerText } = require('./route-advice')
const { valuesOf } = require('./usage-error')

/**
 * @typedef {import('./main').Streams} Streams
 * @typedef {import('./main').Library} Library
 * @typedef {{ isGood: boolean, what: string, cure?: string }} Finding
 * @typedef {Record<string, string | undefined>} Environment
 */

const MIN_NODE = 20
const MIN_GLIBC = [2, 28]
const DD_TRACE = { min: [5, 83], before: 7 }
const STANDARD_SITE = 'datadoghq.com'
const PROXIES = ['DD_PROXY_HTTPS', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']

const usage = `Usage: spanlane doctor [options]

Looks at what Spanlane needs on this machine: the native part, Node.js, glibc, proxy, certificates, dd-trace beside it,
and whether each site can be reached. It sends one empty request to each site, with DD_API_KEY where it is set, else
with a key that was made up, which the site then refuses: that is an answer, too.

Options:
  --site <site>    A site to ask; repeat it for more (default: DD_SITE, or ${STANDARD_SITE})
  --help           Show this

Exit codes: 0 nothing is wrong; 1 something is, with its cure beside it; 2 wrong options.
`

/**
 * @param {string[]} args
 * @param {Streams} streams
 * @param {Library} library
 * @returns {Promise<number>}
 */
async function runDoctor(args, streams, library) {
  const { site, help } = valuesOf(args, {
    site: { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h', default: false }
  })
  if (help) {
    streams.stdout.write(usage)
    return 0
  }
  const env = streams.env ?? {}
  const sites = site ?? [env.DD_SITE || STANDARD_SITE]
  const findings = [
    nodeFinding(process.versions.node),
    ...libcFindings(),
    ...environmentFindings(env),
    ...ddTraceFindings(process.cwd())
  ]
  for (const finding of findings) say(streams, finding)
  const native = await nativeFindings(sites, env, library)
  for (const finding of native) say(streams, finding)
  const wrong = [...findings, ...native].filter(({ isGood }) => !isGood).length
  streams.stdout.write(wrong === 0 ? '\nNothing is wrong.\n' : `\n${wrong} wrong.\n`)
  return wrong === 0 ? 0 : 1
}

/** @param {Streams} streams @param {Finding} finding */
function say({ stdout }, { isGood, what, cure }) {
  stdout.write(`${isGood ? 'ok   ' : 'WRONG'}  ${what}\n${cure === undefined ? '' : `       ${cure}\n`}`)
}

/** @param {string} node @returns {Finding} */
function nodeFinding(node) {
  const isGood = Number(node.split('.')[0]) >= MIN_NODE
  const what = `spanlane ${version} on Node.js ${node}, ${process.platform} ${process.arch}`
  return isGood ? { isGood, what } : { isGood, what, cure: `install Node.js ${engines.node}` }
}

/** @returns {Finding[]} */
function libcFindings() {
  if (process.platform !== 'linux') return []
  const report = /** @type {any} */ (process.report?.getReport())
  const glibc = report?.header?.glibcVersionRuntime
  if (glibc === undefined) return [{ isGood: true, what: 'musl' }]
  const what = `glibc ${glibc}`
  if (isAtLeast(glibc, MIN_GLIBC)) return [{ isGood: true, what }]
  return [
    {
      isGood: false,
      what,
      cure: `take a system with glibc ${MIN_GLIBC.join('.')} or later, or one with musl`
    }
  ]
}

/** @param {Environment} env @returns {Finding[]} */
function environmentFindings(env) {
  /** @type {Finding[]} */
  const found = []
  const proxy = PROXIES.find(name => env[name])
  if (proxy !== undefined) found.push(proxyFinding(proxy, String(env[proxy])))
  const roots = env.NODE_EXTRA_CA_CERTS
  if (roots) found.push(rootsFinding(roots))
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    const cure = 'give the certificate of whoever answers in NODE_EXTRA_CA_CERTS, or as the option "ca"'
    const what = 'NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect on Spanlane: certificates are always verified'
    found.push({ isGood: false, what, cure })
  }
  if (env.SPANLANE_INTAKE_URL) {
    found.push({ isGood: true, what: 'SPANLANE_INTAKE_URL is set: everything goes there, and to no site' })
  }
  if (env.DD_LLMOBS_ENABLED === 'false' || env.DD_LLMOBS_ENABLED === '0') {
    found.push({ isGood: false, what: 'DD_LLMOBS_ENABLED switches everything off', cure: 'unset it' })
  }
  return found
}

/** @param {string} name @param {string} value @returns {Finding} without user and password */
function proxyFinding(name, value) {
  if (URL.canParse(value)) return { isGood: true, what: `${name}: by ${new URL(value).host}` }
  return { isGood: false, what: `${name} is no URL`, cure: 'set it as http://proxy.example:3128' }
}

/** @param {string} file @returns {Finding} */
function rootsFinding(file) {
  try {
    accessSync(file, constants.R_OK)
    return { isGood: true, what: `NODE_EXTRA_CA_CERTS: ${file}` }
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error)
    const what = `NODE_EXTRA_CA_CERTS: ${file} cannot be read (${code})`
    return { isGood: false, what, cure: 'correct the path, or unset the variable' }
  }
}

/** @param {string} folder @returns {Finding[]} */
function ddTraceFindings(folder) {
  let found
  try {
    found = createRequire(path.join(folder, 'noop.js'))('dd-trace/package.json').version
  } catch {
    return [{ isGood: true, what: 'no dd-trace beside it' }]
  }
  const what = `dd-trace ${found} beside it`
  const isGood = isAtLeast(found, DD_TRACE.min) && Number(found.split('.')[0]) < DD_TRACE.before
  if (isGood) return [{ isGood, what }]
  return [{ isGood, what, cure: `spanlane/dd-trace takes ${peerDependencies['dd-trace']}` }]
}

/**
 * @param {readonly string[]} sites
 * @param {Environment} env
 * @param {Library} library
 * @returns {Promise<Finding[]>}
 */
async function nativeFindings(sites, env, library) {
  /** @type {string[]} */
  const warnings = []
  const note = (/** @type {string} */ text) => warnings.push(text)
  const logger = { debug() {}, info() {}, warn: note, error: note }
  const llmobs = library().createLLMObs({ mlApp: 'spanlane-doctor', logger })
  if (!llmobs.enabled) {
    const cure = warnings[0] ?? 'npm install --include=optional, on the platform that it runs on'
    return [{ isGood: false, what: 'the native part is not there, or is switched off', cure }]
  }
  /** @type {Finding[]} */
  const found = [{ isGood: true, what: 'the native part is loaded' }]
  try {
    for (const site of sites) found.push(await siteFinding(llmobs, site, env.DD_API_KEY))
  } finally {
    await llmobs.shutdown({ timeoutMs: 0 })
  }
  return found
}

/**
 * @param {import('../../index').LLMObs} llmobs
 * @param {string} site
 * @param {string | undefined} key
 * @returns {Promise<Finding>}
 */
async function siteFinding(llmobs, site, key) {
  const isMadeUp = key === undefined || key === ''
  const route = { ddApiKey: isMadeUp ? randomBytes(16).toString('hex') : key, ddSite: site }
  try {
    const verification = await llmobs.verifyRoute(route)
    if (verification.ok) return { isGood: true, what: `${site}: reached, and the key works` }
    if (isMadeUp && verification.reason === 'key_refused') return { isGood: true, what: `${site}: reached` }
    const what = `${site}: ${answerText(verification)}`
    return { isGood: false, what, cure: adviceFor(verification, site).cure }
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    return {
      isGood: false,
      what: `${site}: ${message}`,
      cure: 'correct the site (DD_SITE, --site) or the key (DD_API_KEY)'
    }
  }
}

/** @param {string} found @param {number[]} wanted */
function isAtLeast(found, [major, minor]) {
  const [first, second = 0] = found.split('.').map(Number)
  return first > major || (first === major && second >= minor)
}

module.exports = { ddTraceFindings, environmentFindings, nodeFinding, runDoctor, usage }
