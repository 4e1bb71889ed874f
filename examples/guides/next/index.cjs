'use strict'

// Builds the application with the bundler that is asked for, starts it, asks, and stops it as a platform does.

const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { askAllOverHttp } = require('../questions')

const [bundler] = process.argv.slice(2)
const next = require.resolve('next/dist/bin/next')
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }

fs.mkdirSync(path.join(__dirname, 'lib'), { recursive: true })
fs.writeFileSync(path.join(__dirname, 'lib', 'package.json'), '{ "type": "commonjs" }')
for (const name of ['customers.js', 'platform.js']) {
  fs.cpSync(path.join(__dirname, '..', name), path.join(__dirname, 'lib', name))
}
const built = spawnSync(process.execPath, [next, 'build', `--${bundler}`], { cwd: __dirname, env })
if (built.status !== 0) throw new Error(`next build: ${built.stdout}${built.stderr}`)

const server = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
  cwd: __dirname,
  env,
  stdio: ['ignore', 'pipe', 'inherit']
})
const url = new Promise((resolve, reject) => {
  let output = ''
  server.stdout.on('data', text => {
    output += text
    const [found] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
    if (found !== undefined && /Ready/.test(output)) resolve(found)
  })
  server.once('close', code => reject(new Error(`next start ended with ${code}\n${output}`)))
})

async function main() {
  const address = await url
  await Promise.all(['/api/ask', '/api/stream', '/'].map(path => askAllOverHttp(address + path)))
  server.removeAllListeners('close')
  const ended = new Promise(resolve => server.once('close', resolve))
  server.kill('SIGTERM')
  await ended
}

main()
