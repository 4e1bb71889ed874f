'use strict'

const { KEYS, evaluationBody, metric, send, spanBody } = require('../support/wire')
const { TRACE, describeInBrowser, laneId, linkTo, meta, owned, pages, violationsOf } = require('./browser')
const { PLACES, startScene } = require('./scene')

jest.setTimeout(60_000)

describeInBrowser('the page', () => {
  const { open, start, shown, closing } = pages()

  describe('is read', () => {
    /** Traces of two tenants, one of which failed. */
    async function two() {
      const intake = await start()
      const at = second => 1_790_000_000_000_000_000 + second * 1e9
      const failed = {
        status: 'error',
        meta: meta('tool', { 'error.type': 'Boom' }),
        name: 'failing',
        start_ns: at(1)
      }
      await send(intake, {
        body: spanBody(
          owned('acme', { ...failed, trace_id: TRACE }),
          owned('acme', { name: 'fine', start_ns: at(2), meta: meta('task') })
        )
      })
      await send(intake, {
        key: KEYS.globex,
        body: spanBody(owned('globex', { start_ns: at(3), duration: 2e9 }))
      })
      return intake
    }

    test('by searching and filtering, and says when nothing matches', async () => {
      const page = await open(await two())
      const rows = page.locator('.trace-row')
      await rows.nth(2).waitFor()
      await page.getByRole('searchbox').fill('duration:>1s')
      await page.locator('.trace-row').nth(1).waitFor({ state: 'detached' })
      expect(await rows.allTextContents()).toEqual([expect.stringContaining('globex')])
      await page.getByRole('searchbox').fill('no such text')
      await page.getByText('No trace matches.').waitFor()
      await page.getByRole('button', { name: 'Show all' }).click()
      await rows.nth(2).waitFor()
      await page.getByRole('navigation', { name: 'Tenants' }).getByText('globex', { exact: true }).click()
      await rows.nth(1).waitFor({ state: 'detached' })
      expect(page.url()).toContain('tenant=globex')
    })

    test('by keys, none of which is taken while somebody types', async () => {
      const page = await open(await two())
      await page.locator('.trace-row').nth(2).waitFor()
      await page.keyboard.press('j')
      await page.locator('.trace-row[aria-current]', { hasText: 'globex' }).waitFor()
      await page.keyboard.press('j')
      await page.locator('.trace-row[aria-current]', { hasText: 'fine' }).waitFor()
      await page.keyboard.press('k')
      await page.locator('.trace-row[aria-current]', { hasText: 'globex' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('heading', { name: 'What went where' }).waitFor()
      await page.keyboard.press('e')
      await page.locator('.trace-row').nth(1).waitFor({ state: 'detached' })
      await page.keyboard.press('e')
      await page.keyboard.press('/')
      await page.keyboard.type('gec')
      expect(await page.getByRole('searchbox').inputValue()).toBe('gec')
      await page.keyboard.press('Escape')
      await page.keyboard.press('Escape')
      await page.keyboard.press('g')
      await page
        .getByRole('link', { name: 'What went where', exact: false })
        .and(page.locator('[aria-current=page]'))
        .waitFor()
      await page.keyboard.press('2')
      await page.getByRole('region', { name: 'Requests', exact: true }).waitFor()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
      await page.keyboard.press('t')
      expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
      await page.keyboard.press('c')
      await page.getByText('Waiting for the first span').waitFor()
    })

    test('by a link that holds tenant, search, trace, span and view', async () => {
      const intake = await two()
      const link = `${linkTo(laneId(KEYS.acme))}&tenant=acme&q=failing&errors=1&view=json`
      const page = await open(intake, link)
      await page.locator('.json').getByText('"failing"').waitFor()
      expect(await page.getByRole('searchbox').inputValue()).toBe('failing')
      await page.getByRole('button', { name: /^Errors/, pressed: true }).waitFor()
      expect(await page.locator('.trace-row').count()).toBe(1)
      await page.locator('.row.found').waitFor()
    })

    test('by folding what is below a span', async () => {
      const { intake, hash } = await shown(
        { span_id: '1', name: 'root' },
        { span_id: '2', parent_id: '1', name: 'child' }
      )
      const page = await open(intake, hash)
      await page.locator('.row').nth(1).waitFor()
      await page.getByRole('button', { name: 'Hide the spans below' }).click()
      await page.locator('.row').nth(1).waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Show 1 spans below' }).waitFor()
      await page.keyboard.press('l')
      await page.locator('.row').nth(1).waitFor()
    })
  })

  describe('is live', () => {
    test('and does not move what is read: what is new is counted', async () => {
      const intake = await start()
      const asked = (name, second) =>
        owned('acme', { name, meta: meta('task'), start_ns: 1_790_000_000_000_000_000 + second * 1e9 })
      await send(intake, { body: spanBody(asked('first', 1)) })
      const page = await open(intake)
      await page.locator('.trace-row', { hasText: 'first' }).click()
      await send(intake, { body: spanBody(asked('second', 2)) })
      await page.getByRole('button', { name: '1 new' }).waitFor()
      expect(await page.locator('.trace-row').count()).toBe(1)
      await page.getByRole('button', { name: '1 new' }).click()
      await page.locator('.trace-row').nth(1).waitFor()
      expect(await page.locator('.trace-row .what').allTextContents()).toEqual(['second', 'first'])
    })

    test('pauses, goes on with what it missed, and clears', async () => {
      const intake = await start()
      await send(intake, { body: spanBody(owned('acme')) })
      const page = await open(intake)
      await page.locator('.trace-row').waitFor()
      await page.getByRole('button', { name: 'Pause' }).click()
      await send(intake, { body: spanBody(owned('acme')) })
      await page.getByRole('status').getByText('paused').waitFor()
      expect(await page.locator('.trace-row').count()).toBe(1)
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.locator('.trace-row').nth(1).waitFor()
      await page.getByRole('button', { name: 'Clear' }).click()
      await page.getByText('Waiting for the first span').waitFor()
      expect(intake.counts.spans).toBe(2)
    })

    test('says when the intake is gone, and recovers by itself', async () => {
      const intake = await start()
      await send(intake, { body: spanBody(owned('acme')) })
      const page = await open(intake, '', { mayFail: /ERR_(CONNECTION|INCOMPLETE|EMPTY)/ })
      await page.getByRole('status').getByText('connected', { exact: true }).waitFor()
      const { port } = intake
      await intake.close()
      await page.getByRole('status').getByText('not connected').waitFor()
      const again = await start({ port })
      await page.getByRole('status').getByText('connected', { exact: true }).waitFor({ timeout: 15_000 })
      await page.getByText('Waiting for the first span').waitFor()
      await send(again, { body: spanBody(owned('globex')) })
      await page.locator('.trace-row', { hasText: 'globex' }).waitFor()
    })
  })

  describe('stays quick and alive', () => {
    test('with 10,000 spans: few nodes, and a trace of half of them opens to its last span', async () => {
      const intake = await start()
      for (let sent = 0; sent < 100; sent += 1) {
        const spans = Array.from({ length: 100 }, (_, at) => {
          const id = sent * 100 + at + 1
          return owned('acme', {
            trace_id: sent < 50 ? TRACE : id.toString(16).padStart(32, '0'),
            span_id: String(id),
            parent_id: sent < 50 && id > 1 ? '1' : 'undefined',
            name: `span ${id}`,
            start_ns: 1_790_000_000_000_000_000 + id * 1e6
          })
        })
        await send(intake, { body: spanBody(...spans) })
      }
      const began = Date.now()
      const page = await open(intake)
      await page.locator('.trace-row').first().waitFor()
      const ready = Date.now() - began
      await page.getByText('10,000 of the newest 10,000 events').waitFor()
      const opening = Date.now()
      await page.evaluate(
        hash => {
          location.hash = hash
        },
        linkTo(laneId(KEYS.acme))
      )
      await page.getByText('5,000 spans', { exact: true }).waitFor()
      await page.locator('.waterfall .row').first().waitFor()
      const opened = Date.now() - opening
      await page.keyboard.press('End')
      await page.locator('.row', { hasText: 'span 5000' }).waitFor()
      const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
      const painted = await page.evaluate(
        () => performance.getEntriesByName('first-contentful-paint')[0].startTime
      )
      process.stdout.write(
        `10,000 spans: painted ${Math.round(painted)} ms, ready ${ready} ms, a trace of 5,000 open ${opened} ms, ${nodes} nodes\n`
      )
      expect(nodes).toBeLessThan(3000)
      expect(opened).toBeLessThan(5000)
    })

    test('with names and contents made to break it: shown as text', async () => {
      const evil = '<img src=x onerror=alert(1)><script>alert(2)</script>'
      const hostile = {
        name: `${evil}\u202egnirts\u0000`,
        tags: ['owner:acme', `x:${evil}`, ...Array.from({ length: 5000 }, (_, at) => `tag${at}:v`)],
        meta: meta('llm', {
          input: {
            messages: [
              { role: evil, content: '[click](javascript:alert(3)) **x**' },
              null,
              7,
              { tool_calls: [null], image_parts: [null] }
            ]
          },
          output: { value: 'y'.repeat(1_000_000) },
          metadata: { [evil]: evil, __proto__: null }
        })
      }
      const { intake, hash } = await shown({ ...hostile, span_id: '9' })
      const body = evaluationBody(
        metric({
          label: evil,
          tags: ['owner:acme'],
          reasoning: evil,
          join_on: { span: { trace_id: TRACE, span_id: '9' } }
        })
      )
      await send(intake, { stream: 'evaluations', body })
      await send(intake, { host: `${evil}.example`, body: spanBody(owned(evil)) })
      const page = await open(intake, hash)
      await page.getByRole('heading', { level: 3 }).getByText('\\u{202e}gnirts\\u{0}').waitFor()
      await page.getByText('[click](javascript:alert(3))').first().waitFor()
      await page.getByRole('button', { name: 'Show all 976.6 KB' }).click()
      await page.keyboard.press('g')
      await page.locator('.matrix').getByText(evil).first().waitFor()
      expect(await page.locator('img, script:not(body > script)').count()).toBe(0)
      expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    })

    test('cannot be framed by another page', async () => {
      const intake = await start()
      const page = await open(intake, '', { mayFail: /frame|X-Frame/i })
      const isFramed = await page.evaluate(async url => {
        const frame = document.createElement('iframe')
        frame.src = url
        document.body.append(frame)
        await new Promise(resolve => setTimeout(resolve, 300))
        try {
          return frame.contentDocument?.title === 'spanlane intake'
        } catch {
          return false
        }
      }, intake.url)
      expect(isFramed).toBe(false)
    })
  })

  describe('is for everyone', () => {
    test.each(['light', 'dark'])('axe finds nothing in any view, %s', async colorScheme => {
      const scene = await startScene()
      closing(scene.close)
      const empty = await open(await start(), '', { colorScheme })
      for (const name of ['acme', 'globex', 'umbrella', 'initech'])
        scene.ask(name, { fails: name === 'acme' })
      scene.as('acme', () => scene.llmobs.trace({ kind: 'task', name: 'stray' }, () => {}), {
        key: scene.keys.globex,
        site: PLACES.globex.site
      })
      await scene.flush()
      const page = await open(scene.intake, '', { colorScheme })
      const violations = (/** @type {import('playwright-core').Page} */ of) => violationsOf(of, colorScheme)
      await empty.getByText('Waiting for the first span').waitFor()
      expect(await violations(empty)).toEqual([])
      await page.locator('.seal.red').waitFor()
      expect(await violations(page)).toEqual([])
      await page.locator('.trace-row', { hasText: PLACES.acme.question }).click()
      await page.locator('.failure').waitFor()
      expect(await violations(page)).toEqual([])
      await page.keyboard.press('End')
      await page.locator('.message').first().waitFor()
      expect(await violations(page)).toEqual([])
      for (const key of ['2', 'g']) {
        await page.keyboard.press(key)
        await page
          .locator(key === '2' ? '.request' : '.matrix')
          .first()
          .waitFor()
        expect(await violations(page)).toEqual([])
      }
      await page.keyboard.press('?')
      await page.getByRole('dialog').waitFor()
      expect(await violations(page)).toEqual([])
    })

    test('a window of 1,024 and one of 640 pixels can be used', async () => {
      const { intake, hash } = await shown({ span_id: '1', name: 'root' })
      for (const width of [1024, 640]) {
        const page = await open(intake, hash, { viewport: { width, height: 720 } })
        await page.getByRole('heading', { level: 3, name: 'root' }).waitFor()
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth
        )
        expect(overflow).toBeLessThanOrEqual(0)
      }
    })
  })
})
