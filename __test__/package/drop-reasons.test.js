'use strict'

const fs = require('node:fs')
const path = require('node:path')
const { REASON } = require('../../lib/binding')
const { dropReasons } = require('../../lib/native')

const root = path.join(__dirname, '../..')

/** @param {string} file @param {RegExp} start @param {RegExp} end */
function part(file, start, end) {
  const text = fs.readFileSync(path.join(root, file), 'utf8')
  const [, rest] = text.split(start)
  return rest.split(end)[0]
}

test('the reasons of a drop are those of the core, in JavaScript, in the types and in the documents', () => {
  const reasons = dropReasons()
  expect(reasons).toContain('no_route')
  expect(new Set(reasons).size).toBe(reasons.length)
  expect(Object.values(REASON).sort()).toEqual([...reasons].sort())
  const union = part('index.d.ts', /export type DropReason =\n/, /\n\n/)
  expect([...union.matchAll(/'(\w+)'/g)].map(([, reason]) => reason).sort()).toEqual([...reasons].sort())
  const table = part('docs/api.md', /\| Reason \| Why an event was dropped \|\n/, /\n\n/)
  expect([...table.matchAll(/^\| `(\w+)` /gm)].map(([, reason]) => reason).sort()).toEqual(
    [...reasons].sort()
  )
})

test('a reason is named after what it says', () => {
  for (const [name, reason] of Object.entries(REASON)) expect(reason).toBe(name.toLowerCase())
})
