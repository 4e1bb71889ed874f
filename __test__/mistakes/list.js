'use strict'

const { KEYS } = require('../support/wire')

// What people do wrong, as programs, and what they are told. docs/troubleshooting.md has the same list: a row for each,
// with the same words and the place that `place` names.

/** Refused by the intake of the test. */
const REFUSED = 'f'.repeat(32)

const ACME = `{ ddApiKey: '${KEYS.acme}', tenant: 'acme' }`
const GLOBEX = `{ ddApiKey: '${KEYS.globex}', tenant: 'globex' }`
const INIT = "llmobs.init({ mlApp: 'shop' });"
const inContext = (code, route = ACME) => `${INIT} llmobs.withRoutingContext(${route}, () => { ${code} });`
const inSpan = code => inContext(`llmobs.trace({ kind: 'llm' }, span => { ${code} })`)
/** It ends soon, whatever becomes of its span. */
const ONE_TASK = inContext("llmobs.trace({ kind: 'task' }, () => {})").replace(
  "'shop'",
  "'shop', exitTimeoutMs: 500"
)

/**
 * @typedef {object} Mistake
 * @property {string} mistake
 * @property {string} code of a program that has `llmobs`
 * @property {RegExp} told the cause, and what to do, on standard error
 * @property {string} place in docs/troubleshooting.md
 * @property {Record<string, string>} [env]
 * @property {boolean} [isNowhere] it runs in a folder without a package.json
 * @property {'missing'} [addon] it runs with this package installed on a platform that it has no addon for
 */

/** @type {Record<string, Mistake[]>} */
const MISTAKES = {
  Start: [
    {
      mistake: 'The package taken for `llmobs`: `require("spanlane").init()`',
      code: "require('spanlane').init({ mlApp: 'shop' })",
      told: /the package is not llmobs, it has it: const \{ llmobs \} = require\('spanlane'\)/,
      place: 'spanlane_not_supported'
    },
    {
      mistake: 'An option in another spelling: `ml_app`, `flushInterval`',
      code: "llmobs.init({ ml_app: 'shop' })",
      told: /option "ml_app" is not known: did you mean "mlApp"\?/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'A rate in percent: `sampleRate: 50`',
      code: "llmobs.init({ mlApp: 'shop', sampleRate: 50 })",
      told: /option "sampleRate" must be a number from 0 to 1, got 50/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'A time as text: `flushIntervalMs: "1s"`',
      code: "llmobs.init({ mlApp: 'shop', flushIntervalMs: '1s' })",
      told: /option "flushIntervalMs" must be a whole number from 10 to 86400000, got string/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'The address of the web page as site: `https://app.datadoghq.eu`',
      code: "llmobs.init({ mlApp: 'shop', site: 'https://app.datadoghq.eu' }); llmobs.trace({ kind: 'task' }, () => {})",
      told: /"https:\/\/app\.datadoghq\.eu" is not a known site, allowed are .*datadoghq\.eu/,
      place: 'spanlane_invalid_site'
    },
    {
      mistake: '`init` twice, with other options',
      code: `${INIT} llmobs.init({ mlApp: 'other' })`,
      told: /already initialized with other options; call init before anything else, or use createLLMObs/,
      place: 'spanlane_already_initialized'
    },
    {
      mistake: 'A span before `init`',
      code: "llmobs.trace({ kind: 'task' }, () => {}); llmobs.init({ mlApp: 'other' })",
      told: /already initialized with other options; call init before anything else, or use createLLMObs/,
      place: 'spanlane_already_initialized'
    },
    {
      mistake: 'No name of the application anywhere',
      code: 'llmobs.init()',
      isNowhere: true,
      told: /no application name: spans are sent as those of "unknown"; set the option mlApp/,
      place: 'no_application_name'
    },
    {
      mistake: 'An intake without `http://`: `intakeUrl: "localhost:7726"`',
      code: "llmobs.init({ mlApp: 'shop', intakeUrl: 'localhost:7726' })",
      told: /option "intakeUrl" must start with https: or http:/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'The same in `SPANLANE_INTAKE_URL`',
      code: INIT,
      env: { SPANLANE_INTAKE_URL: 'localhost:7726' },
      told: /SPANLANE_INTAKE_URL must start with https: or http:: LLM Observability is disabled; correct the variable/,
      place: 'wrong_environment'
    },
    {
      mistake: 'An intake on another machine by `http:`',
      code: "llmobs.init({ mlApp: 'shop', intakeUrl: 'http://intake.example' })",
      told: /option "intakeUrl" must use https: unless its host is a loopback address/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'A SOCKS proxy in `HTTPS_PROXY`',
      code: INIT,
      env: { HTTPS_PROXY: 'socks5://127.0.0.1:1080' },
      told: /HTTPS_PROXY .*\(SOCKS is not supported\).*; set HTTPS_PROXY or the option "proxy"/,
      place: 'wrong_environment'
    },
    {
      mistake: 'Verification switched off with `NODE_TLS_REJECT_UNAUTHORIZED=0`',
      code: INIT,
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      told: /NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: .*; give the option "ca"/,
      place: 'certificates'
    },
    {
      mistake: 'Installed without optional dependencies, or for another platform',
      code: INIT,
      addon: 'missing',
      told: /no native part .* install spanlane on this platform, with its optional dependencies/,
      place: 'no_native_part'
    }
  ],
  Routes: [
    {
      mistake: 'No context and no key: a span that belongs to nobody',
      code: `${INIT} llmobs.trace({ kind: 'task' }, () => {})`,
      told: /1 event without a route dropped: no_route .*; open a context around it \(withRoutingContext\)/,
      place: 'no_route'
    },
    {
      mistake: 'Work that starts after its context: a queue, a pool, a listener',
      code: `${inContext('')} llmobs.trace({ kind: 'task', name: 'late' }, () => {})`,
      told: /without a route dropped: no_route \(task span "late"\); open a context around it/,
      place: 'no_route'
    },
    {
      mistake: 'A customer without a key: `ddApiKey: undefined`',
      code: inContext('', '{ ddApiKey: undefined }'),
      told: /ddApiKey is required .* got undefined\. Where a customer has none, call the function without/,
      place: 'spanlane_invalid_api_key'
    },
    {
      mistake: 'The key as `apiKey`',
      code: inContext('', `{ apiKey: '${KEYS.acme}' }`),
      told: /route option "apiKey" is not known: "ddApiKey" is meant/,
      place: 'spanlane_invalid_route'
    },
    {
      mistake: 'The host of the web page as `ddSite`: `app.datadoghq.eu`',
      code: inContext('', `{ ddApiKey: '${KEYS.acme}', ddSite: 'app.datadoghq.eu' }`),
      told: /ddSite "app\.datadoghq\.eu" is not a known site, allowed are .*datadoghq\.eu/,
      place: 'spanlane_invalid_site'
    },
    {
      mistake: 'An empty `ddSite`, of a field that nobody filled',
      code: inContext('', `{ ddApiKey: '${KEYS.acme}', ddSite: '' }`),
      told: /ddSite is empty, allowed are/,
      place: 'spanlane_invalid_site'
    },
    {
      mistake: 'The whole customer as `tenant`',
      code: inContext('', `{ ddApiKey: '${KEYS.acme}', tenant: { id: 7 } }`),
      told: /tenant must be a string, got object/,
      place: 'spanlane_invalid_tenant'
    },
    {
      mistake: '`withRoutingContext` without a function',
      code: `${INIT} llmobs.withRoutingContext(${ACME})`,
      told: /withRoutingContext needs a function to run, got undefined/,
      place: 'spanlane_invalid_callback'
    },
    {
      mistake: 'The work begun before the context: `withRoutingContext(route, answer())`',
      code: `${INIT} llmobs.withRoutingContext(${ACME}, Promise.resolve())`,
      told: /withRoutingContext needs a function to run, got object/,
      place: 'spanlane_invalid_callback'
    },
    {
      mistake: 'A key of another site, an application key, a revoked key',
      code: inContext(
        "llmobs.trace({ kind: 'task' }, () => {})",
        `{ ddApiKey: '${REFUSED}', tenant: 'acme' }`
      ),
      told: /the key of tenant "acme" \(datadoghq\.com\) is refused, .*; check key and site with verifyRoute/,
      place: 'key_refused'
    },
    {
      mistake: "An evaluation of one customer's span in another's context",
      code: `${INIT}
        const exported = llmobs.withRoutingContext(${ACME}, () =>
          llmobs.trace({ kind: 'llm' }, span => llmobs.exportSpan(span)))
        llmobs.withRoutingContext(${GLOBEX}, () =>
          llmobs.submitEvaluation(exported, { label: 'tone', metricType: 'score', value: 1 }))`,
      told: /span of another tenant was named inside a routing context: .*; if it was meant, use its route/,
      place: 'foreign_reference'
    },
    {
      mistake: 'No intake where `SPANLANE_INTAKE_URL` says',
      code: ONE_TASK,
      env: { SPANLANE_INTAKE_URL: 'http://127.0.0.1:9' },
      told: /failed, retrying: connect_error; check that the host can be reached/,
      place: 'connect_error'
    },
    {
      mistake: 'A path too much in `SPANLANE_INTAKE_URL`',
      code: ONE_TASK,
      env: { SPANLANE_INTAKE_URL: '<intake>/api/v2/llmobs' },
      told: /failed, retrying: endpoint_missing, status 404; check the site .* or the URL/,
      place: 'endpoint_missing'
    }
  ],
  'Spans and evaluations': [
    {
      mistake: 'A kind that is none: `chain`',
      code: inContext("llmobs.trace({ kind: 'chain' }, () => {})"),
      told: /Invalid span kind specified: "chain" Must be one of: llm, agent/,
      place: 'spanlane_invalid_kind'
    },
    {
      mistake: 'No kind',
      code: inContext("llmobs.trace({ name: 'answer' }, () => {})"),
      told: /Invalid span kind specified: undefined Must be one of: llm, agent/,
      place: 'spanlane_invalid_kind'
    },
    {
      mistake: '`trace` without a function',
      code: inContext("llmobs.trace({ kind: 'task' })"),
      told: /trace needs a function to run, got undefined/,
      place: 'spanlane_invalid_callback'
    },
    {
      mistake: 'Another name in `annotate`: `input`, `output`',
      code: inSpan("llmobs.annotate(span, { input: 'hi' })"),
      told: /annotate does not know "input": did you mean "inputData"\? It was taken for it/,
      place: 'spanlane_invalid_annotation'
    },
    {
      mistake: 'A message whose `content` is no text',
      code: inSpan("llmobs.annotate(span, { inputData: [{ role: 'user', content: 5 }] })"),
      told: /llm span "llm": "Message content" must be a string\. Correct the call/,
      place: 'spanlane_invalid_annotation'
    },
    {
      mistake: 'Token counts as text',
      code: inSpan("llmobs.annotate(span, { metrics: { inputTokens: '12' } })"),
      told: /Value for metric 'inputTokens' must be a number, instead got 12; correct the call/,
      place: 'spanlane_invalid_annotation'
    },
    {
      mistake: '`annotate` where no span is active',
      code: inContext("llmobs.annotate({ inputData: 'hi' })"),
      told: /no active LLMObs-generated span found; pass the span, or keep its context with bindRoutingContext/,
      place: 'spanlane_no_active_span'
    },
    {
      mistake: '`annotate` after the end, for want of an `await`',
      code: inContext(
        "let kept; llmobs.trace({ kind: 'llm' }, span => { kept = span }); llmobs.annotate(kept, {})"
      ),
      told: /Cannot annotate a finished span; annotate it before it ends: await what belongs to it/,
      place: 'spanlane_span_finished'
    },
    {
      mistake: 'A callback that never calls `done`',
      code: inContext("llmobs.trace({ kind: 'task' }, (span, done) => {})"),
      told: /1 span is still open at the end of the process, .*; end them: finish\(\), done/,
      place: 'open_spans'
    },
    {
      mistake: 'A `score` that is no number',
      code: inSpan(
        "llmobs.submitEvaluation(llmobs.exportSpan(span), { label: 'tone', metricType: 'score', value: 'high' })"
      ),
      told: /value must be a number for a score metric\. Correct the call/,
      place: 'spanlane_invalid_evaluation'
    },
    {
      mistake: 'An evaluation of what `exportSpan` found nothing for',
      code: inContext(
        "llmobs.submitEvaluation(llmobs.exportSpan(), { label: 'tone', metricType: 'score', value: 1 })"
      ),
      told: /no active LLMObs-generated span found; pass the span/,
      place: 'spanlane_no_active_span'
    },
    {
      mistake: 'A processor that forgets `return`',
      code: `${INIT} llmobs.registerProcessor(span => { span.input = [] });
        llmobs.withRoutingContext(${ACME}, () => llmobs.trace({ kind: 'task' }, () => {}))`,
      told: /a span processor returned undefined: the span is dropped .*; a processor must return its span, or null/,
      place: 'processor'
    },
    {
      mistake: 'A second processor',
      code: `${INIT} llmobs.registerProcessor(span => span); llmobs.registerProcessor(span => span)`,
      told: /Only one user span processor can be registered\. .* deregister the existing processor first/,
      place: 'spanlane_processor_registered'
    },
    {
      mistake: '`flush` after `shutdown`',
      code: `${INIT} llmobs.shutdown().then(() => llmobs.flush()).catch(error => { console.error(error) })`,
      told: /flush after shutdown/,
      place: 'spanlane_shut_down'
    }
  ],
  'Beside others': [
    {
      mistake: '`attach` without the tracer',
      code: "require('spanlane/dd-trace').attach()",
      told: /attach needs the tracer of dd-trace, as attach\(require\('dd-trace'\)\.init\(\)\), got undefined/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: '`attach` to a tracer whose LLM Observability is off',
      code: `
        const tracer = require('dd-trace').init()
        require('spanlane/dd-trace').attach(tracer)
        tracer.llmobs.withRoutingContext(${ACME}, () => tracer.llmobs.trace({ kind: 'task', name: 'a' }, () => {}))
        process.exit()`,
      env: {
        DD_TRACE_STARTUP_LOGS: 'false',
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_TRACE_AGENT_URL: 'http://127.0.0.1:9'
      },
      told: /LLM Observability of dd-trace is off: .*; call tracer\.init\(\{ llmobs: \{ mlApp \} \}\)/,
      place: 'bridge'
    },
    {
      mistake: '`observe` with the options of a client, or its class',
      code: "require('spanlane/openai').observe({ apiKey: 'x' })",
      told: /observe needs a client of the package openai, got an object without its methods/,
      place: 'spanlane_invalid_option'
    },
    {
      mistake: 'The processor of OpenTelemetry as an exporter, in a batch',
      code: `${INIT}
        const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace-base')
        const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node')
        const { SpanlaneSpanProcessor } = require('spanlane/opentelemetry')
        const spanProcessors = [new BatchSpanProcessor(new SpanlaneSpanProcessor())]
        const provider = new NodeTracerProvider({ spanProcessors })
        provider.getTracer('shop').startSpan('chat').end()
        provider.forceFlush().catch(() => {})`,
      told: /a processor was registered as an exporter: nothing is sent; register it with the provider/,
      place: 'opentelemetry'
    },
    {
      mistake: 'A test that cannot know whose the spans are',
      code: `
        const { expectNothingCrossed, startIntake } = require('spanlane/testing')
        startIntake().then(async intake => {
          const own = require('spanlane').createLLMObs({ mlApp: 'shop', intakeUrl: intake.url })
          own.withRoutingContext(${ACME}, () => own.trace({ kind: 'task' }, () => {}))
          await own.shutdown()
          await intake.close()
          expectNothingCrossed(intake, { acme: '${KEYS.acme}' })
        })`,
      told: /no_owner: nothing says whose the events are .* Tag events with owner:<name>, or tell by the option ownerOf/,
      place: 'spanlane_crossed'
    }
  ]
}

module.exports = { MISTAKES, REFUSED }
