'use strict'

// The accounting as text in the OpenMetrics format, 1.0: https://prometheus.io/docs/specs/om/open_metrics_spec/

const { Counted } = require('./counted')

/** @typedef {{ name: string, type: 'counter' | 'gauge' | 'info', help: string, unit?: string }} Family */
/** @typedef {[name: string, value: string][]} Labels */

/**
 * What is counted of events: its name, the counter, the label of what it is broken down by, and what it means. Once for
 * the process, once for each tenant.
 *
 * @type {{ name: string, counter: string, type: 'counter' | 'gauge', by?: string, help: string }[]}
 */
const EVENTS = [
  {
    name: 'events_submitted',
    counter: 'submitted',
    type: 'counter',
    help: 'Finished spans and submitted evaluations, once for each target.'
  },
  {
    name: 'events_delivered',
    counter: 'delivered',
    type: 'counter',
    help: 'Events that the intake has accepted.'
  },
  {
    name: 'events_rejected',
    counter: 'rejected',
    type: 'counter',
    by: 'status',
    help: 'Events that the intake has refused for good, by its answer.'
  },
  {
    name: 'events_dropped',
    counter: 'dropped',
    type: 'counter',
    by: 'reason',
    help: 'Events that were given up, by reason. docs/troubleshooting.md says of each what to do.'
  },
  { name: 'events_held', counter: 'held', type: 'gauge', help: 'Events in a buffer or in flight.' },
  {
    name: 'events_maybe_duplicate',
    counter: 'maybeDuplicate',
    type: 'counter',
    help: 'Events that may have arrived twice: an answer was lost.'
  },
  {
    name: 'events_tenant_mismatch',
    counter: 'tenantMismatch',
    type: 'counter',
    help: 'Events whose routing context disagreed with their parent about the tenant.'
  }
]

/** What stands for all tenants that have no series of their own: no tenant's site is this. */
const REST = '*'

/** What may not stand in a label as it is. */
const ESCAPED = /[\\"\n]/g
/** @type {Record<string, string>} */
const ESCAPES = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

/**
 * @param {import('../..').Stats} stats
 * @param {{ listed: import('./places').Open[], rest: Counted }} places
 * @param {string} version
 * @returns {string}
 */
function metricsText(stats, { listed, rest }, version) {
  const lines = new Lines()
  lines.family({ name: 'spanlane', type: 'info', help: 'The version of Spanlane.' })
  lines.sample([['version', version]], 1)
  const total = new Counted(stats.total)
  for (const { name, help, type, counter, by } of EVENTS) {
    lines.family({ name: `spanlane_${name}`, type, help })
    lines.counted(total, counter, by, [])
  }
  const series = [
    ...listed.map(({ row, counted }) => ({ counted, labels: labelsOf(row.tenant, row.site) })),
    { counted: rest, labels: labelsOf(REST, REST) }
  ]
  for (const { name, help, type, counter, by } of EVENTS) {
    lines.family({ name: `spanlane_tenant_${name}`, type, help })
    for (const { counted, labels } of series) lines.counted(counted, counter, by, labels)
  }
  writeTimes(lines, listed)
  writeInstance(lines, stats)
  return lines.end()
}

/**
 * @param {Lines} lines
 * @param {{ row: import('./places').Row }[]} listed
 */
function writeTimes(lines, listed) {
  const times = /** @type {const} */ ([
    ['last_success', 'lastSuccessMs', 'When the intake last accepted something of this tenant.'],
    [
      'refused_since',
      'parkedSinceMs',
      'Since when the key of this tenant is refused; absent while it is not.'
    ]
  ])
  for (const [name, field, help] of times) {
    lines.family({ name: `spanlane_tenant_${name}_timestamp_seconds`, type: 'gauge', unit: 'seconds', help })
    for (const { row } of listed) {
      const atMs = row[field]
      if (atMs !== null) lines.sample(labelsOf(row.tenant, row.site), atMs / 1000)
    }
  }
}

/**
 * @param {Lines} lines
 * @param {import('../..').Stats} stats
 */
function writeInstance(lines, stats) {
  lines.family({
    name: 'spanlane_tenants',
    type: 'gauge',
    help: 'Tenants that are open: one for each key and site.'
  })
  lines.sample([], stats.tenants.length)
  lines.family({
    name: 'spanlane_open_spans',
    type: 'gauge',
    help: 'Spans that have started and not finished.'
  })
  lines.sample([], stats.openSpans)
  lines.family({
    name: 'spanlane_misuse',
    type: 'counter',
    help: 'Wrong calls and wrong fields of calls, by code.'
  })
  for (const [code, count] of Object.entries(stats.misuse)) lines.sample([['code', code]], count ?? 0)
}

/**
 * @param {string} tenant
 * @param {string} site
 * @returns {Labels}
 */
function labelsOf(tenant, site) {
  return [
    ['tenant', tenant],
    ['site', site]
  ]
}

/** The samples of a family follow it at once, and nothing else may stand between them. */
class Lines {
  /** @type {string[]} */
  #lines = []
  #sampleName = ''

  /** @param {Family} family */
  family({ name, type, help, unit }) {
    this.#lines.push(`# TYPE ${name} ${type}`)
    if (unit !== undefined) this.#lines.push(`# UNIT ${name} ${unit}`)
    this.#lines.push(`# HELP ${name} ${help}`)
    this.#sampleName = type === 'counter' ? `${name}_total` : type === 'info' ? `${name}_info` : name
  }

  /**
   * @param {Labels} labels
   * @param {number} value
   */
  sample(labels, value) {
    const pairs = labels.map(([name, text]) => `${name}="${escaped(text)}"`).join(',')
    this.#lines.push(`${this.#sampleName}${pairs === '' ? '' : `{${pairs}}`} ${value}`)
  }

  /**
   * @param {Counted} counted
   * @param {string} counter
   * @param {string | undefined} by
   * @param {Labels} labels
   */
  counted(counted, counter, by, labels) {
    for (const [of, number] of counted.of(counter)) {
      // A status or reason that never occurred has no series.
      if (of === null || by === undefined) this.sample(labels, number)
      else if (number !== 0) this.sample([...labels, [by, of]], number)
    }
  }

  end() {
    return `${this.#lines.join('\n')}\n# EOF\n`
  }
}

/**
 * @param {string} text
 * @returns {string}
 */
function escaped(text) {
  return text.replace(ESCAPED, found => ESCAPES[found])
}

module.exports = { metricsText }
