'use strict'

// What it takes to open an instance in a fresh process, with what that loads. Argument: the peer, the intake's URL, and the
// folder of the installed package as JSON.

const { PEERS } = require('../peers/peers')

/** @type {{ peer: string, url: string, installed: string }} */
const { peer, url, installed } = JSON.parse(process.argv[2])
const before = process.cpuUsage()
const startMs = performance.now()
PEERS[peer](url, installed)
const wallMs = performance.now() - startMs
const { user, system } = process.cpuUsage(before)
process.send?.({ wallMs, cpuMs: (user + system) / 1000 }, () => process.exit())
