// What every program here starts with: version 7 of the AI SDK, which is no CommonJS, an intake and an instance.

import { createRequire } from 'node:module'
import * as ai from 'ai'
import * as kit from 'ai/test'

const require = createRequire(import.meta.url)
const { createLLMObs } = require('../../..')
const { startIntake } = require('../../../testing')
const { observe } = require('../../../ai')
const models = require('../models')

// It says of each old function once that it is one.
globalThis.AI_SDK_LOG_WARNINGS = false

const ACME = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu', tenant: 'acme' }
const GLOBEX = { ddApiKey: 'b'.repeat(32), ddSite: 'us5.datadoghq.com', tenant: 'globex' }

const intake = await startIntake()
const log = []
const note = message => void log.push(message)
// A thread that is busy for longer than a request may take answers late: then spans arrive twice.
const requestTimeoutMs = 60_000
const logger = { warn: note, error: note }
const llmobs = createLLMObs({ intakeUrl: intake.url, mlApp: 'shop', logger, requestTimeoutMs })

/** Tells the test what came of it, and ends. @param {Record<string, unknown>} facts */
async function tell(facts) {
  // Of some streams the AI SDK tells the end after their reader has the last chunk.
  const giveUpMs = Date.now() + 5000
  while (llmobs.stats().openSpans > 0 && Date.now() < giveUpMs)
    await new Promise(resolve => setImmediate(resolve))
  await llmobs.flush()
  const spans = intake.spans().sort((left, right) => left.start_ns - right.start_ns)
  const tenants = [ACME, GLOBEX].flatMap(({ ddApiKey, tenant }) =>
    intake.spans({ key: ddApiKey }).map(span => [span.span_id, tenant])
  )
  const { openSpans } = llmobs.stats()
  const told = { spans, tenants: Object.fromEntries(tenants), log, openSpans, ...facts }
  await llmobs.shutdown()
  await intake.close()
  process.stdout.write(JSON.stringify(told))
}

export { ACME, ai, GLOBEX, intake, kit, llmobs, models, observe, tell }
