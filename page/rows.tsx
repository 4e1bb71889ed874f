import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

interface RowsProps {
  count: number
  height: number
  label: string
  /** The row to be kept in view when it changes. */
  at?: number
  onScroll?: (top: number) => void
  children: (index: number) => ComponentChildren
}

const OVERSCAN = 6

/** A list of rows of one height: only those in view exist. */
export function Rows({ count, height, label, at = -1, onScroll, children }: RowsProps) {
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })
  const look = () => {
    const element = box.current
    if (element === null) return
    if (element.scrollTop !== view.top || element.clientHeight !== view.height) {
      setView({ top: element.scrollTop, height: element.clientHeight })
    }
  }
  useLayoutEffect(() => {
    look()
    const observer = new ResizeObserver(look)
    if (box.current !== null) observer.observe(box.current)
    return () => observer.disconnect()
  })
  useLayoutEffect(() => {
    const element = box.current
    if (element === null || at < 0) return
    const [from, to] = [at * height, (at + 1) * height]
    if (from < element.scrollTop) element.scrollTop = from
    else if (to > element.scrollTop + element.clientHeight) element.scrollTop = to - element.clientHeight
  }, [at])
  const first = Math.max(0, Math.floor(view.top / height) - OVERSCAN)
  const last = Math.min(count, Math.ceil((view.top + view.height) / height) + OVERSCAN)
  const shown = []
  for (let index = first; index < last; index += 1) shown.push(children(index))
  const scrolled = () => {
    look()
    onScroll?.(box.current?.scrollTop ?? 0)
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="rows" ref={box} onScroll={scrolled} tabIndex={0} aria-label={label}>
      <div class="rows-all" style={{ height: `${count * height}px` }}>
        <div style={{ transform: `translateY(${first * height}px)` }}>{shown}</div>
      </div>
    </section>
  )
}
