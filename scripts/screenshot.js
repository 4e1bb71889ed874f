'use strict'

// `npm run screenshot`: makes docs/intake.png of the real page, with what the library sent. A folder as its argument: every view, light and dark.

const { mkdirSync } = require('node:fs')
const path = require('node:path')
const { FLAGS, chromiumPath } = require('./chromium')
const { inRepository } = require('./command')

const VIEWPORT = { width: 1280, height: 800 }
/** A fixed afternoon: the picture does not change with the day it is made on. */
const NOW = Date.UTC(2026, 10, 30, 14, 30)
const MINUTE_MS = 60_000
/** The last batch is drawn by then. */
const DRAWN_MS = 600
const LARGE_TRACE_SPANS = 5000
const REFUSED = [
  { match: { site: 'us3.datadoghq.com' }, actions: [{ status: 403, times: Number.POSITIVE_INFINITY }] },
  { match: { site: 'us5.datadoghq.com' }, actions: [{ status: 503 }, { status: 429 }] }
]

/** @param {any} scene */
async function fill(scene) {
  for (let round = 0; round < 12; round += 1) {
    const at = NOW - 2 * MINUTE_MS + round * 9000
    scene.ask('acme', { at, fails: round % 5 === 1 })
    scene.ask('globex', { at: at + 2900 })
    if (round % 2 === 1) scene.ask('umbrella', { at: at + 4100, fails: round === 7 })
    if (round < 2) scene.ask('initech', { at: at + 5000 })
  }
  scene.ask('acme', { at: NOW - 4000, fails: true })
  await scene.intake.waitFor((/** @type {any} */ { counts }) => counts.spans >= 9 * (13 + 12 + 6), {
    timeoutMs: 20_000
  })
}

/** @param {any} scene @param {(trace: any) => boolean} test @returns {Promise<string>} where the youngest such trace is shown */
async function linkTo({ intake }, test) {
  const { traces } = /** @type {any} */ (await (await fetch(`${intake.url}/spanlane/snapshot`)).json())
  const [found] = traces
    .filter(test)
    .sort((/** @type {any} */ left, /** @type {any} */ right) => right.startMs - left.startMs)
  return `#/traces?trace=${encodeURIComponent(found.id)}`
}

/** @param {any} scene one trace with many spans, one of an agent that goes on for long */
async function fillLarge(scene) {
  const { llmobs } = scene
  scene.ask('acme', { at: NOW - MINUTE_MS, rounds: 40, question: 'Plan the move of the warehouse' })
  scene.as('globex', () => {
    const startMs = NOW - MINUTE_MS
    const root = llmobs.startSpan({ kind: 'workflow', name: 'nightly-batch', startMs })
    root.run(() => {
      for (let step = 1; step < LARGE_TRACE_SPANS; step += 1) {
        llmobs
          .startSpan({ kind: 'task', name: `step ${step}`, startMs: startMs + step * 10 })
          .end(startMs + step * 10 + 400)
      }
    })
    root.end(NOW)
  })
  await scene.intake.waitFor((/** @type {any} */ { counts }) => counts.spans >= LARGE_TRACE_SPANS + 204, {
    timeoutMs: 30_000
  })
}

/** @param {any} scene */
async function cross(scene) {
  const place = { key: scene.keys.globex, site: 'datadoghq.eu' }
  scene.as('acme', () => scene.llmobs.trace({ kind: 'task', name: 'stray' }, () => {}), place)
  await scene.intake.waitFor((/** @type {any} */ { violations }) => violations.length > 0, {
    timeoutMs: 20_000
  })
}

/**
 * @param {any} browser
 * @param {string} url
 * @param {string} file
 * @param {{ theme?: string, hash?: string, keys?: string[] }} [look]
 */
async function shoot(browser, url, file, { theme = 'dark', hash = '', keys = [] } = {}) {
  const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: theme, timezoneId: 'UTC' })
  await page.goto(`${url}/${hash}`)
  await page.getByRole('status').getByText('connected', { exact: true }).waitFor({ state: 'attached' })
  if (hash.includes('trace=')) await page.locator('.facts').waitFor()
  for (const key of keys) await page.keyboard.press(key)
  await page.evaluate((/** @type {number} */ ms) => new Promise(resolve => setTimeout(resolve, ms)), DRAWN_MS)
  await page.screenshot({ path: file })
  await page.close()
}

/** @param {string} folder */
async function everyView(/** @type {any} */ browser, /** @type {any} */ scene, folder) {
  mkdirSync(folder, { recursive: true })
  const { url } = scene.intake
  for (const theme of ['light', 'dark'])
    await shoot(browser, url, path.join(folder, `empty-${theme}.png`), { theme })
  await fill(scene)
  const agent = await linkTo(scene, trace => trace.errors === 0)
  const failed = await linkTo(scene, trace => trace.errors > 0)
  await fillLarge(scene)
  const long = await linkTo(scene, trace => trace.spans > 100 && trace.spans < 1000)
  const large = await linkTo(scene, trace => trace.spans === LARGE_TRACE_SPANS)
  const views = {
    live: {},
    agent: { hash: agent, keys: ['End'] },
    error: { hash: failed },
    long: { hash: long, keys: ['End', 'ArrowUp'] },
    large: { hash: large, keys: ['End'] },
    requests: { hash: '#/requests' }
  }
  for (const theme of ['light', 'dark']) {
    for (const [name, look] of Object.entries(views)) {
      await shoot(browser, url, path.join(folder, `${name}-${theme}.png`), { theme, ...look })
    }
  }
  await cross(scene)
  for (const theme of ['light', 'dark']) {
    await shoot(browser, url, path.join(folder, `crossing-${theme}.png`), { theme, hash: '#/proof' })
  }
}

async function main() {
  const { chromium } = require('playwright-core')
  const { startScene } = require(inRepository('__test__', 'page', 'scene'))
  const browser = await chromium.launch({ executablePath: chromiumPath() ?? undefined, args: FLAGS })
  const scene = await startScene({ intake: { script: REFUSED } })
  try {
    const folder = process.argv[2]
    if (folder !== undefined) await everyView(browser, scene, folder)
    else {
      await fill(scene)
      const hash = await linkTo(scene, trace => trace.errors === 0 && trace.lane.includes('datadoghq.com'))
      await shoot(browser, scene.intake.url, inRepository('docs', 'intake.png'), { hash, keys: ['End'] })
    }
  } finally {
    await browser.close()
    await scene.close()
  }
}

main().catch(error => {
  console.error(error)
  process.exitCode = 1
})
