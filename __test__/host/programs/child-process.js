'use strict'

// A process with a child of its own, which dies with it: as execa does, by signal-exit. Run by processes.test.js.
// Arguments: which signal-exit is imitated, who comes first, whether Spanlane is there.

const { spawn } = require('node:child_process')
const { createLLMObs } = require('../../..')

const [version, first, mode] = process.argv.slice(2)

/** What both versions do with a signal: they end the process only when nobody else is listening. @param {() => void} cleanUp */
function onExit(cleanUp) {
  const listener = () => {
    const listeners = process.listeners('SIGTERM')
    if (listeners.length !== (version === '3 and 4' ? 2 : 1)) return
    for (const other of libraryListeners) process.removeListener('SIGTERM', other)
    cleanUp()
    process.kill(process.pid, 'SIGTERM')
  }
  libraryListeners.push(listener)
  process.on('SIGTERM', listener)
}

/** @type {(() => void)[]} */
const libraryListeners = []

function startChild() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  onExit(() => child.kill('SIGTERM'))
  // Version 3 would leave the end to version 4, which counts both.
  if (version === '3 and 4') onExit(() => child.kill('SIGTERM'))
  return child
}

function openSpanlane() {
  return createLLMObs({
    mlApp: 'shop',
    apiKey: 'd'.repeat(32),
    enabled: mode === 'with',
    drainOnSignals: ['SIGTERM'],
    flushLingerMs: 60_000,
    flushIntervalMs: 60_000
  })
}

const earlier = first === 'Spanlane' ? openSpanlane() : null
const child = startChild()
const llmobs = earlier ?? openSpanlane()
llmobs.trace({ kind: 'task', name: 'before the signal' }, () => {})
process.stdout.write(`child ${child.pid}\n`)
