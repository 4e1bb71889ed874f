import tracer = require('dd-trace')

import { expectError, expectType } from 'tsd'
import type { FlushReport } from '../..'
import { type Attachment, attach, type BridgedLLMObs, detach } from '../../dd-trace'

expectType<Attachment>(attach(tracer))
expectType<Attachment>(attach({ default: tracer }))
expectType<void>(
  attach(tracer, { apmGenAiTags: 'remove', onUnsupported: 'pass', outsideContexts: 'refuse' }).detach()
)
expectType<boolean>(attach(tracer).active)
expectType<string | null>(attach(tracer).version)
expectType<void>(detach())

expectError(attach())
expectError(attach({}))
expectError(attach(tracer, { apmGenAiTags: 'hide' }))
expectError(attach(tracer, { unknown: true }))

declare const llmobs: BridgedLLMObs
expectType<number>(llmobs.withRoutingContext({ ddApiKey: 'key', tenant: 'acme' }, () => 1))
expectType<Promise<FlushReport>>(llmobs.flush({ timeoutMs: 1 }))
expectError(llmobs.withRoutingContext({}, () => 1))
