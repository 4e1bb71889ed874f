import { oneLine } from './format'
import { hueOf } from './state'

export function TenantTag({ name }: { name: string }) {
  return <span class={`tenant t${hueOf(name)}`}>{oneLine(name)}</span>
}

/** Two letters: a colour alone tells nobody who cannot see it. */
export function Monogram({ name }: { name: string }) {
  const words = oneLine(name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
  const letters = words.length > 1 ? words[0].charAt(0) + words[1].charAt(0) : (words[0] ?? '?').slice(0, 2)
  return (
    <span class={`monogram t${hueOf(name)}`} aria-hidden="true">
      {letters.toUpperCase()}
    </span>
  )
}
