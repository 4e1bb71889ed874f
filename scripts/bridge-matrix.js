'use strict'

// The bridge's tests with each dd-trace and Node that it promises to work with. Installs what is missing into
// node_modules/.cache, from npm. `node scripts/bridge-matrix.js [dd-trace version]`

const { spawnSync } = require('node:child_process')
const { inRepository } = require('./command')
const { ddTraceOf } = require('./dd-trace-versions')
const { nodeOf } = require('./node-versions')

/** dd-trace 6 needs Node 22. `injected` is preloaded beside it in one test. `null` is the Node that runs this. */
const CELLS = [
  { ddTrace: '5.83.0', injected: '5.132.0', node: null },
  { ddTrace: '5.100.0', injected: '5.123.0', node: null },
  { ddTrace: '5.123.0', injected: '5.83.0', node: null },
  { ddTrace: '5.132.0', injected: '5.100.0', node: null },
  { ddTrace: '6.21.0', injected: '5.132.0', node: '22' },
  { ddTrace: '6.21.0', injected: '5.100.0', node: '24' }
]

/**
 * @param {{ ddTrace: string, injected: string, node: string | null }} cell
 * @returns {boolean}
 */
function isGreen({ ddTrace, injected, node }) {
  console.log(`\n=== dd-trace ${ddTrace}, Node ${node ?? process.versions.node} ===`)
  const execPath = node === null ? process.execPath : nodeOf(node)
  if (execPath === null) throw new Error(`npm has no package of Node ${node} for this platform`)
  // The example brings its own dd-trace, and clients of the providers that older ones do not know.
  const args = [
    inRepository('node_modules', 'jest', 'bin', 'jest.js'),
    '__test__/bridge',
    '--testPathIgnorePatterns',
    'example'
  ]
  const { status } = spawnSync(process.execPath, args, {
    cwd: inRepository(),
    stdio: 'inherit',
    env: {
      ...process.env,
      BRIDGE_DD_TRACE: ddTraceOf(ddTrace),
      BRIDGE_INJECTED: ddTraceOf(injected),
      BRIDGE_NODE: execPath
    }
  })
  return status === 0
}

const only = process.argv[2]
const results = CELLS.filter(({ ddTrace }) => only === undefined || ddTrace === only).map(cell => ({
  'dd-trace': cell.ddTrace,
  node: cell.node ?? process.versions.node,
  tests: isGreen(cell) ? 'passed' : 'FAILED'
}))
console.table(results)
if (results.length === 0 || results.some(({ tests }) => tests !== 'passed')) process.exitCode = 1
