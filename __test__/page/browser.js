'use strict'

const { readFileSync } = require('node:fs')
const path = require('node:path')
const { chromium } = require('playwright-core')
const { FLAGS, chromiumPath } = require('../../scripts/chromium')
const { keyFingerprint, startIntake } = require('../../testing')
const { KEYS, send, spanBody, spanEvent } = require('../support/wire')

const AXE = readFileSync(path.join(__dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8')
const TRACE = '7'.padStart(32, '0')
const owned = (owner, change) => spanEvent({ tags: [`owner:${owner}`], ...change })
const meta = (kind, rest = {}) => ({ 'span.kind': kind, input: {}, output: {}, ...rest })
const laneId = (key, site = 'datadoghq.com') => `${keyFingerprint(key)}@${site}`
const linkTo = (lane, traceId = TRACE) => `#/traces?trace=${encodeURIComponent(`${traceId} ${lane}`)}`

/** Where CHROMIUM_PATH is set a browser is required; elsewhere its tests are left out without one: `npm test` says so. */
const describeInBrowser =
  chromiumPath() === null && process.env.CHROMIUM_PATH === undefined ? describe.skip : describe

/**
 * For a test file: one browser, and pages that fail their test when they ask another origin for anything, break the
 * policy, or say an error.
 */
function browserPages() {
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {import('playwright-core').BrowserContext[]} */
  let contexts = []
  /** @type {string[]} */
  let wrong = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath() ?? undefined, args: FLAGS })
  }, 60_000)
  afterEach(async () => {
    const found = wrong
    wrong = []
    await Promise.all(contexts.map(context => context.close()))
    contexts = []
    expect(found).toEqual([])
  })
  afterAll(() => browser?.close())
  return {
    /**
     * @param {{ url: string }} intake
     * @param {string} [hash]
     * @param {import('playwright-core').BrowserContextOptions & { mayFail?: RegExp }} [options]
     */
    async open({ url }, hash = '', { mayFail, ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options })
      contexts.push(context)
      await context.route('**', route => {
        const asked = route.request().url()
        if (asked.startsWith(`${url}/`)) return route.continue()
        wrong.push(`asked ${asked}`)
        return route.abort()
      })
      const page = await context.newPage()
      page.setDefaultTimeout(10_000)
      page.on('pageerror', error => wrong.push(String(error.stack)))
      page.on('console', message => {
        if (message.type() === 'error' && !mayFail?.test(message.text())) wrong.push(message.text())
      })
      await page.goto(`${url}/${hash}`)
      return page
    }
  }
}

/** For a test file: pages, and intakes that are closed after the test that started them. */
function pages() {
  const { open } = browserPages()
  /** @type {(() => Promise<unknown>)[]} */
  let running = []
  afterEach(async () => {
    const ended = running
    running = []
    await Promise.all(ended.map(close => close()))
  })
  /** @param {() => Promise<unknown>} close */
  const closing = close => running.push(close)
  /** @param {import('../../testing').IntakeOptions} [options] */
  async function start(options) {
    const intake = await startIntake({ page: true, ...options })
    closing(() => intake.close())
    return intake
  }
  /** One trace of acme's, its spans as given, and where it is shown. */
  async function shown(...spans) {
    const intake = await start()
    await send(intake, {
      body: spanBody(...spans.map(span => owned('acme', { trace_id: TRACE, ...span })))
    })
    return { intake, hash: linkTo(laneId(KEYS.acme)) }
  }
  return { open, start, shown, closing }
}

/**
 * What axe finds. Dark differs in its colours alone: the rest is not asked for twice.
 *
 * @param {import('playwright-core').Page} page
 * @param {string} colorScheme
 * @returns {Promise<string[]>}
 */
async function violationsOf(page, colorScheme) {
  await page.evaluate(AXE)
  const found = await page.evaluate(
    async options => (await /** @type {any} */ (globalThis).axe.run(options)).violations,
    { resultTypes: ['violations'], ...(colorScheme === 'dark' && { runOnly: ['color-contrast'] }) }
  )
  return found.map(
    (/** @type {any} */ { id, nodes }) =>
      `${id}: ${nodes
        .slice(0, 3)
        .map((/** @type {any} */ { html }) => html.slice(0, 160))
        .join(' ')}`
  )
}

module.exports = { TRACE, describeInBrowser, laneId, linkTo, meta, owned, pages, violationsOf }
