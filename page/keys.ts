import { isHelpOpen, nextTheme } from './frame'
import { go, route } from './route'
import { clear, holdList, pause, traces } from './state'
import { fold, openSpan, openTree, visibleRows } from './trace'

const TYPING = 'input, textarea, select'

/** One letter each, and none of them while somebody types. */
export function followKeys(): void {
  addEventListener('keydown', event => {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.altKey || isHelpOpen.value) return
    if (target.matches(TYPING)) {
      if (event.key === 'Escape') target.blur()
      return
    }
    const act = ACTIONS[event.key]
    if (act === undefined) return
    act()
    event.preventDefault()
  })
}

const ACTIONS: Record<string, () => void> = {
  j: () => stepTrace(1),
  k: () => stepTrace(-1),
  ArrowDown: () => stepSpan(at => at + 1),
  ArrowUp: () => stepSpan(at => at - 1),
  Home: () => stepSpan(() => 0),
  End: () => stepSpan(() => Number.MAX_SAFE_INTEGER),
  h: () => foldSpan(true),
  l: () => foldSpan(false),
  '/': () => document.getElementById('search')?.focus(),
  e: () => go({ errors: !route.value.errors }),
  g: () => go({ tab: route.value.tab === 'proof' ? 'traces' : 'proof' }),
  '1': () => go({ tab: 'traces' }),
  '2': () => go({ tab: 'requests' }),
  p: pause,
  c: () => void clear(),
  t: nextTheme,
  '?': () => {
    isHelpOpen.value = true
  },
  Escape: leave
}

function leave(): void {
  const { q, trace } = route.value
  if (q !== '') go({ q: '' })
  else if (trace !== '') go({ trace: '', span: '', compare: false })
}

function stepTrace(by: number): void {
  const list = traces.value
  if (list.length === 0) return
  const at = list.findIndex(({ id }) => id === route.value.trace)
  const next = list[Math.min(Math.max(at + by, 0), list.length - 1)]
  holdList()
  go({ tab: 'traces', trace: next.id, span: '', compare: false }, false)
}

function stepSpan(step: (at: number) => number): void {
  const tree = openTree()
  if (tree === null) return
  const rows = visibleRows(tree)
  const open = openSpan(tree)
  const at = rows.findIndex(({ row }) => row.id === open)
  go({ span: rows[Math.min(Math.max(step(at), 0), rows.length - 1)].row.id }, false)
}

function foldSpan(isFolded: boolean): void {
  const tree = openTree()
  if (tree !== null) fold(openSpan(tree), isFolded)
}
