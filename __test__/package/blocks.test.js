'use strict'

const path = require('node:path')
const { scripts } = require('../../package.json')
const { runChild, startChild } = require('../support/run-child')
const { intakes } = require('../support/intake')
const { textOf, trackedFiles } = require('../support/sources')

// Every block of code of the documents is run. Those of docs/guides and docs/operations.md are taken from programs
// (guides.test.js, operations.test.js); the others are run here, beside what a reader has already (given.js).

const { start } = intakes({ expectViolations: true })
const DOCUMENTS = trackedFiles('*.md').filter(
  file => !file.startsWith('docs/guides/') && file !== 'docs/operations.md'
)
/** dd-trace says nothing of itself, and asks nobody. */
const QUIET = {
  DD_API_KEY: 'd'.repeat(32),
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false'
}
const OPENTELEMETRY_SPAN = `
  require('@opentelemetry/api').trace.getTracer('shop')
    .startSpan('chat', { attributes: { 'gen_ai.operation.name': 'chat' } }).end()`

/**
 * What a block is run with: `after` it, where it only declares something; `also` beside what every reader has.
 * `delivered` spans at least come of it. A block of two sides is run as two.
 *
 * @type {Record<string, { after?: string, also?: string, delivered?: number, env?: Record<string, string>,
 *   split?: (code: string) => string[], isValue?: string, isInside?: boolean }[]>}
 */
const BLOCKS = {
  'README.md': [
    { delivered: 1 },
    { after: 'await answer(customer, question)', delivered: 2 },
    {
      after:
        "tracer.llmobs.withRoutingContext(route, () => tracer.llmobs.trace({ kind: 'task', name: 'a' }, () => {}))",
      env: QUIET,
      delivered: 1
    },
    {
      after:
        'await llmobs.withRoutingContext(route, () => client.chat.completions.create({ model, messages }))',
      also: "{ model: 'gpt-5-mini' }",
      delivered: 1
    },
    { isInside: true, delivered: 3 },
    { isInside: true, after: OPENTELEMETRY_SPAN, delivered: 1 },
    { isInside: true, after: 'await run()', delivered: 1 },
    { isInside: true, delivered: 1 },
    {}
  ],
  'docs/api.md': [
    {
      split: code =>
        code
          .split('\n')
          .map(line => line.replace(/^import (\{.*\}) from (.*)$/, 'const $1 = await import($2)'))
    },
    { isValue: 'await llmobs.flush()' },
    { isValue: 'llmobs.stats()' }
  ],
  'docs/bridge.md': [
    {
      after: "middlewares[0]({}, {}, () => tracer.llmobs.trace({ kind: 'task', name: 'a' }, () => {}))",
      env: QUIET,
      delivered: 1
    },
    {
      split: code =>
        code
          .split('\n')
          .filter(line => line !== '' && !line.startsWith('//'))
          .map(line => `(${line})`)
    }
  ],
  'docs/dd-trace.md': [
    { split: code => code.split('// after\n'), env: QUIET },
    { split: columns, delivered: 1, isInside: true }
  ],
  'docs/instrumentation.md': [
    { also: "{ model: 'gpt-5-mini' }", delivered: 1 },
    { delivered: 1 },
    {},
    { delivered: 3 },
    {
      // Another version of the AI SDK, which has models of another kind.
      also: `{
        generateText: settings => {
          const text = import('ai-v6').then(async ({ generateText }) => {
            const { MockLanguageModelV3 } = await import('ai-v6/test')
            const { doGenerate } = model
            return generateText({ ...settings, model: new MockLanguageModelV3({ doGenerate }) })
          })
          pending.push(text)
          return text
        }
      }`,
      isInside: true,
      delivered: 2
    },
    { delivered: 1 },
    { delivered: 1 },
    {}
  ],
  'docs/troubleshooting.md': [{}]
}

/** @param {string} document @returns {{ language: string, code: string }[]} */
function blocksOf(document) {
  return [...textOf(document).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language,
    code
  }))
}

/** Two columns, below a line with their titles. @param {string} code @returns {string[]} */
function columns(code) {
  const [titles, ...lines] = code.trimEnd().split('\n')
  const at = titles.indexOf('// after')
  return lines.flatMap(line => [line.slice(0, at), line.slice(at)])
}

const RUN = Object.entries(BLOCKS).flatMap(([document, settings]) =>
  settings.map((one, index) => ({ name: `${document}, block ${index + 1}`, document, index, ...one }))
)

/** @param {object} input @param {Record<string, string>} env */
async function runBlock(input, env) {
  const child = startChild([path.join('__test__', 'package', 'block-program.js')], { env })
  child.child.stdin?.end(JSON.stringify(input))
  return child.ended
}

test('every document whose blocks are code is here, and every block', () => {
  const found = DOCUMENTS.map(document => [
    document,
    blocksOf(document).filter(({ language }) => /^(?:js|ts|mjs|cjs)$/.test(language)).length
  ]).filter(([, count]) => count !== 0)
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(BLOCKS).map(([document, { length }]) => [document, length]))
  )
})

test.each(RUN)(
  '$name',
  async ({ document, index, after, also, delivered = 0, env = {}, split, isValue, isInside = false }) => {
    const { code } = blocksOf(document).filter(({ language }) => language === 'js')[index]
    const intake = await start()
    const settings = {
      SPANLANE_INTAKE_URL: intake.url,
      DD_TRACE_AGENT_URL: intake.url,
      DD_LLMOBS_ML_APP: 'shop',
      ...env
    }
    if (isValue !== undefined) {
      // A shape: the real one has the same names.
      const shape = `const counts = {}, tenant = '', site = '', lastSuccessMs = 0, lastError = '', parkedSinceMs = 0;
        const shown = Object.keys((${code})).sort().join(), real = Object.keys(${isValue}).sort().join();
        if (shown !== real) throw new Error(shown + ' is shown, ' + real + ' is there')`
      expect(await runBlock({ code: shape }, settings)).toMatchObject({ code: 0, stderr: '' })
      return
    }
    for (const part of split?.(code) ?? [code]) {
      const program = isInside
        ? `await llmobs.withRoutingContext(route, async () => { ${part}\n;${after ?? ''} })`
        : part
      const ended = await runBlock({ code: program, after: isInside ? '' : after, also }, settings)
      expect(ended).toMatchObject({ code: 0, stderr: '' })
    }
    expect(intake.spans().length).toBeGreaterThanOrEqual(delivered)
  },
  30_000
)

describe('every command of a block', () => {
  const KNOWN = [
    // Guides: guides.test.js compares them with what the guide was run with. `npm run release:rehearse` installs this package.
    /^npm install (?:[@\w/-]+ )*[@\w/-]+$/,
    // Tried below.
    /^npx spanlane intake$/,
    /^SPANLANE_INTAKE_URL=(?:http:\/\/127\.0\.0\.1:7726|<that address>) (?:node app\.js|npx next start)$/,
    // By hand, with ddapm-test-agent 1.69.1: another package manager's.
    /^SPANLANE_INTAKE_URL=http:\/\/127\.0\.0\.1:8126\/evp_proxy\/v2 node app\.js$/,
    // The program of the guide gives it to Bun, word by word.
    /^bun build app\.mjs --target=node --external spanlane --external spanlane\/\* --outfile out\/bun\.mjs$/,
    // newcomer.test.js for Express and OpenTelemetry; the programs of examples/guides/next build and start theirs.
    /^curl -H 'x-customer: acme' 'http:\/\/127\.0\.0\.1:3000\/(?:api\/)?ask\?question=hello'$/,
    /^npx next build$/,
    // demo.test.js, and what runs this.
    /^npm (?:run demo|test)$/
  ]
  const commands = trackedFiles('*.md').flatMap(document =>
    blocksOf(document)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => code.trim().split('\n'))
      .map(line => line.replace(/ +#.*$/, ''))
  )

  test('is known, and tried somewhere', () => {
    expect(commands.filter(command => !KNOWN.some(known => known.test(command)))).toEqual([])
    expect(commands.length).toBeGreaterThan(20)
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']))
  })

  test('the first span, by the lines of README.md: it is on the page', async () => {
    const [{ code }] = blocksOf('README.md').filter(({ language }) => language === 'js')
    const intake = startChild([path.join('bin', 'spanlane.js'), 'intake', '--port', '0'])
    const [, url] = await intake.printed(/listens on (http:\S+)/)
    const { code: status, stderr } = await runChild(['-e', code], { env: { SPANLANE_INTAKE_URL: url } })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { lanes, traces } = await (await fetch(`${url}/spanlane/snapshot`)).json()
    expect(lanes).toMatchObject([{ name: 'acme', spans: 1 }])
    expect(traces).toMatchObject([{ title: 'Where is my order?' }])
    intake.child.kill('SIGINT')
    expect((await intake.ended).stdout).toMatch(/acme +datadoghq\.com/)
  })
})
