const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** Text as it is, with what would drive or turn around the reader's screen made visible. */
export function visible(value: unknown): string {
  return String(value).replace(CONTROL, sign =>
    sign === '\n' || sign === '\t' ? sign : `\\u{${sign.codePointAt(0)?.toString(16)}}`
  )
}

export function oneLine(value: unknown): string {
  return visible(value).replace(/[\n\t]+/g, ' ')
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

export function counted(value: number, what: string): string {
  return `${count(value)} ${what}${value === 1 ? '' : 's'}`
}

export function duration(ms: number): string {
  if (ms >= 100_000) return `${count(Math.round(ms / 1000))} s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`
  if (ms >= 10) return `${Math.round(ms)} ms`
  return `${ms.toFixed(ms === 0 ? 0 : 1)} ms`
}

export function bytes(value: number): string {
  if (value >= 1024 * 1024) return `${(value / 1024 / 1024).toFixed(1)} MB`
  return value >= 1024 ? `${(value / 1024).toFixed(1)} KB` : `${value} B`
}

export function clock(ms: number): string {
  return new Date(ms).toLocaleTimeString('en-GB')
}

export function cost(value: number): string {
  return value >= 1 ? value.toFixed(2) : String(Number(value.toPrecision(2)))
}

/** A round step of an axis with about five marks. */
export function stepOf(span: number): number {
  const raw = span / 5
  const power = 10 ** Math.floor(Math.log10(raw || 1))
  return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= raw) ?? raw
}
