'use strict'

const path = require('node:path')
const ai = require('ai-v6')
const kit = require('ai-v6/test')
const { createTracer } = require('../../ai')
const { expectNothingCrossed } = require('../../testing')
const { sdk } = require('../sdk/setup')
const { runChild } = require('../support/run-child')
const { modelOf, weather } = require('./models')

const { open } = sdk()

const RUNS = 40
const NAMES = ['acme', 'globex', 'initech', 'umbrella']
const routeOf = index => ({
  ddApiKey: 'abcd'[index % 4].repeat(32),
  ddSite: 'datadoghq.eu',
  tenant: NAMES[index % 4]
})
const PLACES = Object.fromEntries(
  NAMES.map((name, index) => [name, { key: routeOf(index).ddApiKey, site: 'datadoghq.eu' }])
)

/**
 * Ten runs each of as many spans; each names its owner, and is below one of the same.
 *
 * @param {Record<string, any[]>} byTenant
 * @param {number} spansOfRun
 */
function expectAllAtHome(byTenant, spansOfRun) {
  for (const [name, spans] of Object.entries(byTenant)) {
    expect(spans).toHaveLength((RUNS / 4) * spansOfRun)
    const ids = new Set(spans.map(({ span_id: id }) => id))
    const roots = spans.filter(({ parent_id: id }) => id === 'undefined')
    expect(roots).toHaveLength(RUNS / 4)
    expect(spans.filter(span => !roots.includes(span) && !ids.has(span.parent_id))).toEqual([])
    const strange = NAMES.filter(other => other !== name && JSON.stringify(spans).includes(`of ${other}`))
    expect(strange).toEqual([])
    expect(spans.filter(span => !JSON.stringify(span).includes(`of ${name}`))).toEqual([])
  }
}

test('forty calls of four tenants with the tracer, each read by the next one: every span is at home', async () => {
  // A thread that is busy for longer than a request may take answers late: then spans arrive twice.
  const { llmobs, intake, log } = await open({ requestTimeoutMs: 60_000 })
  const experimental_telemetry = { isEnabled: true, tracer: createTracer({ llmobs }) }
  const tools = weather(ai, async ({ city }) => `sunny in ${city}`)
  const runs = Array.from({ length: RUNS }, (_, index) => {
    const prompt = `of ${NAMES[index % 4]} ${index}`
    const options = {
      model: modelOf(kit),
      prompt,
      tools,
      stopWhen: ai.stepCountIs(3),
      experimental_telemetry: { ...experimental_telemetry, metadata: { owner: NAMES[index % 4] } }
    }
    const begin = () => (index % 8 < 4 ? ai.generateText(options) : ai.streamText(options))
    const result = llmobs.withRoutingContext(routeOf(index), begin)
    return llmobs.withRoutingContext(routeOf(index + 1), async () => (await result).text)
  })
  expect(await Promise.all(runs)).toEqual(
    Array.from({ length: RUNS }, (_, index) => `so: of ${NAMES[index % 4]} ${index}`)
  )
  // The AI SDK ends a stream's span after its reader has the last chunk.
  while (llmobs.stats().openSpans > 0) await new Promise(resolve => setImmediate(resolve))
  await llmobs.flush()
  expectAllAtHome(
    Object.fromEntries(Object.entries(PLACES).map(([name, place]) => [name, intake.spans(place)])),
    4
  )
  expectNothingCrossed(intake, PLACES)
  expect(log.lines).toEqual([])
  expect(llmobs.stats()).toMatchObject({ total: { tenantMismatch: 0 } })
})

test('the same by the channel of version 7', async () => {
  const program = path.join(__dirname, 'programs', 'tenants.mjs')
  const { code, stdout, stderr } = await runChild([program], { timeoutMs: 60_000 })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const { texts, byTenant, log, openSpans } = JSON.parse(stdout)
  expect(texts).toEqual(Array.from({ length: RUNS }, (_, index) => `so: of ${NAMES[index % 4]} ${index}`))
  expectAllAtHome(byTenant, 6)
  expect([log, openSpans]).toEqual([[], 0])
})
