// A process with a child of execa's, stopped by SIGTERM. Argument: which execa.

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const llmobs = open({ drainOnSignals: ['SIGTERM'], flushLingerMs: 60_000, flushIntervalMs: 60_000 })
const execa = process.argv[2] === '5' ? require('execa5') : (await import('execa')).execa

await llmobs.withRoutingContext(TENANTS.acme, () =>
  llmobs.trace({ kind: 'tool', name: 'command' }, async () => {
    const { stdout } = await execa(process.execPath, ['-p', '1 + 1'])
    say(stdout)
  })
)
// execa's result is a promise and a child process at once.
const echoed = llmobs.withRoutingContext(TENANTS.globex, () =>
  llmobs.trace({ kind: 'tool', name: 'child' }, () =>
    execa(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'])
  )
)
say(typeof echoed.pid, typeof echoed.stdin.end, typeof echoed.kill)
echoed.stdin.end('echo')
say((await echoed).stdout)
const failed = llmobs.withRoutingContext(TENANTS.globex, () =>
  llmobs.trace({ kind: 'tool', name: 'failing' }, () => execa(process.execPath, ['-e', 'process.exit(3)']))
)
await failed.catch(error => say(error.exitCode))
const child = execa(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
child.catch(() => {})
llmobs.withRoutingContext(TENANTS.acme, () =>
  llmobs.trace({ kind: 'task', name: 'before the signal' }, () => {})
)
process.stderr.write(`child ${child.pid}\n`)
process.kill(process.pid, 'SIGTERM')
