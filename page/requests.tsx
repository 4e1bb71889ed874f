import { clock, count, duration, oneLine } from './format'
import { go, linkTo, route } from './route'
import { Rows } from './rows'
import { laneOf, requests, triesOf } from './state'
import { TenantTag } from './tags'
import type { PageRequest } from './told'

const ROW_HEIGHT = 30
const COLUMNS = ['#', 'time', 'tenant', 'site', 'stream', 'events', 'bytes', 'answer', 'ms', 'body', 'note']

export function Requests() {
  const list = requests.value
  const { body } = route.value
  return (
    <section class="requests" aria-label="Requests">
      {body !== '' && (
        <p class="banner">
          Requests with the body <code>{oneLine(body)}</code>: {chainOf(list)}{' '}
          <button type="button" onClick={() => go({ body: '' })}>
            Show all
          </button>
        </p>
      )}
      <div class="request head" aria-hidden="true">
        {COLUMNS.map(name => (
          <span key={name}>{name}</span>
        ))}
      </div>
      {list.length === 0 && <p class="hint">No request is in memory.</p>}
      <Rows count={list.length} height={ROW_HEIGHT} label="Requests, newest first">
        {index => <RequestRow key={list[index].number} request={list[index]} />}
      </Rows>
    </section>
  )
}

function RequestRow({ request }: { request: PageRequest }) {
  const lane = laneOf(request.lane)
  const { body, status } = request
  return (
    <div class="request">
      <span class="dim">{request.number}</span>
      <span>{clock(request.receivedAtMs)}</span>
      <span>{lane === undefined ? '' : <TenantTag name={lane.name} />}</span>
      <span>{oneLine(lane?.site ?? '')}</span>
      <span>{oneLine(request.stream)}</span>
      <span class="num">{count(request.events)}</span>
      <span class="num">{count(request.bytes)}</span>
      <span>
        <span class={`chip ${answerClass(request)}`}>{status ?? request.outcome}</span>
      </span>
      <span class="num">{request.durationMs ?? ''}</span>
      <span>
        {body === null ? '' : <a href={linkTo({ body: body === route.value.body ? '' : body })}>{body}</a>}
      </span>
      <span class="note">
        <Note request={request} />
      </span>
    </div>
  )
}

function answerClass({ accepted, status }: PageRequest): string {
  if (accepted) return 'good'
  return status !== null && status < 500 && status !== 429 && status !== 408 ? 'bad' : 'warn'
}

function Note({ request }: { request: PageRequest }) {
  const { attempt, isDuplicate, problem, retryAfter, spans } = request
  const tries = triesOf(request)
  const isLast = tries.length > 1 && tries[tries.length - 1].number === request.number
  return (
    <>
      {isDuplicate && <span class="chip bad">duplicate: taken before</span>}
      {attempt > 1 && <span class="chip warn">try {attempt}</span>}
      {isLast && <span>{chainOf([...tries].reverse())}</span>}
      {retryAfter !== null && <span>Retry-After: {oneLine(retryAfter)}</span>}
      {problem !== null && <span>{oneLine(problem)}</span>}
      {spans.length > 0 && attempt === 1 && (
        <span class="dim">{spans.map(({ name }) => oneLine(name)).join(', ')}</span>
      )}
    </>
  )
}

/** `503 → 429 → 202, 3 tries, 6.1 s`; the newest is first in the list. */
function chainOf(list: PageRequest[]): string {
  const first = list.at(-1)
  const last = list[0]
  if (first === undefined || last === undefined) return ''
  const answers = [...list].reverse().map(({ status, outcome }) => status ?? outcome)
  const shown = answers.length > 8 ? [...answers.slice(0, 3), '…', ...answers.slice(-3)] : answers
  return `${shown.join(' → ')}, ${list.length} ${list.length === 1 ? 'try' : 'tries'}, ${duration(last.receivedAtMs - first.receivedAtMs)}`
}
