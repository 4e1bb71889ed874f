'use strict'

// `npm run instrumentations`: clients of model APIs, OpenTelemetry, LangChain and what instruments it, the AI SDK and
// the Agents SDK, at the oldest and the newest version that docs/instrumentation.md promises. Installs them from npm, once, under
// node_modules/.cache.
// `instrumentations.js <beginning of a row's name>` runs some.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { inRepository, npmInto } = require('./command')
const { ddTraceOf } = require('./dd-trace-versions')
const { ensureDependencies } = require('./dependencies')
const { ensureNative } = require('./native')
const { nodeOf } = require('./node-versions')

const CACHE = inRepository('node_modules', '.cache', 'instrumentations')
const LIMIT_MS = 120_000
const SDK_2 = [
  '@opentelemetry/api@1.9.1',
  '@opentelemetry/sdk-trace-base@2.12.1',
  '@opentelemetry/sdk-trace-node@2.12.1'
]
const BACKGROUND = ['true', 'false', '']

/**
 * @typedef {object} Cell
 * @property {string} name
 * @property {string} program
 * @property {string[]} packages
 * @property {Record<string, string>} env
 * @property {string} [node] a major version; default the Node that runs this
 * @property {string} [ddTrace] a version of it, where it is not the one that is installed
 */

/** @param {string} version @param {string} [node] @returns {Cell} */
function otel(version, node) {
  const packages = version.startsWith('3.')
    ? [
        `@opentelemetry/sdk-trace@${version}`,
        `@opentelemetry/context-async-hooks@${version}`,
        '@opentelemetry/api@1.10.0'
      ]
    : [
        `@opentelemetry/sdk-trace-base@${version}`,
        `@opentelemetry/sdk-trace-node@${version}`,
        '@opentelemetry/api@1.9.1'
      ]
  return {
    name: `opentelemetry ${version}`,
    program: 'opentelemetry',
    packages,
    env: { INSTRUMENTATION_VERSION: version },
    node
  }
}

/**
 * Each with LangChain's queue on, off, and not spoken of.
 *
 * @param {string} way
 * @param {string} version of @langchain/core
 * @param {string[]} [packages]
 * @param {Record<string, string>} [env]
 * @returns {Cell[]}
 */
function langchain(way, version, packages = [], env = {}) {
  return BACKGROUND.map(background => ({
    name: `langchain ${version} ${way} ${packages.at(-1) ?? ''} background=${background || 'unset'}`,
    program: 'langchain',
    packages: [`@langchain/core@${version}`, ...packages],
    env: { INSTRUMENTATION_WAY: way, LANGCHAIN_CALLBACKS_BACKGROUND: background, ...env }
  }))
}

/**
 * @param {string} way
 * @param {string} version
 * @param {string[]} [packages]
 * @param {string} [node]
 * @returns {Cell}
 */
function aiSdk(way, version, packages = [], node) {
  return {
    name: `ai ${version} ${way}`,
    program: 'ai-sdk',
    packages: [`ai@${version}`, 'zod@4.1.12', ...packages],
    env: { INSTRUMENTATION_VERSION: version, INSTRUMENTATION_WAY: way },
    node
  }
}

/** @param {'openai' | 'anthropic'} way @param {string} version @returns {Cell} */
function client(way, version) {
  return {
    name: `${way} ${version}`,
    program: 'clients',
    packages: [`${way === 'openai' ? way : '@anthropic-ai/sdk'}@${version}`],
    env: { INSTRUMENTATION_WAY: way }
  }
}

/** @param {string} version @param {string[]} [packages] @param {string} [node] @returns {Cell} */
function openaiAgents(version, packages = [], node) {
  return {
    name: `openai-agents ${version}`,
    program: 'openai-agents',
    packages: [`@openai/agents@${version}`, ...packages],
    env: {},
    node
  }
}

/**
 * A plugin of dd-trace beside ours.
 *
 * @param {string} library
 * @param {string} version
 * @param {string[]} packages
 * @param {string} [ddTrace] its version; default the one that is installed
 * @returns {Cell}
 */
function plugin(library, version, packages, ddTrace) {
  return {
    name: `plugin ${library} ${version}${ddTrace === undefined ? '' : ` dd-trace ${ddTrace}`}`,
    program: 'plugins',
    packages,
    env: { INSTRUMENTATION_WAY: library },
    ddTrace,
    node: ddTrace === undefined ? undefined : '24'
  }
}

/** Those that the tests compare with the installed dd-trace, and their versions there. */
const TESTED = Object.entries({ openai: '6.30.1', anthropic: '1.12.0', langchain: '1.4.0' })
const DD_TRACE_6 = '6.21.0'
const AGENTS = ['@openai/agents@0.20.0', 'zod@4.1.12']

/** @type {Cell[]} */
const CELLS = [
  ...['4.0.0', '4.104.0', '5.23.2', '6.49.0', '7.59.0'].map(version => client('openai', version)),
  ...['0.14.0', '0.33.0', '0.71.2', '1.14.0'].map(version => client('anthropic', version)),
  otel('1.30.1'),
  otel('2.0.0'),
  otel('2.12.1'),
  otel('3.1.1', '22'),
  ...[undefined, DD_TRACE_6].flatMap(ddTrace => [
    plugin('ai', '5.0.277', [...SDK_2, 'ai@5.0.277'], ddTrace),
    plugin('ai', '6.0.325', [...SDK_2, 'ai@6.0.325'], ddTrace),
    plugin('openai-agents', '0.20.0', AGENTS, ddTrace)
  ]),
  ...TESTED.map(([library, version]) => plugin(library, version, AGENTS, DD_TRACE_6)),
  aiSdk('processor', '5.0.277', SDK_2),
  aiSdk('processor', '6.0.325', SDK_2),
  aiSdk('processor', '7.0.173', [...SDK_2, '@ai-sdk/otel@1.0.173'], '22'),
  aiSdk('tracer', '5.0.0'),
  aiSdk('tracer', '5.0.277'),
  aiSdk('tracer', '6.0.0'),
  aiSdk('tracer', '6.0.325'),
  aiSdk('channel', '7.0.0', [], '22'),
  aiSdk('channel', '7.0.173'),
  aiSdk('channel', '7.0.173', [], '24'),
  openaiAgents('0.7.0', ['zod@4.1.12']),
  openaiAgents('0.20.0', ['zod@4.1.12']),
  ...langchain('handler', '0.3.0'),
  ...langchain('handler', '0.3.80'),
  ...langchain('handler', '1.4.0'),
  ...langchain('handler', '1.4.0', ['@langchain/langgraph@1.7.3'], { INSTRUMENTATION_GRAPH: 'true' }),
  ...langchain('openinference', '0.3.80', [
    ...SDK_2,
    '@arizeai/openinference-instrumentation-langchain@4.0.6'
  ]),
  ...langchain('openinference', '1.4.0', [
    ...SDK_2,
    '@arizeai/openinference-instrumentation-langchain@4.1.1'
  ]),
  ...langchain('traceloop', '1.4.0', [...SDK_2, '@traceloop/instrumentation-langchain@0.22.6']),
  ...langchain('traceloop', '1.4.0', [...SDK_2, '@traceloop/instrumentation-langchain@0.27.0']),
  ...langchain('langfuse', '0.3.80', [...SDK_2, '@langfuse/langchain@4.2.0'], { INSTRUMENTATION_SPANS: '3' }),
  ...langchain('langfuse', '1.4.0', [...SDK_2, '@langfuse/langchain@5.11.1']),
  {
    name: 'openinference-openai 4.2.7',
    program: 'openai-stream',
    packages: [...SDK_2, 'openai@6.30.1', '@arizeai/openinference-instrumentation-openai@4.2.7'],
    env: {}
  }
]

/** @param {string[]} packages @returns {string} the folder they are installed in */
function folderOf(packages) {
  const name = packages
    .map(spec => spec.replaceAll(/[^\w.]+/g, '-'))
    .join('_')
    .slice(-200)
  const folder = path.join(CACHE, name)
  if (!fs.existsSync(path.join(folder, 'complete'))) {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n')
    npmInto(folder, packages, ['--force', '--ignore-scripts'])
    fs.writeFileSync(path.join(folder, 'complete'), '')
  }
  return folder
}

/** @param {Cell} cell @returns {Record<string, string>} */
function result({ name, program, packages, env, node, ddTrace }) {
  const execPath = node === undefined ? process.execPath : nodeOf(node)
  if (execPath === null) return { name, tests: `no Node ${node} for this platform` }
  const { LANGCHAIN_CALLBACKS_BACKGROUND: _, ...inherited } = process.env
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { status, stdout, stderr } = spawnSync(
    execPath,
    [inRepository('scripts', 'instrumentations', `${program}.js`)],
    {
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: {
        ...inherited,
        ...given,
        INSTRUMENTATION_FOLDER: folderOf(packages),
        ...(ddTrace === undefined ? null : { COMPARED_DD_TRACE: ddTraceOf(ddTrace) })
      }
    }
  )
  if (status !== 0) console.error(`${name}\n${stdout}${stderr}`)
  return { name, tests: status === 0 ? 'passed' : 'FAILED', found: stdout.trim().slice(0, 120) }
}

ensureDependencies()
ensureNative('any')
const only = process.argv[2] ?? ''
const results = CELLS.filter(({ name }) => name.startsWith(only)).map(result)
for (const { name, tests, found } of results) console.log(`${tests}  ${name}  ${found ?? ''}`)
if (results.length === 0 || results.some(({ tests }) => tests === 'FAILED')) process.exitCode = 1
