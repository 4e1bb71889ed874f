import { save } from './access'
import { count, oneLine } from './format'
import { linkTo } from './route'
import { declare, laneOf, lanes, overall, tenants } from './state'
import { Monogram, TenantTag } from './tags'
import { Copy, Fold } from './text'
import type { Cell, Finding, Lane } from './told'

const MAX_LANES = 40
const MAX_OWNERS = 60

/** Every kind of crossing there is, and what it means in words. */
const CHECKS: [string, string][] = [
  ['wrong_tenant', 'Data of an owner at a place that is another owner’s'],
  ['owner_moved', 'Data of an owner at a second key or site'],
  ['mixed_body', 'Two owners in one body'],
  ['shared_trace', 'One trace id at two tenants'],
  ['foreign_parent', 'A parent that lies at another tenant'],
  ['foreign_evaluation', 'An evaluation of a span that lies at another tenant'],
  ['unknown_key', 'A key and site that nobody was declared for'],
  ['key_in_body', 'The API key inside a body'],
  ['key_in_header', 'The API key in another header'],
  ['two_keys', 'Two keys in one request'],
  ['no_owner', 'Lanes whose spans name no owner'],
  ['nothing_arrived', 'Declared owners for whom nothing arrived'],
  ['not_recorded', 'Events that left the memory before they could be compared']
]
const SIGNS = { red: '✗', amber: '?', grey: '–' }

/** What cannot be told while nothing says whose it is. */
const NEEDS_OWNERS = new Set(['wrong_tenant', 'owner_moved', 'mixed_body'])

export function Proof() {
  const told = overall.value
  if (told === null) return null
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="proof" aria-label="What went where" tabIndex={0}>
      {told.findings.map((finding, index) => (
        <FindingLine key={index} finding={finding} />
      ))}
      <header class="line">
        <h2>What went where</h2>
        <span class="grow" />
        <Copy label="Copy as a test" text={testText} />
        <button type="button" onClick={() => void save('/spanlane/export', 'spanlane-intake.ndjson')}>
          Export
        </button>
      </header>
      <p class="dim">
        Rows: whom the data says it belongs to. Columns: the key and site it arrived with. Counts are spans. A
        span outside its owner's columns is a crossing.
      </p>
      <Matrix />
      <h2>Checks</h2>
      <p class="dim">Made as each request arrives; owners and keys also of those that were refused.</p>
      <ul class="checks">
        {CHECKS.map(([kind, text]) => (
          <Check
            key={kind}
            text={text}
            found={told.findings.filter(finding => finding.kind === kind)}
            isTold={told.matrix.length > 0 || !NEEDS_OWNERS.has(kind)}
          />
        ))}
      </ul>
    </section>
  )
}

function FindingLine({ finding }: { finding: Finding }) {
  const { level, message, request, traceId, spanId, lanes: ofLanes, owners, kind } = finding
  const trace = traceId === null ? null : `${traceId} ${ofLanes[0]}`
  return (
    <div class={`finding ${level}`}>
      <span class="sign" aria-hidden="true">
        {SIGNS[level]}
      </span>
      <div>
        <b>{oneLine(message)}</b>{' '}
        {request !== null && (
          <span>
            First in request #{request}
            {finding.count > 1 && level === 'red' ? `, ${count(finding.count)} times` : ''}.{' '}
          </span>
        )}
        {trace !== null && (
          <a href={linkTo({ tab: 'traces', tenant: '', q: '', errors: false, trace, span: spanId ?? '' })}>
            Show the span
          </a>
        )}
        {level === 'amber' && owners.length === 1 && (
          <button type="button" onClick={() => void declare(owners[0], ofLanes)}>
            Yes, {oneLine(owners[0])} belongs {ofLanes.length === 1 ? 'there' : `to these ${ofLanes.length}`}
          </button>
        )}
        {kind === 'no_owner' && <HowToName />}
      </div>
    </div>
  )
}

function HowToName() {
  const lane = lanes.value[0]
  return (
    <Fold title="How to name owners">
      <p>
        Tag what a customer's requests record:{' '}
        <code>{"llmobs.annotationContext({ tags: { owner: 'acme' } }, fn)"}</code>, or start the intake with{' '}
        <code>--owner acme={lane?.keyFingerprint ?? '<fingerprint>'}</code>.
      </p>
    </Fold>
  )
}

function Matrix() {
  const told = overall.value
  const columns = tenants.value.flatMap(tenant => tenant.lanes).slice(0, MAX_LANES)
  const cells = new Map(told?.matrix.map(cell => [`${cell.owner} ${cell.lane}`, cell]))
  const owners = [
    ...new Set([...columns.map(({ name }) => name), ...(told?.matrix.map(({ owner }) => owner) ?? [])])
  ]
    .filter(owner => told?.matrix.some(cell => cell.owner === owner) || told?.declared.includes(owner))
    .slice(0, MAX_OWNERS)
  if (columns.length === 0) return <p class="hint">Nothing arrived yet.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="matrix" aria-label="Owners and lanes" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">owner</th>
            {columns.map(lane => (
              <Heading key={lane.id} lane={lane} />
            ))}
          </tr>
        </thead>
        <tbody>
          {owners.map(owner => (
            <tr key={owner}>
              <th scope="row">
                <Monogram name={owner} /> {oneLine(owner)}
              </th>
              {columns.map(lane => (
                <Crossed key={lane.id} cell={cells.get(`${owner} ${lane.id}`)} owner={owner} lane={lane} />
              ))}
            </tr>
          ))}
          <Unowned columns={columns} />
        </tbody>
      </table>
      {lanes.value.length > columns.length && (
        <p class="dim">and {lanes.value.length - columns.length} more lanes</p>
      )}
    </section>
  )
}

function Heading({ lane }: { lane: Lane }) {
  return (
    <th scope="col">
      <TenantTag name={lane.name} />
      <div>{oneLine(lane.site)}</div>
      <div class="dim">{lane.keyFingerprint}</div>
      <div class="dim">{lane.nameFrom === 'fingerprint' ? 'unnamed' : `name: ${lane.nameFrom}`}</div>
    </th>
  )
}

function Crossed({ cell, owner, lane }: { cell: Cell | undefined; owner: string; lane: Lane }) {
  if (cell === undefined) return <td class="dim">·</td>
  const findings = overall.value?.findings ?? []
  const own = findings.find(
    ({ level, owners, lanes: ofLanes }) =>
      level !== 'grey' && owners.includes(owner) && ofLanes[0] === lane.id && owners.length === 1
  )
  const amber = findings.some(
    ({ level, owners, lanes: ofLanes }) =>
      level === 'amber' && owners[0] === owner && ofLanes.includes(lane.id)
  )
  const isNone = cell.spans + cell.evaluations === 0
  const level = own?.level === 'red' ? 'bad' : amber ? 'warn' : isNone ? 'none' : 'good'
  return (
    <td class={level}>
      {count(cell.spans)}
      {cell.evaluations > 0 && <small> +{count(cell.evaluations)} eval</small>}
      {cell.refused > 0 && <small> {count(cell.refused)} refused</small>}
      {level === 'bad' ? ' ✗' : level === 'warn' ? ' ?' : ''}
    </td>
  )
}

/** What names no owner is said, too: it is compared with nothing. */
function Unowned({ columns }: { columns: Lane[] }) {
  const matrix = overall.value?.matrix ?? []
  const left = columns.map(
    ({ id, spans }) =>
      spans - matrix.filter(({ lane }) => lane === id).reduce((sum, cell) => sum + cell.spans, 0)
  )
  if (left.every(spans => spans <= 0)) return null
  return (
    <tr>
      <th scope="row" class="dim">
        names no owner
      </th>
      {left.map((spans, index) => (
        <td key={columns[index].id} class="dim">
          {spans > 0 ? count(spans) : '·'}
        </td>
      ))}
    </tr>
  )
}

function Check({ text, found, isTold }: { text: string; found: Finding[]; isTold: boolean }) {
  if (found.length === 0 && !isTold) {
    return (
      <li class="dim">
        <span class="chip">–</span> {text}: no span names its owner
      </li>
    )
  }
  const level = found[0]?.level
  const chip = level === undefined ? 'good' : { red: 'bad', amber: 'warn', grey: '' }[level]
  const sum = level === 'grey' ? found.length : found.reduce((all, finding) => all + finding.count, 0)
  return (
    <li>
      <span class={`chip ${chip}`}>{level === undefined ? '✓' : `${SIGNS[level]} ${count(sum)}`}</span> {text}
    </li>
  )
}

/** What is at home now, as a test that fails when it is not. */
function testText(): string {
  const places = new Map<string, Lane[]>()
  for (const { owner, lane } of overall.value?.matrix ?? []) {
    const at = laneOf(lane)
    if (at?.name === owner) places.set(owner, [...(places.get(owner) ?? []), at])
  }
  const rows = [...places].map(([owner, at]) => {
    const list = at.map(
      ({ keyFingerprint, site }) => `{ key: '${keyFingerprint}', site: ${JSON.stringify(site)} }`
    )
    return `  ${JSON.stringify(owner)}: ${list.length === 1 ? list[0] : `[${list.join(', ')}]`}`
  })
  return `expectNothingCrossed(intake, {\n${rows.join(',\n')}\n})\n`
}
