// Everything imported, nothing required.

import { createRequire } from 'node:module'
import { attach } from 'spanlane/dd-trace'

// What `import tracer from 'dd-trace'` gives, for whichever dd-trace the test asked for.
const imported = await import(
  createRequire(import.meta.url).resolve(process.env.BRIDGE_DD_TRACE ?? 'dd-trace')
)
const tracer = imported.default

tracer.init({ startupLogs: false, llmobs: { mlApp: 'assistant', agentlessEnabled: true } })
const { active } = attach(imported)
const route = { ddApiKey: 'a'.repeat(32), ddSite: 'datadoghq.eu' }
tracer.llmobs.withRoutingContext(route, () =>
  tracer.llmobs.trace({ kind: 'task', name: 'of acme' }, () => {})
)
await tracer.llmobs.flush()
process.send({ active }, () => process.disconnect())
