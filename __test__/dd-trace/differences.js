'use strict'

/**
 * Every difference between dd-trace 5.132.0 and this SDK that an application can see. `docs/dd-trace.md` has a row for
 * each, word for word. A difference that shows in the two bodies or in what is thrown says where; the comparison finds
 * those and no other. One that does not show there names the test that does.
 */

/** @typedef {import('./compare').Difference} Found */

/**
 * @typedef {object} Difference
 * @property {string} what the member or field, as in the first column of the document
 * @property {'better' | 'different'} verdict
 * @property {string} why
 * @property {(found: Found) => boolean} [shows]
 * @property {string} [shownBy] a test file, where the two bodies do not show it
 */

/** @param {Found} found @param {string} name @param {RegExp} path */
const at = (found, name, path) => found.in === name && path.test(found.path)
/** @param {Found} found @param {...string} names */
const isIn = (found, ...names) => names.includes(found.in)

/** @type {Difference[]} */
const MEMBERS = [
  {
    what: '`trace`, `wrap`: what they return',
    verdict: 'better',
    why: 'The object your function returned, also a promise with extra methods, or for a promise without any one that follows it, always the same; dd-trace returns a new promise for each call.',
    shownBy: '__test__/sdk/thenables.test.js'
  },
  {
    what: '`trace`, `wrap`: what a returned object does later',
    verdict: 'better',
    why: 'Runs in the context of the span, with its callbacks in those of their callers; in dd-trace in the context of whoever uses it.',
    shownBy: '__test__/host/work-stays-where-it-started.test.js'
  },
  {
    what: '`wrap`: a function as last argument',
    verdict: 'better',
    why: 'Is passed on as it is unless it is a callback, and a returned promise ends the span; dd-trace replaces it, and waits for it.',
    shownBy: '__test__/host/arguments-stay-what-they-are.test.js'
  },
  {
    what: '`wrap`: requests, responses, sockets, bytes',
    verdict: 'better',
    why: 'Become a note; dd-trace sends what JSON makes of them, headers and cookies included.',
    shownBy: '__test__/host/nothing-of-the-host-is-content.test.js'
  },
  {
    what: '`trace`, `wrap`: generators and streams',
    verdict: 'better',
    why: 'The span ends when the iteration ends, is left or fails; dd-trace ends it when the generator is made.',
    shownBy: '__test__/sdk/streams.test.js'
  },
  {
    what: '`trace`, `wrap`: a number as name, session, application or model',
    verdict: 'better',
    why: 'Becomes text, as the intake has it; dd-trace sends the number.',
    shownBy: '__test__/sdk/labels.test.js'
  },
  {
    what: '`trace`, `wrap`: options of APM spans',
    verdict: 'different',
    why: '`childOf`, `tags`, `resource`, `type` and their like are ignored: there is no APM span.',
    shownBy: '__test__/dd-trace/span-methods.test.js'
  },
  {
    what: 'The span: `setTag`, `addTags`',
    verdict: 'different',
    why: '`error` and `error.*` mark it as failed; other tags have no place in an LLM Observability span.',
    shownBy: '__test__/sdk/error-marks.test.js'
  },
  {
    what: 'The span: `recordException`, `error.message` without `error.type`',
    verdict: 'better',
    why: 'Mark it as failed; in dd-trace LLM Observability does not see them.',
    shownBy: '__test__/sdk/error-marks.test.js'
  },
  {
    what: 'The span: `setOperationName`, `log`, `logEvent`, `addLink`, `addLinks`, `addSpanPointer`, `addEvent`',
    verdict: 'different',
    why: "Do nothing, and return what dd-trace's return: they are about the APM span.",
    shownBy: '__test__/dd-trace/span-methods.test.js'
  },
  {
    what: 'The span: baggage',
    verdict: 'different',
    why: 'Stays on its span, at most 64 items; in dd-trace children and headers inherit it.',
    shownBy: '__test__/dd-trace/span-methods.test.js'
  },
  {
    what: 'The span: `tracer()`',
    verdict: 'different',
    why: 'Records nothing. Headers are written by `llmobs.inject`.',
    shownBy: '__test__/dd-trace/span-methods.test.js'
  },
  {
    what: 'The span: `context().toTraceId()`',
    verdict: 'different',
    why: 'The LLM Observability trace id in 32 hex digits; in dd-trace half of the APM trace id, in decimal.',
    shownBy: '__test__/sdk/trace-ends.test.js'
  },
  {
    what: '`trace`: unknown `kind`',
    verdict: 'different',
    why: 'The text quotes only text.',
    shows: found => at(found, 'trace: no kind', /thrown/)
  },
  {
    what: '`annotate`, `annotationContext`, `submitEvaluation`, `submitFeedback`, `exportSpan`: what is wrong in a call',
    verdict: 'better',
    why: "Is left out, warned about once a minute and counted; your request goes on. `onMisuse: 'throw'` throws as dd-trace does: the comparison runs with it.",
    shownBy: '__test__/host/misuse-never-throws.test.js'
  },
  {
    what: '`annotate`: names and shapes of other SDKs',
    verdict: 'better',
    why: "Messages, tool calls and token counts of OpenAI, Anthropic, LangChain, Gemini and the AI SDK are understood, unknown options warned about; dd-trace ignores or refuses them, and so does this SDK with `onMisuse: 'throw'`.",
    shownBy: '__test__/annotate/shapes-of-other-sdks.test.js'
  },
  {
    what: '`annotationContext`: `undefined` and `null`',
    verdict: 'better',
    why: 'Leave what the outer context said; in dd-trace they take it away.',
    shownBy: '__test__/host/nothing-given.test.js'
  },
  {
    what: '`annotate`: when values are read',
    verdict: 'better',
    why: 'At the call, each getter once. dd-trace keeps your objects, and sends what they hold when the span ends.',
    shows: found => at(found, 'a changed object', /metadata\.state$/)
  },
  {
    what: '`annotate`: a call that throws',
    verdict: 'better',
    why: 'Changes nothing. In dd-trace what was checked before the mistake stays.',
    shownBy: '__test__/annotate/all-or-nothing.test.js'
  },
  {
    what: '`annotate`: cycles and BigInt in text',
    verdict: 'better',
    why: 'Replaced in place and named in `collection_errors`; dd-trace throws.',
    shows: found =>
      isIn(found, 'a cycle in text', 'a BigInt in text') &&
      /put\.value$|collection_errors$|^thrown$/.test(found.path)
  },
  {
    what: '`annotate`: a function as input',
    verdict: 'better',
    why: 'Sent as `Unserializable value` and named in `collection_errors`; dd-trace sends nothing.',
    shows: found => at(found, 'a function as text', /input\.value$|collection_errors$/)
  },
  {
    what: '`annotate`: `null` and `undefined`',
    verdict: 'better',
    why: 'Say nothing, wherever they stand; dd-trace refuses them in lists and as names of results, and `undefined` as metric.',
    shows: found => found.in.startsWith('annotate: null as ') && found.path === 'thrown'
  },
  {
    what: '`annotate`: a symbol as metric',
    verdict: 'better',
    why: 'The error says what is wrong; dd-trace fails to build its text.',
    shows: found => isIn(found, 'annotate: a symbol as metric')
  },
  {
    what: '`exportSpan`: something that is no span',
    verdict: 'different',
    why: 'One error text for all that is not a span of this SDK.',
    shows: found => isIn(found, 'exportSpan: not a span')
  },
  {
    what: '`exportSpan`: result',
    verdict: 'better',
    why: 'Also carries an unguessable reference of the route, so that evaluations find the span’s tenant.',
    shownBy: '__test__/sdk/evaluation-routing.test.js'
  },
  {
    what: '`routingContext`',
    verdict: 'better',
    why: 'Also called `withRoutingContext`. Key and site are checked before your function runs, and what is wrong is named.',
    shows: found => isIn(found, 'routingContext: no key')
  },
  {
    what: '`routingContext`: a span of another tenant inside',
    verdict: 'better',
    why: 'Is the root of its own trace; in dd-trace it inherits trace, session, app and agent of the other customer.',
    shownBy: '__test__/sdk/tenant-borders.test.js'
  },
  {
    what: '`routingContext`: several targets',
    verdict: 'better',
    why: '`targets` sends one span to several organisations; dd-trace knows one.',
    shownBy: '__test__/sdk/targets.test.js'
  },
  {
    what: '`registerProcessor`',
    verdict: 'better',
    why: 'The span names its tenant, the processor may be asynchronous, and a route may have its own.',
    shownBy: '__test__/sdk/processors.test.js'
  },
  {
    what: '`submitEvaluation`, `submitFeedback`: where they go',
    verdict: 'better',
    why: 'To the tenant of the span they name, wherever they are called; in dd-trace to the context of the call.',
    shownBy: '__test__/sdk/evaluation-routing.test.js'
  },
  {
    what: '`submitEvaluation`: no span context, a `metricType` that is no text',
    verdict: 'better',
    why: 'The error says what is wrong; in dd-trace it is a `TypeError` of the engine.',
    shows: found => isIn(found, 'submitEvaluation: no span', 'submitEvaluation: a number as type')
  },
  {
    what: '`submitEvaluation`, `submitFeedback`: a score of NaN or Infinity',
    verdict: 'better',
    why: 'Is not sent; dd-trace sends a score of `null`.',
    shows: found => isIn(found, 'submitEvaluation: NaN as score') || at(found, 'l', /^metric$/)
  },
  {
    what: '`flush`',
    verdict: 'better',
    why: 'Returns a promise of a report, per tenant; dd-trace returns before anything is sent.',
    shownBy: '__test__/sdk/lifecycle.test.js'
  },
  {
    what: '`enable`, `disable`',
    verdict: 'different',
    why: 'Deprecated there and here: they switch this SDK on and off, and need no agent.',
    shownBy: '__test__/sdk/lifecycle.test.js'
  },
  {
    what: '`experiments`, `prompts`',
    verdict: 'different',
    why: 'Not part of this SDK: reading them throws an error that names dd-trace.',
    shownBy: '__test__/sdk/lifecycle.test.js'
  },
  {
    what: 'Switched off',
    verdict: 'better',
    why: 'Nothing is validated, in no call and in no option; dd-trace goes on refusing an unknown `kind`.',
    shownBy: '__test__/sdk/passthrough.test.js'
  },
  {
    what: 'No `mlApp` and no service',
    verdict: 'different',
    why: 'The name in the nearest package.json that has one, else `unknown`, with a warning; in dd-trace `node`.',
    shownBy: '__test__/sdk/ml-app.test.js'
  },
  {
    what: 'Errors',
    verdict: 'better',
    why: 'Have a stable `code`. Mistakes are `TypeError`s, which is what a span that they end reports as its error.',
    shows: found => at(found, 'mistake', /error_type|error\.(type|stack)$/)
  },
  {
    what: 'Warnings',
    verdict: 'better',
    why: 'Are written, each at most once a minute, to standard error or your `logger`; in dd-trace only with `DD_TRACE_DEBUG`.',
    shownBy: '__test__/sdk/options.test.js'
  },
  {
    what: 'Process end',
    verdict: 'better',
    why: '`process.exit()` and uncaught errors deliver what is held; dd-trace delivers at the natural end only.',
    shownBy: '__test__/sdk/exit.test.js'
  }
]

/** @type {Difference[]} */
const FIELDS = [
  {
    what: '`_dd.tracer_version`, tag `ddtrace.version`',
    verdict: 'different',
    why: 'Say `spanlane-<version>`.',
    shows: found => /\.(_dd\.tracer_version|tags\.ddtrace\.version\.0)$/.test(found.path)
  },
  {
    what: '`_dd.trace_id`, `_dd.apm_trace_id`',
    verdict: 'different',
    why: 'Are the LLM Observability trace id: there is no APM trace beside it.',
    shows: found => /\._dd\.(apm_)?trace_id$/.test(found.path) && found.ddTrace === 'another trace'
  },
  {
    what: '`start_ns`, `duration`',
    verdict: 'better',
    why: 'Exact nanoseconds; in dd-trace a double, which is exact to 256 ns.',
    shownBy: '__test__/encode/event.test.js'
  },
  {
    what: '`tags`: `DD_TAGS` and the `tags` option',
    verdict: 'better',
    why: 'Only on the default route, but for what `tenantTags` names; dd-trace sends them to every customer.',
    shows: found => at(found, 'a tenant', /\.tags\.(squad|zone)$/)
  },
  {
    what: '`tags`: `service` and `version` that nothing names',
    verdict: 'different',
    why: 'Are empty; dd-trace takes them from the nearest package.json.',
    shownBy: '__test__/sdk/tag-variables.test.js'
  },
  {
    what: '`tags`: an object as value',
    verdict: 'better',
    why: 'Sent as JSON; in dd-trace `[object Object]`. The same for tags of evaluations and feedback.',
    shows: found =>
      at(found, 'an object as tag', /\.tags\.shape\.0$/) || at(found, 'object as tag', /\.tags\.o\.0$/)
  },
  {
    what: '`tags`: `null` as value',
    verdict: 'better',
    why: 'Is no tag, also of evaluations and feedback; dd-trace sends an empty one, and `null` as text.',
    shows: found =>
      at(found, 'llm with tools and media', /\.tags\.none$/) || at(found, 'everything.else', /\.tags\.none$/)
  },
  {
    what: '`tags`: a symbol as value',
    verdict: 'better',
    why: 'Replaced and named in `collection_errors`; dd-trace loses the span.',
    shows: found => at(found, 'a symbol as tag', /^span$/)
  },
  {
    what: '`meta`: `error.*` of what is no `Error`',
    verdict: 'better',
    why: 'The value thrown, and its type; dd-trace sends an error without message.',
    shows: found => at(found, 'a thrown string', /error_type$|error\.(message|type)$/)
  },
  {
    what: '`meta.input`: lone surrogates',
    verdict: 'better',
    why: 'Become U+FFFD, here and in every other text; dd-trace sends what UTF-8 cannot hold.',
    shows: found => at(found, 'a lone surrogate', /input\.value$/)
  },
  {
    what: '`meta.input`, `meta.output`: more than 5 MB',
    verdict: 'better',
    why: 'The longest texts lose their middle; dd-trace drops all input and output.',
    shows: found => at(found, 'more than an event may hold', /put\.value$/)
  },
  {
    what: '`meta.input.messages`: BigInt in tool arguments',
    verdict: 'better',
    why: 'Replaced and named in `collection_errors`; dd-trace loses the span.',
    shows: found => at(found, 'a BigInt in tool arguments', /^span$/)
  },
  {
    what: '`meta.input.prompt`: a text template after a chat template',
    verdict: 'better',
    why: 'The last one is sent; dd-trace sends both.',
    shows: found => at(found, 'a prompt of another kind', /chat_template$/)
  },
  {
    what: '`meta.metadata`: BigInt, cycles',
    verdict: 'better',
    why: 'Replaced, and named in `collection_errors`; in dd-trace only replaced.',
    shows: found =>
      isIn(found, 'a BigInt in metadata', 'a cycle in metadata') && /collection_errors$/.test(found.path)
  },
  {
    what: '`meta.metadata`: functions',
    verdict: 'better',
    why: 'Replaced and named in `collection_errors`; dd-trace leaves them out.',
    shows: found => at(found, 'a function in metadata', /metadata\.fn$|collection_errors$/)
  },
  {
    what: '`meta.metadata`: the same object twice',
    verdict: 'better',
    why: 'Sent twice; dd-trace takes the second for a cycle.',
    shows: found => at(found, 'one object twice in metadata', /metadata\.second$/)
  },
  {
    what: '`meta.metadata`: Dates and other values with `toJSON`',
    verdict: 'better',
    why: 'Sent as `JSON.stringify` writes them; in dd-trace `{}`.',
    shows: found => at(found, 'a Date in metadata', /metadata\.at$/)
  },
  {
    what: '`meta.metadata`: text in its place',
    verdict: 'better',
    why: 'Ignored with a warning; dd-trace loses the span.',
    shows: found => at(found, 'text for metadata', /^span$/)
  },
  {
    what: '`meta`: more than 12 levels',
    verdict: 'better',
    why: 'What nests deeper is sent as text; the intake fails to parse events that nest deeper.',
    shows: found => at(found, 'deep metadata', /metadata\.deep(\.0){11}$/)
  },
  {
    what: '`metrics`: NaN, Infinity',
    verdict: 'better',
    why: 'Left out with a warning; dd-trace sends `null`.',
    shows: found => at(found, 'NaN as metric', /metrics\.bad$/)
  },
  {
    what: '`metrics`: dots in names',
    verdict: 'better',
    why: 'Become `_`; the intake refuses spans that have them.',
    shows: found => at(found, 'a dot in a metric name', /metrics\.a[._]b$/)
  },
  {
    what: '`timestamp_ms` of an evaluation',
    verdict: 'better',
    why: 'Always whole milliseconds, as the intake asks.',
    shows: found => at(found, 'half a millisecond', /timestamp_ms/)
  },
  {
    what: '`collection_errors`',
    verdict: 'better',
    why: 'Names up to 20 places that could not be collected, beside `dropped_io`.',
    shownBy: '__test__/annotate/all-or-nothing.test.js'
  },
  {
    what: 'Request: escaping',
    verdict: 'better',
    why: 'UTF-8 as it is; dd-trace writes every character beyond ASCII as `\\uXXXX`.',
    shownBy: '__test__/encode/hygiene.test.js'
  },
  {
    what: 'Request: `Datadog-Container-Id`, `Datadog-Entity-ID`',
    verdict: 'better',
    why: 'Not sent; dd-trace sends them to every customer.',
    shownBy: '__test__/dd-trace-parity.test.js'
  }
]

module.exports = { FIELDS, MEMBERS }
