import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { bytes, visible } from './format'
import { route } from './route'
import { Rows } from './rows'

const SHOWN_CHARACTERS = 20_000
const SHOWN_LINE = 2000
const VIRTUAL_LINES = 2000
const LINE_HEIGHT = 18

/** Everything here becomes text nodes: no markup of the data is ever markup of the page, and no link is a link. */
export function Content({ value }: { value: unknown }) {
  if (typeof value !== 'string') return <Json value={value} />
  if (route.value.view === 'text')
    return <Long text={value} render={text => <pre class="plain">{text}</pre>} />
  const parsed = parsedJson(value)
  if (parsed !== undefined) return <Json value={parsed} />
  return <Long text={value} render={text => <Markdown text={text} />} />
}

function Long({ text, render }: { text: string; render: (text: string) => ComponentChildren }) {
  const [isWhole, setWhole] = useState(false)
  if (text.length <= SHOWN_CHARACTERS || isWhole) return <>{render(visible(text))}</>
  return (
    <>
      {render(visible(text.slice(0, SHOWN_CHARACTERS)))}
      <button type="button" class="more" onClick={() => setWhole(true)}>
        Show all {bytes(text.length)}
      </button>
    </>
  )
}

function parsedJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function Json({ value }: { value: unknown }) {
  const text = JSON.stringify(value, null, 2) ?? 'undefined'
  const lines = text.split('\n')
  if (lines.length > VIRTUAL_LINES) {
    return (
      <div class="json tall">
        <Rows count={lines.length} height={LINE_HEIGHT} label="JSON">
          {index => <div key={index}>{coloured(lines[index])}</div>}
        </Rows>
      </div>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre class="json" tabIndex={0}>
      {lines.map((line, index) => (
        <div key={index}>{coloured(line)}</div>
      ))}
    </pre>
  )
}

const MEMBER = /^(\s*)("(?:[^"\\]|\\.)*")(: )(.*)$/

function coloured(given: string): ComponentChildren {
  const line = given.length > SHOWN_LINE ? `${given.slice(0, SHOWN_LINE)}… (${bytes(given.length)})` : given
  const match = MEMBER.exec(line)
  if (match === null) return visible(line)
  const [, indent, name, colon, value] = match
  return (
    <>
      {indent}
      <span class="name">{visible(name)}</span>
      {colon}
      {visible(value)}
    </>
  )
}

/** Headings, lists, quotes, fences, tables as they are; the rest is paragraphs. */
export function Markdown({ text }: { text: string }) {
  return <div class="md">{blocksOf(text.split('\n'))}</div>
}

function blocksOf(lines: string[]): ComponentChildren[] {
  const blocks: ComponentChildren[] = []
  let at = 0
  const until = (test: (line: string) => boolean) => {
    const from = at
    while (at < lines.length && test(lines[at])) at += 1
    return lines.slice(from, at)
  }
  while (at < lines.length) {
    const line = lines[at]
    const heading = /^(#{1,6})\s+(.*)$/.exec(line)
    const key = blocks.length
    if (/^\s*```/.test(line)) {
      at += 1
      const code = until(one => !/^\s*```\s*$/.test(one))
      at += 1
      blocks.push(
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <pre key={key} class="json" tabIndex={0}>
          {code.join('\n')}
        </pre>
      )
    } else if (heading !== null) {
      at += 1
      blocks.push(
        <p key={key} class="heading">
          {inline(heading[2])}
        </p>
      )
    } else if (isItem(line)) blocks.push(<List key={key} lines={until(isItem)} />)
    else if (/^\s*>/.test(line)) {
      const quoted = until(one => /^\s*>/.test(one)).map(one => one.replace(/^\s*>\s?/, ''))
      blocks.push(<blockquote key={key}>{blocksOf(quoted)}</blockquote>)
    } else if (/^\s*\|/.test(line)) {
      blocks.push(
        <pre key={key} class="plain">
          {until(one => /^\s*\|/.test(one)).join('\n')}
        </pre>
      )
    } else if (line.trim() === '') at += 1
    else blocks.push(<p key={key}>{inline(until(isPlain).join('\n'))}</p>)
  }
  return blocks
}

function isItem(line: string): boolean {
  return /^\s*(?:[-*+]|\d+[.)])\s+/.test(line)
}

function isPlain(line: string): boolean {
  return line.trim() !== '' && !isItem(line) && !/^(?:#{1,6}\s|\s*(?:```|>|\|))/.test(line)
}

function List({ lines }: { lines: string[] }) {
  const items = lines.map((line, index) => (
    <li key={index}>{inline(line.replace(/^\s*(?:[-*+]|\d+[.)])\s+/, ''))}</li>
  ))
  return /^\s*\d/.test(lines[0]) ? <ol>{items}</ol> : <ul>{items}</ul>
}

const INLINE = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)/g

function inline(text: string): ComponentChildren[] {
  return text.split(INLINE).map((part, index) => {
    if (part === undefined || part === '') return null
    if (part.startsWith('`') && part.length > 2) return <code key={index}>{part.slice(1, -1)}</code>
    if (part.startsWith('**') && part.length > 4) return <strong key={index}>{part.slice(2, -2)}</strong>
    return part
  })
}

/** What a thing is, folded until it is asked for. */
export function Fold({
  title,
  children,
  isOpen = false
}: {
  title: string
  children: ComponentChildren
  isOpen?: boolean
}) {
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

export function Copy({ text, label = 'Copy' }: { text: () => string; label?: string }) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      setSaid('Copied')
    } catch {
      setSaid('Not allowed')
    }
    setTimeout(() => setSaid(''), 1500)
  }
  return (
    <button type="button" class="copy" onClick={copy}>
      {said === '' ? label : said}
    </button>
  )
}
