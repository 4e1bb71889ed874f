import Anthropic from '@anthropic-ai/sdk'
import { RunnableLambda } from '@langchain/core/runnables'
import type { Tracer } from '@opentelemetry/api'
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import OpenAI, { AzureOpenAI } from 'openai'
import { expectAssignable, expectError, expectType } from 'tsd'
import { type LLMObs, llmobs } from '../..'
import { createTracer, observe, tracer } from '../../ai'
import { observe as observeAnthropic } from '../../anthropic'
import { SpanlaneCallbackHandler } from '../../langchain'
import { observe as observeOpenAI } from '../../openai'
import { type AgentsSpan, SpanlaneTracingProcessor } from '../../openai-agents'
import { type OtelSpan, SpanlaneLogRecordProcessor, SpanlaneSpanProcessor } from '../../opentelemetry'

declare const span: ReadableSpan

// OpenTelemetry
expectAssignable<SpanProcessor>(new SpanlaneSpanProcessor())
expectAssignable<OtelSpan>(span)
new NodeTracerProvider({ spanProcessors: [new SpanlaneSpanProcessor({ llmobs })] })
new SpanlaneSpanProcessor({
  routeOf: span => (span.attributes.tenant === 'acme' ? { ddApiKey: 'key' } : undefined),
  filter: (span, isKnown) => isKnown && span.name !== 'hidden'
})
expectType<Promise<void>>(new SpanlaneSpanProcessor().forceFlush())
expectError(new SpanlaneSpanProcessor({ routeOf: 'acme' }))
expectError(new SpanlaneSpanProcessor({ routeof: () => undefined }))
expectType<Promise<void>>(new SpanlaneLogRecordProcessor().shutdown())

// LangChain
declare const other: LLMObs
const callbacks = [new SpanlaneCallbackHandler({ llmobs: other })]
RunnableLambda.from((value: number) => value).invoke(1, { callbacks })
expectError(new SpanlaneCallbackHandler({ llmobs: 'x' }))

// The AI SDK
expectAssignable<Tracer>(tracer)
expectAssignable<Tracer>(createTracer({ llmobs: other }))
expectType<() => void>(observe())
expectType<number>(tracer.startActiveSpan('own', () => 1))
expectError(observe({ llmobs: 'x' }))
expectError(createTracer({ llmObs: other }))

// Clients of model APIs
expectType<OpenAI>(observeOpenAI(new OpenAI()))
expectType<AzureOpenAI>(observeOpenAI(new AzureOpenAI(), { llmobs: other }))
expectType<Anthropic>(observeAnthropic(new Anthropic(), {}))
expectError(observeOpenAI('client'))
expectError(observeOpenAI(new OpenAI(), { llmobs: 'x' }))
expectError(observeAnthropic())

// OpenAI Agents
declare const agentsSpan: AgentsSpan
expectType<Promise<void>>(new SpanlaneTracingProcessor({ llmobs: other }).onSpanEnd(agentsSpan))
expectType<Promise<void>>(new SpanlaneTracingProcessor().shutdown(1000))
expectError(new SpanlaneTracingProcessor({ llmobs: 'x' }))
