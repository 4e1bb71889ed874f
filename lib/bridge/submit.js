'use strict'

const { runProcessor } = require('../event/processor')
const { detached } = require('../values/detached')
const { ForeignSpan, foreignMetric, lineageOfEvent } = require('./foreign-span')
const { RouteToken } = require('./route-token')

/** @typedef {{ apiKey?: unknown, site?: unknown } | undefined} Routing what dd-trace keeps of a routing context */

/** Takes finished events from dd-trace's writers. */
class Submitter {
  /** False after `detach`: only what is routed with a token is taken. */
  isActive = false
  /** The span that dd-trace hands over at this moment. @type {any} */
  finishing = null
  #instance
  #spans

  /**
   * @param {Instance} instance
   * @param {import('./routed-spans').RoutedSpans} spans
   */
  constructor(instance, spans) {
    this.#instance = instance
    this.#spans = spans
  }

  /**
   * @param {any} writer of dd-trace
   * @param {(event: any) => unknown} append dd-trace's own
   * @param {Record<string, any>} event
   * @param {Routing} routing
   * @returns {unknown} whether the event is kept: dd-trace then marks its APM span
   */
  appendSpan(writer, append, event, routing) {
    const token = RouteToken.read(routing?.apiKey)
    if (token !== null) return this.#counted(() => this.#submitRouted(event, token))
    if (!this.isActive || RouteToken.isOfOtherCopy(routing?.apiKey)) return append(event)
    if (routing?.apiKey) return this.#submitKeyed(event, routing)
    if (this.#startedNowhere()) return this.#drop('no_route')
    const route = this.#defaultRouteFor(writer)
    if (route !== null) return this.#submit(event, route, null)
    const { processor } = this.#instance
    return processor === null ? append(event) : this.#appendProcessed(append, event, processor)
  }

  /**
   * @param {any} writer of dd-trace
   * @param {() => unknown} append dd-trace's own
   * @param {Record<string, any>} metric
   * @param {Routing} routing
   * @returns {unknown}
   */
  appendEvaluation(writer, append, metric, routing) {
    const token = RouteToken.read(routing?.apiKey)
    if (token !== null) return this.#counted(() => this.#submitRoutedMetric(metric, token))
    if (!this.isActive || RouteToken.isOfOtherCopy(routing?.apiKey)) return append()
    if (routing?.apiKey) {
      const route = this.#openKeyed(routing)
      return route === null ? this.#drop('invalid_route') : this.#submitMetric(metric, route, null)
    }
    if (this.#instance.outside.isRefused) {
      this.#instance.outside.take()
      return this.#drop('no_route')
    }
    const route = this.#defaultRouteFor(writer)
    return route === null ? append() : this.#submitMetric(metric, route, null)
  }

  /**
   * @param {Record<string, any>} event
   * @param {RouteToken} token
   * @returns {boolean}
   */
  #submitRouted(event, token) {
    if (token.lostReason !== null) return this.#drop(token.lostReason)
    const span = this.finishing
    const lineages = span === null ? [] : (this.#spans.lineagesOf(span) ?? [])
    if (lineages.length === 0) return this.#submitUnseen(event, token.route)
    const isShared = lineages.length > 1
    for (const lineage of lineages) {
      // One target's processor must not mask another's copy.
      const own = isShared && this.#hasProcessor(lineage) ? detached(event) : event
      this.#submit(own, lineage.route, lineage)
    }
    return true
  }

  /**
   * @param {Record<string, any>} metric
   * @param {RouteToken} token
   * @returns {boolean}
   */
  #submitRoutedMetric(metric, token) {
    if (token.lostReason !== null) return this.#drop(token.lostReason)
    for (const { route, traceId } of token.destinations) this.#submitMetric(metric, route, traceId)
    return true
  }

  /**
   * dd-trace would swallow what is thrown here, and the event with it.
   *
   * @param {() => boolean} submit
   * @returns {boolean}
   */
  #counted(submit) {
    try {
      return submit()
    } catch {
      return this.#drop('internal_error')
    }
  }

  /** @param {Lineage} lineage */
  #hasProcessor({ route }) {
    return this.#instance.processor !== null || route?.options.processor !== undefined
  }

  /**
   * A routing context that was entered before `attach` has the key itself.
   *
   * @param {Record<string, any>} event
   * @param {Routing} routing
   */
  #submitKeyed(event, routing) {
    const route = this.#openKeyed(routing)
    return route === null ? this.#drop('invalid_route') : this.#submitUnseen(event, route)
  }

  /**
   * @param {Routing} routing
   * @returns {Route | null}
   */
  #openKeyed(routing) {
    try {
      return this.#instance.openRoute({ ddApiKey: routing?.apiKey, ddSite: routing?.site ?? undefined })
    } catch {
      return null
    }
  }

  /**
   * @param {Record<string, any>} event of a span that started unseen: it is what dd-trace says it is
   * @param {Route | null} route
   */
  #submitUnseen(event, route) {
    return this.#submit(event, route, route === null ? null : lineageOfEvent(route, event))
  }

  /**
   * @param {Record<string, any>} event
   * @param {Route | null} route
   * @param {Lineage | null} lineage null: the default route gets the event as it is
   * @returns {true}
   */
  #submit(event, route, lineage) {
    const userTags = this.finishing === null ? undefined : this.#spans.userTagsOf(this.finishing)
    this.#instance.submitSpan(new ForeignSpan(this.#instance, event, route, lineage, userTags))
    return true
  }

  /**
   * @param {Record<string, any>} metric
   * @param {Route | null} route
   * @param {string | null} traceId
   * @returns {boolean}
   */
  #submitMetric(metric, route, traceId) {
    return this.#instance.submitMetric(route, foreignMetric(metric, traceId))
  }

  /** @returns {boolean} whether the span that is handed over was refused when it started */
  #startedNowhere() {
    const lineages = this.finishing === null ? undefined : this.#spans.lineagesOf(this.finishing)
    return lineages?.length === 0
  }

  /**
   * Our default route takes over from dd-trace's own transport where both mean the same organisation. In agent
   * mode, and before dd-trace has chosen its mode, what is not routed stays with dd-trace.
   *
   * @param {any} writer
   * @returns {Route | null}
   */
  #defaultRouteFor(writer) {
    const { defaultRoute, config } = this.#instance
    if (defaultRoute === null || writer._agentless !== true) return null
    return `${writer._config?.site}`.toLowerCase() === config.site.toLowerCase() ? defaultRoute : null
  }

  /**
   * What dd-trace delivers itself still passes the processor that the application gave to Spanlane.
   *
   * @param {(event: any) => unknown} append
   * @param {Record<string, any>} event
   * @param {(span: any) => any} processor
   */
  #appendProcessed(append, event, processor) {
    const span = new ForeignSpan(this.#instance, event, null, null, undefined)
    const finish = (/** @type {boolean} */ isKept) => (isKept ? append(span.event) : this.#drop('processor'))
    try {
      const answer = runProcessor(span, span.lineage, this.#instance.config, processor)
      if (typeof answer === 'boolean') return finish(answer)
      answer.then(finish, () => this.#drop('processor'))
      return true
    } catch {
      return this.#drop('processor')
    }
  }

  /**
   * @param {import('../binding').Reason} reason
   * @returns {false}
   */
  #drop(reason) {
    this.#instance.drop(reason)
    return false
  }
}

module.exports = { Submitter }
