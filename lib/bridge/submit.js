'use strict'

const { runProcessor } = require('../event/processor')
const { foreignMetric } = require('./foreign-metric')
const { ForeignSpan } = require('./foreign-span')
const { Identity } = require('./identity')
const { RouteToken } = require('./route-token')

/** @typedef {{ apiKey?: unknown, site?: unknown } | undefined} Routing what dd-trace keeps of a routing context */

/** Takes finished events from dd-trace's writers. */
class Diversion {
  /** False after `detach`: only what is routed with a token is taken. */
  isActive = false
  /** The span that dd-trace hands over at this moment. @type {any} */
  finishing = null
  #instance
  #lines

  /**
   * @param {import('../sdk/instance').Instance} instance
   * @param {import('./routed-spans').Lines} lines
   */
  constructor(instance, lines) {
    this.#instance = instance
    this.#lines = lines
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
    if (!this.isActive || RouteToken.isForeign(routing?.apiKey)) return append(event)
    if (routing?.apiKey) return this.#submitForeign(event, routing)
    const instance = this.#instance
    if (instance.config.strictRouting) return this.#drop('no_route')
    const route = this.#defaultRouteFor(writer)
    if (route !== null) return this.#submit(event, route, null)
    const { processor } = instance
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
    if (!this.isActive || RouteToken.isForeign(routing?.apiKey)) return append()
    if (routing?.apiKey) {
      const route = this.#openForeign(routing)
      return route === null ? this.#drop('invalid_route') : this.#submitMetric(metric, route, null)
    }
    if (this.#instance.config.strictRouting) return this.#drop('no_route')
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
    const identities = span === null ? [] : (this.#lines.identitiesOf(span) ?? [])
    if (identities.length === 0) return this.#submitAs(event, token.route)
    const isShared = identities.length > 1
    for (const identity of identities) {
      // One target's processor must not mask another's copy.
      const own = isShared && this.#hasProcessor(identity) ? structuredClone(event) : event
      this.#submit(own, identity.route, identity)
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

  /** @param {Identity} identity */
  #hasProcessor(identity) {
    return this.#instance.processor !== null || identity.route.options.processor !== undefined
  }

  /**
   * A routing context that was entered before `attach` has the key itself.
   *
   * @param {Record<string, any>} event
   * @param {Routing} routing
   */
  #submitForeign(event, routing) {
    const route = this.#openForeign(routing)
    return route === null ? this.#drop('invalid_route') : this.#submitAs(event, route)
  }

  /**
   * @param {Routing} routing
   * @returns {import('../routing/routing').Route | null}
   */
  #openForeign(routing) {
    try {
      return this.#instance.openRoute({ ddApiKey: routing?.apiKey, ddSite: routing?.site ?? undefined })
    } catch {
      return null
    }
  }

  /**
   * @param {Record<string, any>} event of a span that started unseen: it is what dd-trace says it is
   * @param {import('../routing/routing').Route | null} route
   */
  #submitAs(event, route) {
    return this.#submit(event, route, route === null ? null : Identity.ofEvent(route, event))
  }

  /**
   * @param {Record<string, any>} event
   * @param {import('../routing/routing').Route | null} route
   * @param {Identity | null} identity
   * @returns {true}
   */
  #submit(event, route, identity) {
    const userTags = this.finishing === null ? undefined : this.#lines.userTagsOf(this.finishing)
    this.#instance.submitSpan(new ForeignSpan(this.#instance, event, route, identity, userTags))
    return true
  }

  /**
   * @param {Record<string, any>} metric
   * @param {import('../routing/routing').Route | null} route
   * @param {string | null} traceId
   * @returns {boolean}
   */
  #submitMetric(metric, route, traceId) {
    const instance = this.#instance
    if (!instance.enabled) return this.#drop('disabled', route)
    if (route === null) return this.#drop('no_route')
    if (route.handle === null) return this.#drop('invalid_route')
    instance.submitMetric(route, foreignMetric(metric, traceId))
    return true
  }

  /**
   * Our default route takes over from dd-trace's own transport where both mean the same organisation. In agent
   * mode, and before dd-trace has chosen its mode, what is not routed stays with dd-trace.
   *
   * @param {any} writer
   * @returns {import('../routing/routing').Route | null}
   */
  #defaultRouteFor(writer) {
    const { routeOutside, config } = this.#instance
    if (routeOutside === null || writer._agentless !== true) return null
    return `${writer._config?.site}`.toLowerCase() === config.site.toLowerCase() ? routeOutside : null
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
      const answer = runProcessor(span, span, this.#instance.config, processor)
      if (typeof answer === 'boolean') return finish(answer)
      answer.then(finish, () => this.#drop('processor'))
      return true
    } catch {
      return this.#drop('processor')
    }
  }

  /**
   * @param {string} reason
   * @param {import('../routing/routing').Route | null} [route]
   * @returns {false}
   */
  #drop(reason, route = null) {
    this.#instance.core.drop(route?.handle ?? null, reason, 1)
    return false
  }
}

module.exports = { Diversion }
