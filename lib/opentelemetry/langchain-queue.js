'use strict'

/**
 * LangChain runs the handlers of all runs from one queue of the process, unless they are awaited. What a handler does in
 * the queue it does in the context of whoever started the queue: of another tenant, three times out of four.
 */

/** Tracers of instrumentations whose spans start in handlers of LangChain, always. */
const HANDLERS_ONLY = [
  '@arizeai/openinference-instrumentation-langchain',
  '@traceloop/instrumentation-langchain'
]
/** Tracers that also start spans elsewhere. */
const HANDLERS_TOO = ['langfuse-sdk', 'langsmith']
const HANDLER = /(?:^|\.)handle(?:Chain|LLM|ChatModel|Tool|Retriever|Agent)\w*$/
/** LangChain's own call of a handler. */
const AWAITED = /(?:^|\.)consumeCallback$/
const QUEUE = /^PQueue\d*\.|(?:^|\.)_tryToStartAnother$/
const QUEUE_FILE = /[\\/]p-queue[\\/]/
const FRAMES_MAX = 100

/**
 * @param {string} scope
 * @returns {boolean} whether its spans may start in a handler
 */
function mayBeHandler(scope) {
  return HANDLERS_ONLY.includes(scope) || HANDLERS_TOO.includes(scope)
}

/**
 * Whether a span that starts now starts in the queue. The stack tells: between the handler and its run stands either the
 * queue, or nothing but LangChain's own call. A minifier leaves the names of methods.
 *
 * @param {string} scope that may be one of a handler
 * @param {boolean} isAwaitedByUser whether the application itself has said that handlers are awaited
 * @returns {boolean} true also where it cannot be told
 */
function startsInQueue(scope, isAwaitedByUser) {
  const frames = stack()
  const handler = frames.findIndex(frame => HANDLER.test(nameOf(frame)))
  if (handler === -1 && frames.length > 0 && !HANDLERS_ONLY.includes(scope)) return false
  for (const frame of handler === -1 ? [] : frames.slice(handler)) {
    const name = nameOf(frame)
    if (AWAITED.test(name)) return false
    if (QUEUE.test(name) || QUEUE_FILE.test(`${frame.getFileName()}`)) return true
  }
  return !isAwaitedByUser
}

/** @param {NodeJS.CallSite} frame @returns {string} */
function nameOf(frame) {
  const fn = frame.getFunctionName() ?? ''
  const method = frame.getMethodName()
  const type = frame.getTypeName()
  return fn.includes('.') || type === null ? fn : `${type}.${method ?? fn}`
}

/** @returns {NodeJS.CallSite[]} of this moment; none where the host does not let it be read */
function stack() {
  const { prepareStackTrace, stackTraceLimit } = Error
  try {
    Error.stackTraceLimit = FRAMES_MAX
    Error.prepareStackTrace = (_error, sites) => sites
    const { stack: sites } = /** @type {any} */ (new Error())
    return Array.isArray(sites) ? sites : []
  } catch {
    return []
  } finally {
    restore(prepareStackTrace, stackTraceLimit)
  }
}

/** @param {any} prepare @param {number} limit */
function restore(prepare, limit) {
  try {
    Error.prepareStackTrace = prepare
    Error.stackTraceLimit = limit
  } catch {
    // They are frozen, and were not changed.
  }
}

module.exports = { mayBeHandler, startsInQueue }
