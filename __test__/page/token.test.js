'use strict'

const { readFileSync } = require('node:fs')
const { startChild } = require('../support/run-child')
const { send, spanBody } = require('../support/wire')
const { describeInBrowser, owned, pages, violationsOf } = require('./browser')

jest.setTimeout(60_000)

describeInBrowser('a page with a token', () => {
  const { open, closing } = pages()

  async function command() {
    const started = startChild(['bin/spanlane.js', 'intake', '--port', '0', '--token'])
    closing(async () => {
      started.child.kill('SIGINT')
      await started.ended
    })
    const [, url, hash] = await started.printed(/page: (http:\S+)\/(#token=[0-9a-f]{32})\n/)
    await send({ url, port: Number(new URL(url).port) }, { body: spanBody(owned('acme')) })
    return { url, hash }
  }

  test('is read by who has the link, also after a reload, and the address does not keep it', async () => {
    const { url, hash } = await command()
    const page = await open({ url }, hash)
    await page.locator('.trace-row').waitFor()
    expect(page.url()).not.toContain('token')
    await page.reload()
    await page.locator('.trace-row').waitFor()
    await page.locator('.trace-row').click()
    await page.getByRole('heading', { level: 3 }).waitFor()
  })

  test.each(['light', 'dark'])('gives nothing to who has not, %s', async colorScheme => {
    const { url } = await command()
    const page = await open({ url }, '', { mayFail: /401/, colorScheme })
    await page.getByRole('heading', { name: 'This intake asks for a token' }).waitFor()
    expect(await page.locator('.trace-row').count()).toBe(0)
    expect(await violationsOf(page, colorScheme)).toEqual([])
  })

  test('saves what is kept as a file', async () => {
    const { url, hash } = await command()
    const page = await open({ url }, hash)
    await page.locator('.trace-row').waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export' }).click()
    ])
    expect(download.suggestedFilename()).toBe('spanlane-intake.ndjson')
    const [line] = readFileSync(await download.path(), 'utf8').split('\n')
    expect(JSON.parse(line)).toMatchObject({ stream: 'spans', owner: 'acme' })
  })
})
