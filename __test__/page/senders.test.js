'use strict'

const { keyFingerprint } = require('../../testing')
const { startChild } = require('../support/run-child')
const { KEYS } = require('../support/wire')
const { describeInBrowser, pages, violationsOf } = require('./browser')

jest.setTimeout(60_000)

/** A platform whose second customer has a wrong key, and whose own work is in no context. */
const PLATFORM = `
  const { llmobs } = require('.')
  llmobs.init({ mlApp: 'shop' })
  const as = (ddApiKey, tenant, spans) => {
    for (let at = 0; at < spans; at += 1)
      llmobs.withRoutingContext({ ddApiKey, tenant }, () => llmobs.trace({ kind: 'task' }, () => {}))
  }
  as('${KEYS.acme}', 'acme', 1)
  as('${KEYS.globex}', 'globex', 5)
  llmobs.trace({ kind: 'task', name: 'lost' }, () => {})
  process.on('message', () => process.disconnect())
`

describeInBrowser('what an intake cannot see is said by those who send', () => {
  const { open, start } = pages()

  test.each(['light', 'dark'])(
    'a lane shows what is held for it and since when its sender pauses; what has no tenant stands with all, %s',
    async colorScheme => {
      const refuses = {
        match: { keyFingerprint: keyFingerprint(KEYS.globex) },
        actions: [{ status: 403, times: Number.POSITIVE_INFINITY }]
      }
      const intake = await start({ script: refuses })
      const page = await open(intake, '', { colorScheme })
      const platform = startChild(['-e', PLATFORM], { env: { SPANLANE_INTAKE_URL: intake.url } })
      const tenants = page.getByRole('navigation', { name: 'Tenants' })
      await tenants.getByText(/^sender pauses for \d+ s · holds 5$/).waitFor()
      await tenants.getByText('without a route: dropped 1 no_route').waitFor()
      await page.getByText('as the intake saw it, and its senders say').waitFor()
      expect(await tenants.locator('.who', { hasText: 'acme' }).locator('.own-words').count()).toBe(0)
      expect(await violationsOf(page, colorScheme)).toEqual([])
      platform.child.send('end')
      await platform.ended
    }
  )

  test.each(['light', 'dark'])(
    'before the first span, %s: that an application is here, and why nothing of it comes',
    async colorScheme => {
      const intake = await start()
      const page = await open(intake, '', { colorScheme })
      const script = `
      const { llmobs } = require('.')
      llmobs.init({ mlApp: 'shop' })
      llmobs.trace({ kind: 'task' }, () => {})
      process.on('message', () => process.disconnect())`
      const application = startChild(['-e', script], { env: { SPANLANE_INTAKE_URL: intake.url } })
      await page
        .getByText('An application is here: 1 event dropped without a route. Open a context around its work')
        .waitFor()
      expect(await violationsOf(page, colorScheme)).toEqual([])
      application.child.send('end')
      await application.ended
    }
  )
})
