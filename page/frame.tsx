import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { bytes, count, counted, oneLine } from './format'
import { go, linkTo, route } from './route'
import {
  clear,
  errorCount,
  facts,
  isConnected,
  isPaused,
  overall,
  pause,
  requests,
  traceCount
} from './state'
import { Copy } from './text'

export const isHelpOpen = signal(false)

const THEMES = ['', 'dark', 'light']
const SEAL_SIGNS = { green: '✓', amber: '?', red: '✗', grey: '–' }
const STORED_THEME = 'spanlane-theme'

export function Header() {
  const { errors, q } = route.value
  const host = facts.value === null ? location.host : new URL(facts.value.intake.url).host
  return (
    <header class="top">
      <h1>
        <svg width="20" height="16" viewBox="0 0 20 16" aria-hidden="true">
          <path d="M1 3h14M1 8h18M1 13h9" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" />
        </svg>
        spanlane intake
      </h1>
      <span class={`dot ${isConnected.value && !isPaused.value ? 'on' : ''}`} aria-hidden="true" />
      <span class="mono dim host">{host}</span>
      <span class="hidden" role="status">
        {isPaused.value ? 'paused' : isConnected.value ? 'connected' : 'not connected'}
      </span>
      <SealMark />
      <span class="grow" />
      <input
        type="search"
        id="search"
        aria-label="Search in all events: text, name:value, -name:value"
        placeholder="text, kind:llm, -env:prod, duration:>1s  /"
        value={q}
        onInput={event => go({ q: event.currentTarget.value }, false)}
      />
      <button type="button" aria-pressed={errors} onClick={() => go({ errors: !errors })}>
        Errors{errorCount.value > 0 ? ` ${errorCount.value}` : ''}
      </button>
      <button type="button" aria-pressed={isPaused.value} onClick={pause}>
        {isPaused.value ? 'Resume' : 'Pause'}
      </button>
      <button type="button" onClick={() => void clear()}>
        Clear
      </button>
      <button type="button" aria-label="Theme: the system's, dark, light" onClick={nextTheme}>
        ◐
      </button>
    </header>
  )
}

function SealMark() {
  const seal = overall.value?.seal
  return (
    <a class={`seal ${seal?.state ?? 'grey'}`} href={linkTo({ tab: 'proof' })}>
      <span aria-live="polite">
        <b>
          {SEAL_SIGNS[seal?.state ?? 'grey']} {oneLine(seal?.title ?? 'Connecting')}
        </b>{' '}
        {oneLine(seal?.detail ?? '')}
      </span>
    </a>
  )
}

export function Tabs() {
  const { tab } = route.value
  const red = overall.value?.findings.filter(({ level }) => level === 'red').length ?? 0
  const all = [
    ['traces', 'Traces', traceCount.value],
    ['requests', 'Requests', requests.value.length],
    ['proof', 'What went where', red]
  ] as const
  return (
    <nav class="tabs" aria-label="Views">
      {all.map(([name, text, number]) => (
        <a key={name} href={linkTo({ tab: name })} aria-current={tab === name ? 'page' : undefined}>
          {text}
          {number > 0 && <span class={name === 'proof' ? 'chip bad' : 'dim'}> {count(number)}</span>}
        </a>
      ))}
    </nav>
  )
}

const KEYS = [
  ['j k', 'trace'],
  ['↑ ↓', 'span'],
  ['/', 'search'],
  ['e', 'errors'],
  ['g', 'what went where'],
  ['?', 'all keys']
]

export function Footer() {
  const told = overall.value
  const limits = facts.value?.limits
  return (
    <footer>
      <span>spanlane {facts.value?.intake.version}</span>
      <span>
        kept in memory: {count(told?.kept.events ?? 0)} of the newest {count(limits?.events ?? 0)} events,{' '}
        {bytes(told?.kept.bytes ?? 0)}
      </span>
      {(told?.dropped.events ?? 0) > 0 && <span>{count(told?.dropped.events ?? 0)} older dropped</span>}
      {(told?.dropped.uncounted ?? 0) > 0 && (
        <span>{counted(told?.dropped.uncounted ?? 0, 'event')} on too many lanes not counted</span>
      )}
      <span>{told?.client ? 'as the intake saw it, and its senders say' : 'as the intake saw it'}</span>
      <span class="grow" />
      {KEYS.map(([key, what]) => (
        <span key={key} class="key">
          {key.split(' ').map(one => (
            <kbd key={one}>{one}</kbd>
          ))}{' '}
          {what}
        </span>
      ))}
    </footer>
  )
}

/** Before the first span: the line that brings it. */
export function Empty() {
  const url = facts.value?.intake.url ?? location.origin
  const lines = [
    `SPANLANE_INTAKE_URL=${url} node app.js`,
    `createLLMObs({ mlApp: 'shop', intakeUrl: '${url}' })`,
    "llmobs.annotationContext({ tags: { owner: 'acme' } }, work)"
  ]
  const texts = [
    'Point an application at this intake. Nothing leaves this machine, and keys are shown as fingerprints only.',
    'Or say it in its code, for one instance:',
    'Name the owner of what is recorded: only then can the page prove that nothing crossed.'
  ]
  return (
    <main class="empty">
      <h2>Waiting for the first span</h2>
      <Heard />
      {lines.map((line, index) => (
        <div key={line}>
          <p>{texts[index]}</p>
          <div class="command">
            <code>{line}</code>
            <Copy text={() => line} />
          </div>
        </div>
      ))}
    </main>
  )
}

export function Locked() {
  return (
    <main class="empty">
      <h2>This intake asks for a token</h2>
      <p>Open the whole link that it printed, the part behind # included. It is good for this tab.</p>
    </main>
  )
}

/** An application is there, and nothing of it arrives: why, as far as it knows. */
function Heard() {
  const client = overall.value?.client
  if (!client) return null
  const { unrouted, held, dropped, openSpans } = client
  const said = [
    openSpans > 0 ? `${counted(openSpans, 'span')} not finished yet` : '',
    held > 0 ? `${counted(held, 'event')} on the way` : '',
    unrouted.dropped > 0 ? `${counted(unrouted.dropped, 'event')} dropped without a route` : '',
    dropped > unrouted.dropped ? `${counted(dropped - unrouted.dropped, 'event')} dropped` : ''
  ].filter(Boolean)
  return (
    <p class="heard" role="status">
      An application is here: {said.length > 0 ? said.join(', ') : 'nothing to send'}.
      {unrouted.dropped > 0 &&
        ' Open a context around its work: llmobs.withRoutingContext({ ddApiKey, tenant }, work).'}
    </p>
  )
}

const ALL_KEYS = [
  ['j, k', 'Next, previous trace'],
  ['↓, ↑, Home, End', 'Span below, above, first, last'],
  ['h, l', 'Hide, show the spans below'],
  ['/', 'Search: text, name:value, -name:value, duration:>1s, tokens:>1000'],
  ['e', 'Only traces with errors'],
  ['1, 2, g', 'Traces, requests, what went where'],
  ['p, c, t', 'Pause, clear, theme'],
  ['Esc', 'Leave the search, close this, close the trace']
]

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  const closed = () => {
    isHelpOpen.value = false
  }
  return (
    <dialog ref={dialog} onClose={closed} aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {ALL_KEYS.map(([keys, what]) => (
          <div key={keys}>
            <dt>{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="dim">
        Search names: tenant owner kind name status model session trace span prompt duration tokens; any other
        is a tag's. All terms must hold for one event.
      </p>
      <button type="button" onClick={closed}>
        Close
      </button>
    </dialog>
  )
}

export function nextTheme(): void {
  const now = document.documentElement.dataset.theme ?? ''
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length])
}

export function setTheme(theme: string): void {
  document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem(STORED_THEME, theme)
  } catch {
    // A browser that keeps nothing shows the system's theme the next time.
  }
}

export function storedTheme(): string {
  try {
    return localStorage.getItem(STORED_THEME) ?? ''
  } catch {
    return ''
  }
}
