'use strict'

const { installPackage } = require('./installed')

const ONE_SPAN = `
  const intake = await startIntake()
  spanlane.llmobs.init({ mlApp: 'installed', apiKey: 'k'.repeat(32), intakeUrl: intake.url })
  const result = spanlane.llmobs.trace({ kind: 'task' }, () => 7)
  await spanlane.llmobs.flush()
  const arrived = intake.spans().length
  await intake.close()
  console.log(JSON.stringify({ enabled: spanlane.llmobs.enabled, result, arrived, names: Object.keys(spanlane) }))
`
const COMMONJS = [
  '-e',
  `const spanlane = require('spanlane')
   const { startIntake } = require('spanlane/testing')
   ;(async () => { ${ONE_SPAN} })()`
]
const ESM = [
  '--input-type=module',
  '-e',
  `import * as spanlane from 'spanlane'
   import { startIntake } from 'spanlane/testing'
   ${ONE_SPAN}`
]
const BOTH_WAYS = [
  ['required', COMMONJS],
  ['imported', ESM]
]

describe('installed with the package of this platform', () => {
  const application = installPackage({ withAddon: true })
  afterAll(() => application.remove())

  test.each(BOTH_WAYS)('%s, it delivers a span', (_name, args) => {
    const { status, stdout, stderr } = application.node(args)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({ enabled: true, result: 7, arrived: 1 })
    expect(status).toBe(0)
  })

  test('the ESM entry has every name of the CommonJS entry', () => {
    const namesOf = args => JSON.parse(application.node(args).stdout).names.sort()
    expect(namesOf(ESM)).toEqual([...namesOf(COMMONJS), 'default'].sort())
  })

  test('the command runs', () => {
    const { stdout, status } = application.node(['node_modules/spanlane/bin/spanlane.js', '--version'])
    expect(stdout.trim()).toBe(require('../../package.json').version)
    expect(status).toBe(0)
  })

  test.each(['spanlane/lib/options/options.js', 'spanlane/lib/native'])('%s is not part of the API', path => {
    const { status, stderr } = application.node(['-e', `require('${path}')`])
    expect(stderr).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
    expect(status).toBe(1)
  })
})

describe('installed on a platform without a package', () => {
  const application = installPackage({ withAddon: false })
  afterAll(() => application.remove())

  test.each(BOTH_WAYS)('%s, it warns once and everything passes through', (_name, args) => {
    const { status, stdout, stderr } = application.node(args)
    expect(JSON.parse(stdout)).toMatchObject({ enabled: false, result: 7, arrived: 0 })
    expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/^spanlane: .*disabled/)])
    expect(status).toBe(0)
  })
})
