'use strict'

const path = require('node:path')
const { intakes } = require('../support/intake')
const { runChild } = require('../support/run-child')
const { KEYS } = require('./setup')

const { start } = intakes()

/** @param {string} when */
async function bodies(when) {
  const intake = await start()
  const ended = await runChild([path.join(__dirname, 'programs', 'polluted.js'), when], {
    env: { SPANLANE_INTAKE_URL: intake.url, DD_LLMOBS_ML_APP: 'shop' }
  })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const owned = { site: 'datadoghq.eu', key: KEYS.acme }
  expect(intake.requests.map(({ site }) => site)).toEqual(['datadoghq.eu', 'datadoghq.eu'])
  return [...intake.spans(owned), ...intake.evaluations(owned)].map(withoutIds)
}

/** @param {any} event */
function withoutIds(event) {
  const text = JSON.stringify(event).replace(
    /"(\w*(?:trace|span|parent)_id|timestamp_ms|start_ns|duration)":("\w+"|\d+)/g,
    '"$1":0'
  )
  return JSON.parse(text)
}

test('polluted prototypes change no destination and no body', async () => {
  const clean = await bodies('never')
  expect(clean).toHaveLength(3)
  expect(await bodies('before')).toEqual(clean)
  expect(await bodies('after')).toEqual(clean)
})
