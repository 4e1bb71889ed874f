'use strict'

const { programs } = require('../bridge/setup')

const { run } = programs()

test('beside dd-trace that follows the AI SDK: its span alone, on our lane, and one warning', async () => {
  const { facts, intake, places } = await run('../../ai/programs/beside-dd-trace.mjs', {
    nodeArgs: ['--import', 'dd-trace/register.js']
  })
  expect(places).toEqual({ embed: 'acme@datadoghq.eu' })
  expect(intake.spans()).toHaveLength(1)
  expect(facts.isRecording).toEqual([false])
  expect(facts.log).toEqual([
    expect.stringMatching(/dd-trace is attached and follows the AI SDK itself: nothing is recorded beside it/)
  ])
})
