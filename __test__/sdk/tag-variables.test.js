'use strict'

const { runChild } = require('../support/run-child')
const { intakes } = require('../support/intake')
const { ACME, KEYS } = require('./setup')

const intake = intakes()

/** What one span of the default route and one of a tenant are tagged with, in a process with these variables. */
async function tagsWith(env, options = {}) {
  const running = await intake.start()
  const program = `
    const { llmobs } = require('.')
    llmobs.init({ mlApp: 'shop', apiKey: '${KEYS.platform}', ...${JSON.stringify(options)} })
    llmobs.trace({ kind: 'task', name: 'own' }, () => {})
    llmobs.withRoutingContext(${JSON.stringify(ACME)}, () => llmobs.trace({ kind: 'task', name: 'theirs' }, () => {}))`
  const ended = await runChild(['-e', program], { env: { SPANLANE_INTAKE_URL: running.url, ...env } })
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  const ours = tag => !/^(source|ml_app|ddtrace\.version|error|language):/.test(tag)
  return Object.fromEntries(running.spans().map(({ name, tags }) => [name, tags.filter(ours)]))
}

describe('DD_TAGS', () => {
  test.each([
    ['with commas', 'a:1, b:x:y ,c,,d:', ['a:1', 'b:x:y', 'c:', 'd:']],
    ['with spaces instead', ' a:1 b:x:y\tc  d:', ['a:1', 'b:x:y', 'c:', 'd:']],
    ['with spaces in values, between commas', 'team:core platform,b:2', ['team:core platform', 'b:2']],
    ['with one tag', 'a:1', ['a:1']]
  ])('%s', async (_what, DD_TAGS, tags) => {
    const { own, theirs } = await tagsWith({ DD_TAGS })
    expect(own.filter(tag => !/^(version|env|service):/.test(tag))).toEqual(tags)
    expect(theirs).toEqual(['version:', 'env:', 'service:'])
  })

  test('env, service and version count where nothing of their own is set', async () => {
    const DD_TAGS = 'env:bag,service:bag,version:bag,x:y'
    expect((await tagsWith({ DD_TAGS })).own).toEqual(['env:bag', 'service:bag', 'version:bag', 'x:y'])
    const variables = { DD_ENV: 'own', DD_SERVICE: 'own', DD_VERSION: 'own' }
    expect((await tagsWith({ DD_TAGS, ...variables })).own).toEqual([
      ...['env:own', 'service:own', 'version:own', 'x:y']
    ])
    const options = { env: 'option', service: 'option', version: 3 }
    expect((await tagsWith({ DD_TAGS, ...variables }, options)).own).toEqual([
      ...['env:option', 'service:option', 'version:3', 'x:y']
    ])
  })

  test("env, service and version are every span's, as those of DD_ENV are; the rest is not", async () => {
    const { theirs } = await tagsWith({ DD_TAGS: 'env:bag service:bag version:bag x:y' })
    expect(theirs).toEqual(['version:bag', 'env:bag', 'service:bag'])
  })

  test('the option tags comes last, and counts for them, too', async () => {
    const { own } = await tagsWith({ DD_TAGS: 'a:1,env:bag' }, { tags: { a: 2, env: 'option', e: true } })
    expect(own).toEqual(['a:2', 'env:option', 'e:true', 'version:', 'service:'])
  })
})

describe('OTEL_RESOURCE_ATTRIBUTES', () => {
  test('gives service, env, version and tags, after everything of Datadog', async () => {
    const OTEL_RESOURCE_ATTRIBUTES =
      'service.name=shop, deployment.environment=prod,service.version=9,k8s.pod=p-1,bad,=x'
    expect((await tagsWith({ OTEL_RESOURCE_ATTRIBUTES })).own.sort()).toEqual([
      ...['bad:', 'env:prod', 'k8s.pod:p-1', 'service:shop', 'version:9']
    ])
    const more = { OTEL_RESOURCE_ATTRIBUTES, DD_TAGS: 'env:bag,k8s.pod:mine', OTEL_SERVICE_NAME: 'named' }
    expect((await tagsWith(more)).own.sort()).toEqual([
      ...['bad:', 'env:bag', 'k8s.pod:mine', 'service:named', 'version:9']
    ])
  })

  test('names the environment in two ways; the newer one counts', async () => {
    const OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment=old,deployment.environment.name=new'
    expect((await tagsWith({ OTEL_RESOURCE_ATTRIBUTES })).own).toEqual(['env:new', 'version:', 'service:'])
  })
})

test('a service from either is the application where nothing else names it', async () => {
  const running = await intake.start()
  const program = `require('.').llmobs.trace({ kind: 'task' }, () => {})`
  for (const env of [{ DD_TAGS: 'service:bag' }, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=res' }]) {
    await runChild(['-e', program], {
      env: { SPANLANE_INTAKE_URL: running.url, DD_API_KEY: KEYS.platform, ...env }
    })
  }
  const apps = running.spans().map(({ tags }) => tags.find(tag => tag.startsWith('ml_app:')))
  expect(apps).toEqual(['ml_app:bag', 'ml_app:res'])
})
