import { signal } from '@preact/signals'

/** How the page asks the intake: with the token of the link that was printed, where the intake wants one. */

const STORED = 'spanlane-token'
/** A browser has begun to read the file by then. */
const SAVED_MS = 10_000
const GIVEN = /^#token=([0-9a-f]{32})$/

/** The intake wants a token, and this page has not got it. */
export const isLocked = signal(false)

/** Taken out of the address at once: what is shared of it, or seen over a shoulder, opens nothing. */
const token = taken()

function taken(): string {
  const [, given = ''] = GIVEN.exec(location.hash) ?? []
  try {
    if (given === '') return sessionStorage.getItem(STORED) ?? ''
    history.replaceState(null, '', '#/traces')
    sessionStorage.setItem(STORED, given)
  } catch {
    // A browser that keeps nothing asks for the link again after a reload.
  }
  return given
}

export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(
    path,
    token === '' ? init : { ...init, headers: { authorization: `Bearer ${token}` } }
  )
  isLocked.value = answer.status === 401
  return answer
}

/** A file that the reader keeps. */
export async function save(path: string, name: string): Promise<void> {
  const answer = await ask(path)
  if (!answer.ok) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await answer.blob())
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS)
}

/**
 * Reads server-sent events until they end. `EventSource` would send no header.
 *
 * @param take gets the event's name, its data and its id
 */
export async function follow(
  path: string,
  signal: AbortSignal,
  take: (name: string, data: string, id: string) => void
): Promise<void> {
  const { ok, body } = await ask(path, { signal })
  if (!ok || body === null) return
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    text += value
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
      )
      text = text.slice(end + 2)
      const name = fields.get('event')
      if (name !== undefined) take(name, fields.get('data') ?? '', fields.get('id') ?? '')
    }
  }
}
