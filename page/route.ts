import { signal } from '@preact/signals'

/** Where the reader is. In the fragment: it is never sent to a server, and can be given to a colleague. */
export interface Route {
  tab: 'traces' | 'requests' | 'proof'
  tenant: string
  q: string
  errors: boolean
  /** `<traceId> <lane>` */
  trace: string
  span: string
  view: 'read' | 'text' | 'json'
  compare: boolean
  body: string
}

const HOME: Route = {
  tab: 'traces',
  tenant: '',
  q: '',
  errors: false,
  trace: '',
  span: '',
  view: 'read',
  compare: false,
  body: ''
}
const TABS = ['traces', 'requests', 'proof']

export const route = signal<Route>(read(location.hash))

/** The link to a place, from where the reader is. */
export function linkTo(change: Partial<Route>): string {
  const next: Record<string, unknown> = { ...route.value, ...change }
  const query = new URLSearchParams()
  for (const [name, standard] of Object.entries(HOME)) {
    const value = next[name]
    if (name !== 'tab' && value !== standard) query.set(name, value === true ? '1' : String(value))
  }
  const text = query.toString()
  return `#/${next.tab}${text === '' ? '' : `?${text}`}`
}

/** Goes there. A step that the reader would not want to go back to replaces the last one. */
export function go(change: Partial<Route>, isStep = true): void {
  const link = linkTo(change)
  if (link === location.hash) return
  if (isStep) history.pushState(null, '', link)
  else history.replaceState(null, '', link)
  route.value = read(link)
}

export function followHistory(): void {
  const follow = () => {
    route.value = read(location.hash)
  }
  addEventListener('hashchange', follow)
  addEventListener('popstate', follow)
}

function read(hash: string): Route {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split('?')
  const given = new URLSearchParams(query)
  const text = (name: string) => given.get(name) ?? ''
  const view = text('view')
  return {
    tab: (TABS.includes(path) ? path : 'traces') as Route['tab'],
    tenant: text('tenant'),
    q: text('q'),
    errors: text('errors') === '1',
    trace: text('trace'),
    span: text('span'),
    view: view === 'json' || view === 'text' ? view : 'read',
    compare: text('compare') === '1',
    body: text('body')
  }
}
