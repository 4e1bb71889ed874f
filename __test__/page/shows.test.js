'use strict'

const { keyFingerprint } = require('../../testing')
const { KEYS, send, spanBody } = require('../support/wire')
const { TRACE, describeInBrowser, laneId, linkTo, meta, owned, pages } = require('./browser')
const { PLACES, startScene } = require('./scene')

jest.setTimeout(60_000)

describeInBrowser('the page', () => {
  const { open, start, shown, closing } = pages()

  describe('begins', () => {
    test('with the line that brings the first span, at the real address, ready to be copied', async () => {
      const intake = await start()
      const page = await open(intake, '', { permissions: ['clipboard-read', 'clipboard-write'] })
      await page.getByRole('heading', { name: 'Waiting for the first span' }).waitFor()
      const line = `SPANLANE_INTAKE_URL=${intake.url} node app.js`
      await page.getByText(line).waitFor()
      await page.getByRole('button', { name: 'Copy' }).first().click()
      await page.getByRole('button', { name: 'Copied' }).waitFor()
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(line)
      await page.getByText('Nothing to compare yet').waitFor()
    })

    test('and shows a span within a second of its arrival, without being asked', async () => {
      const intake = await start()
      const page = await open(intake)
      await page.getByText('Waiting for the first span').waitFor()
      await send(intake, { body: spanBody(owned('acme')) })
      const answered = Date.now()
      await page.locator('.trace-row').waitFor({ timeout: 1000 })
      expect(Date.now() - answered).toBeLessThan(1000)
      await page.getByText('Nothing crossed').waitFor()
    })
  })

  describe('shows what the library sent', () => {
    test('tenants, traces, the tree with its bars, a conversation, tools, evaluations, prompt, session', async () => {
      const scene = await startScene()
      closing(scene.close)
      for (const name of ['acme', 'globex']) scene.ask(name, { fails: name === 'acme' })
      await scene.flush()
      const page = await open(scene.intake)
      const tenants = page.getByRole('navigation', { name: 'Tenants' })
      await tenants.getByText('globex', { exact: true }).waitFor()
      await tenants.getByText('by owner tag').first().waitFor()
      await page.getByText(/^✓ Nothing crossed$/).waitFor()
      await page.locator('.trace-row', { hasText: PLACES.acme.question }).click()

      // What failed is where reading begins, and the tree leads to it.
      await page.getByRole('heading', { level: 3, name: 'charge_card' }).waitFor()
      await page
        .locator('.failure', { hasText: 'CardDeclined' })
        .getByText('the card was declined', { exact: true })
        .waitFor()
      expect(await page.locator('.waterfall .row.leads .what').allTextContents()).toEqual([
        'answer ',
        'support-agent ',
        'run-tools '
      ])
      expect(await page.locator('.waterfall .row').count()).toBe(9)
      await page.locator('.title').getByText('1,057').waitFor()

      const rows = page.locator('.waterfall .row')
      await rows.nth(4).locator('a').click()
      await page.locator('.prompt', { hasText: 'support' }).getByText('version 3').waitFor()
      await page.locator('.call', { hasText: 'lookup_order' }).getByText('"4711"').waitFor()
      await page.getByText('Tools offered, 1').waitFor()
      await page.locator('.fact', { hasText: 'first token' }).getByText('310 ms').waitFor()
      await rows.nth(8).locator('a').click()
      await page.getByRole('button', { name: '+ 2 earlier messages' }).click()
      await page.locator('.message.system').getByText('You are the support agent').waitFor()
      await page.locator('.message.reasoning').getByText('The order was shipped').waitFor()
      await page.locator('.message.tool').getByText('"shipped"').waitFor()
      await page.locator('.md strong', { hasText: '30 November' }).waitFor()
      await page.locator('.md code', { hasText: 'JD0146 0034 21' }).waitFor()
      await rows.nth(2).locator('a').click()
      await page.locator('.score', { hasText: '0.91' }).waitFor()
      await rows.nth(0).locator('a').click()
      await page.locator('.fact', { hasText: 'helpfulness' }).getByText('0.86').waitFor()
      await page.getByText('Says when it arrives.').waitFor()
      await page.locator('.fact', { hasText: 'session' }).getByText('session-77').waitFor()
    })

    test('media as a placeholder with its size, tool results, and metadata', async () => {
      const message = {
        role: 'user',
        content: 'look',
        image_parts: [{ mime_type: 'image/png', content: 'A'.repeat(4096) }],
        audio_parts: [{ mime_type: 'audio/wav', content: 'A'.repeat(400) }],
        tool_results: [{ name: 'find', result: '{"found":true}', tool_id: 'c-1', type: 'function' }]
      }
      const { intake, hash } = await shown({
        meta: meta('llm', { input: { messages: [message] }, metadata: { temperature: 0.5 } })
      })
      const page = await open(intake, hash)
      await page.getByText('image, image/png, 3.0 KB').waitFor()
      await page.getByText('audio, audio/wav, 300 B').waitFor()
      await page.getByText('find(…) => c-1').waitFor()
      await page.locator('.json', { hasText: 'temperature' }).waitFor()
      expect(await page.locator('img, audio, video, iframe').count()).toBe(0)
    })

    test('as text, as Markdown, as JSON, and copies it', async () => {
      const { intake, hash } = await shown({
        meta: meta('task', { input: { value: '# Title\n\n**bold**' } })
      })
      const page = await open(intake, hash, { permissions: ['clipboard-read', 'clipboard-write'] })
      await page.locator('.md .heading', { hasText: 'Title' }).waitFor()
      await page.getByRole('button', { name: 'Text', exact: true }).click()
      await page.locator('pre.plain', { hasText: '# Title' }).waitFor()
      await page.getByRole('button', { name: 'JSON', exact: true }).click()
      await page.locator('.json').getByText('"trace_id"').first().waitFor()
      await page.locator('.content header').getByRole('button', { name: 'Copy' }).click()
      await page.locator('.content header').getByRole('button', { name: 'Copied' }).waitFor()
      const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))
      expect(copied.meta.input.value).toBe('# Title\n\n**bold**')
      expect(page.url()).toContain('view=json')
    })

    test('children before parents, in several requests: the tree ends right', async () => {
      const intake = await start()
      const one = change => ({ body: spanBody(owned('acme', { trace_id: TRACE, ...change })) })
      await send(
        intake,
        one({ span_id: '3', parent_id: '2', name: 'leaf', start_ns: 1_790_000_000_300_000_000 })
      )
      const page = await open(intake, linkTo(laneId(KEYS.acme)))
      await page.getByText('parent not here').waitFor()
      await page.getByText('its root is not here (yet)').waitFor()
      await send(
        intake,
        one({ span_id: '2', parent_id: '1', name: 'middle', start_ns: 1_790_000_000_200_000_000 })
      )
      await send(intake, one({ span_id: '1', name: 'root', start_ns: 1_790_000_000_100_000_000 }))
      await page.locator('.row .what', { hasText: 'root' }).waitFor()
      expect((await page.locator('.row .what').allTextContents()).map(text => text.trim())).toEqual([
        'root',
        'middle',
        'leaf'
      ])
      expect(await page.getByText('parent not here').count()).toBe(0)
    })

    test('a trace that is 150 deep', async () => {
      const spans = Array.from({ length: 150 }, (_, at) => ({
        span_id: String(at + 1),
        parent_id: at === 0 ? 'undefined' : String(at),
        name: `depth ${at}`
      }))
      const { intake, hash } = await shown(...spans)
      const page = await open(intake, hash)
      await page.locator('.waterfall').waitFor()
      await page.keyboard.press('End')
      const last = page.locator('.row', { hasText: 'depth 149' })
      await last.waitFor()
      await last.getByText('149', { exact: true }).waitFor()
      expect((await last.locator('.what').boundingBox())?.width).toBeGreaterThan(50)
    })
  })

  describe('raises the alarm', () => {
    test('when data of one tenant reaches another: who, where, which request, which span', async () => {
      const intake = await start()
      await send(intake, { body: spanBody(owned('acme')) })
      await send(intake, { key: KEYS.globex, body: spanBody(owned('globex'), owned('globex')) })
      const page = await open(intake)
      await page.locator('.seal.green').waitFor()
      await send(intake, {
        key: KEYS.globex,
        body: spanBody(owned('acme', { trace_id: TRACE, name: 'stray' }))
      })
      const seal = page.locator('.seal.red', { hasText: 'Data of acme reached globex' })
      await seal.waitFor()
      expect(await seal.locator('[aria-live=polite]').count()).toBe(1)
      await seal.click()
      await page.locator('.finding.red', { hasText: 'request #3' }).waitFor()
      expect(await page.locator('.matrix td.bad').allTextContents()).toEqual(['1 ✗'])
      await page.getByRole('link', { name: 'Show the span' }).click()
      await page.getByRole('heading', { level: 3, name: 'stray' }).waitFor()
      await page.locator('.fact', { hasText: 'owner says' }).getByText('acme ✗').waitFor()
    })

    test('and asks where one owner is at two places: one click declares them', async () => {
      const intake = await start()
      for (const site of ['datadoghq.com', 'datadoghq.eu'])
        await send(intake, { body: spanBody(owned('globex')), site })
      const page = await open(intake, '#/proof')
      await page.locator('.seal.amber', { hasText: 'globex arrives at 2 places: expected?' }).waitFor()
      await page.getByRole('button', { name: 'Yes, globex belongs to these 2' }).click()
      await page.locator('.seal.green', { hasText: 'Nothing crossed' }).waitFor()
      await page.getByRole('navigation', { name: 'Tenants' }).getByText('declared').waitFor()
    })

    test('and says that it proves nothing where nobody named an owner', async () => {
      const intake = await start()
      await send(intake)
      const page = await open(intake, '#/proof')
      await page.locator('.seal.grey', { hasText: 'No span names its owner' }).waitFor()
      await page.getByText('How to name owners').click()
      await page.getByText(`--owner acme=${keyFingerprint(KEYS.acme)}`).waitFor()
      await page.getByRole('navigation', { name: 'Tenants' }).getByText('unnamed').waitFor()
      expect(await page.locator('.checks .chip.good').count()).toBe(9)
    })

    test('for the same trace at two tenants, and shows both side by side', async () => {
      const intake = await start()
      const spans = [
        owned('acme', { trace_id: TRACE, span_id: '1' }),
        owned('acme', { trace_id: TRACE, span_id: '2' })
      ]
      await send(intake, { body: spanBody(...spans) })
      await send(intake, {
        key: KEYS.globex,
        body: spanBody(owned('globex'), owned('globex', { trace_id: TRACE, span_id: '1' }))
      })
      const page = await open(intake, linkTo(laneId(KEYS.acme)))
      await page.locator('.seal.red', { hasText: 'One trace at' }).waitFor()
      await page.getByRole('button', { name: 'At 2 lanes' }).click()
      await page.locator('.compare td', { hasText: 'not here' }).waitFor()
      expect(await page.locator('.compare tbody tr').count()).toBe(2)
      await page.locator('.compare thead').getByText(keyFingerprint(KEYS.globex)).waitFor()
    })
  })

  test('joins the tries of one body, with what was refused and why', async () => {
    const script = {
      actions: [
        { status: 503 },
        { status: 429, headers: { 'retry-after': '4' } },
        {},
        {},
        { reset: 'after-body' }
      ]
    }
    const intake = await start({ script })
    const body = spanBody(owned('acme'))
    for (let sent = 0; sent < 4; sent += 1) await send(intake, { body })
    await send(intake, { body: spanBody(owned('acme')) }).catch(() => undefined)
    await send(intake, { body: '[{"spans":1}]' })
    const page = await open(intake, '#/requests')
    await page.getByText('503 → 429 → 202 → 202, 4 tries').waitFor()
    await page.getByText('duplicate: taken before').waitFor()
    await page.getByText('Retry-After: 4').waitFor()
    await page.locator('.request', { hasText: 'reset' }).waitFor()
    await page
      .locator('.request', { hasText: '400' })
      .getByText(/body\[0\]\["_dd\.stage"\]: expected "raw"/)
      .waitFor()
    await page
      .getByRole('navigation', { name: 'Tenants' })
      .getByText(/refused, 400 for \d+ s/)
      .waitFor()
    await page.locator('.request', { hasText: '503' }).last().getByRole('link').click()
    await page.locator('.banner').getByText('503 → 429 → 202 → 202').waitFor()
    expect(await page.locator('.rows .request').count()).toBe(4)
  })
})
