'use strict'

/** Datadog's member of W3C's `tracestate`: what `x-datadog-tags` says, once more, as `dd=t.key:value;t.key:value`. */

const VENDOR = 'dd='
const TAG_PREFIX = '_dd.p.'
/** Datadog's readers take no longer member. */
const MEMBER_CHARS = 256
/** W3C's limit. */
const MEMBERS_MAX = 32
const HEADER_CHARS = 8192
/** What the tags of a trace are called here. */
const OURS = /^t\.(llmobs_|spanlane_)/
/** Without these the others say nothing, or say it of nobody's trace. */
const NEEDED = ['t.llmobs_parent_id', 't.llmobs_trace_id', 't.spanlane_tenant']
/** They separate, so a value that holds one would come back as another. */
const AMBIGUOUS = /[;~]/

/**
 * @param {string} header what is there
 * @param {{ s: string, p: string } | null} ids sampling and parent of the trace; null: somebody else's stay
 * @param {[string, string][]} tags
 * @returns {string} the header with our member first
 */
function writeState(header, ids, tags) {
  const members = membersOf(header)
  const before = members.find(member => member.startsWith(VENDOR))?.slice(VENDOR.length) ?? ''
  const kept = ids === null ? before.split(';').filter(part => part !== '' && !OURS.test(part)) : []
  const parts = ids === null ? kept : [`s:${ids.s}`, `p:${ids.p}`]
  const ours = [parts, ...fitting(parts.join(';').length, tags.map(partOf))].flat().join(';')
  const others = members.filter(member => !member.startsWith(VENDOR))
  return (ours === '' ? others : [`${VENDOR}${ours}`, ...others]).slice(0, MEMBERS_MAX).join(',')
}

/**
 * @param {string} header
 * @returns {[string, string][]} the tags of the trace
 */
function readState(header) {
  if (header.length > HEADER_CHARS) return []
  const member = membersOf(header).find(member => member.startsWith(VENDOR)) ?? VENDOR
  return member
    .slice(VENDOR.length)
    .split(';')
    .filter(part => OURS.test(part) && part.includes(':'))
    .map(part => {
      const colon = part.indexOf(':')
      const value = part.slice(colon + 1).replaceAll('~', '=')
      return [`${TAG_PREFIX}${part.slice('t.'.length, colon)}`, value]
    })
}

/** @param {string} header */
function membersOf(header) {
  return header
    .split(',')
    .map(member => member.trim())
    .filter(member => member !== '')
}

/**
 * @param {[string, string]} tag
 * @returns {string} '' when it cannot be said here
 */
function partOf([key, value]) {
  return AMBIGUOUS.test(value)
    ? ''
    : `t.${key.slice(TAG_PREFIX.length)}:${value.replaceAll('=', '~').trimEnd()}`
}

/**
 * @param {number} length of what is there
 * @param {string[]} parts
 * @returns {string[]} as many as there is room for; none when those that are needed do not fit
 */
function fitting(length, parts) {
  const needed = parts.filter(isNeeded)
  const chosen = []
  for (const part of [...needed, ...parts.filter(part => !isNeeded(part))]) {
    if (part === '') continue
    const longer = length + part.length + (length === 0 ? 0 : 1)
    if (longer <= MEMBER_CHARS) {
      chosen.push(part)
      length = longer
    } else if (isNeeded(part)) return []
  }
  return chosen
}

/** @param {string} part */
function isNeeded(part) {
  return NEEDED.includes(part.slice(0, part.indexOf(':')))
}

module.exports = { readState, writeState }
