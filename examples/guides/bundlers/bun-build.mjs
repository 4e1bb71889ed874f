import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'

// npm's `bun` fetches this by its install script, which does not run here.
const bun = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@oven/bun-linux-x64/package.json')),
  'bin/bun'
)
const COMMAND =
  'bun build app.mjs --target=node --external spanlane --external spanlane/* --outfile out/bun.mjs'
execFileSync(bun, COMMAND.split(' ').slice(1), { stdio: ['ignore', 'ignore', 'inherit'] })
await import('./out/bun.mjs')
