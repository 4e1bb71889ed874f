'use strict'

const { runChild, startChild } = require('./support/run-child')

const DEMO = 'examples/three-customers'

/** Tenant, site, spans, evaluations, and the trace as it is drawn, without durations. */
const EXPECTED = [
  {
    site: 'datadoghq.com',
    row: /^datadoghq\.com +acme-travel +[0-9a-f]{12} +5 +1$/m,
    trees: [
      [
        '`-- workflow  trip-planner',
        '    |-- retrieval  search-knowledge',
        '    |-- llm  plan  gpt-5-mini  412 -> 38 tokens',
        '    |-- tool  search_tickets',
        '    `-- llm  answer  gpt-5-mini  506 -> 71 tokens'
      ]
    ],
    evaluation: /^evaluation {2}answer_relevance = 0\.94 {2}of span \d+$/m
  },
  {
    site: 'datadoghq.eu',
    row: /^datadoghq\.eu +nordwind-bank +[0-9a-f]{12} +5 +1$/m,
    trees: [
      [
        '`-- workflow  karten-assistent',
        '    |-- retrieval  search-knowledge',
        '    |-- llm  plan  claude-sonnet-4-5  655 -> 52 tokens',
        '    |-- tool  open_dispute',
        '    `-- llm  answer  claude-sonnet-4-5  731 -> 64 tokens'
      ]
    ],
    evaluation: /^evaluation {2}policy_followed = 1 {2}of span \d+$/m
  },
  {
    site: 'us5.datadoghq.com',
    row: /^us5\.datadoghq\.com +helio-clinic +[0-9a-f]{12} +5 +1$/m,
    trees: [
      [
        '`-- workflow  front-desk',
        '    |-- retrieval  search-knowledge',
        '    |-- llm  plan  gpt-5  298 -> 33 tokens',
        '    |-- tool  move_appointment  ERROR CalendarTimeout',
        '    `-- llm  answer  gpt-5  377 -> 41 tokens'
      ]
    ],
    evaluation: /^evaluation {2}task_completed = 0\.2 {2}of span \d+$/m
  },
  {
    site: 'us3.datadoghq.com',
    row: /^us3\.datadoghq\.com +platform +[0-9a-f]{12} +4 +0$/m,
    trees: [
      [
        '`-- workflow  serve-requests',
        '    |-- task  dispatch',
        '    |-- task  dispatch',
        '    `-- task  dispatch'
      ]
    ],
    evaluation: null
  }
]

/** The part of the output that shows one intake. */
function sectionOf(stdout, site) {
  return stdout.split('=== Intake of ').find(section => section.startsWith(`${site} ===`)) ?? ''
}

/** The trees in it, without durations. */
function treesOf(section) {
  const lines = section.split('\n').map(line => line.replace(/ {2}\d+\.\d ms/, ''))
  return section
    .match(/^trace [0-9a-f]{32}$/gm)
    ?.map(head => lines.slice(lines.indexOf(head) + 1))
    .map(rest =>
      rest.slice(
        0,
        rest.findIndex(line => !/^[ `|]/.test(line))
      )
    )
}

describe('the demo', () => {
  /** @type {Awaited<ReturnType<typeof runChild>>} */
  let ended
  beforeAll(async () => {
    ended = await runChild([DEMO])
  })

  test('ends with code 0, having said that nothing crossed and everything was delivered', () => {
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain(
      'Nothing crossed: 4 tenants, 4 intakes, each with its own key. delivered 22, rejected 0, dropped 0, pending 0.'
    )
  })

  test.each(EXPECTED)('shows at the intake of $site its own tenant, traces and evaluations', expected => {
    const section = sectionOf(ended.stdout, expected.site)
    expect(section).toMatch(expected.row)
    expect(section.match(/^\S+ +\S+ +[0-9a-f]{12} +\d+ +\d+$/gm)).toHaveLength(1)
    expect(treesOf(section)).toEqual(expected.trees)
    if (expected.evaluation === null) expect(section).not.toContain('evaluation  ')
    else expect(section).toMatch(expected.evaluation)
  })

  test('prints no colour codes into a pipe, and no key', () => {
    expect(ended.stdout).not.toContain('\u001b')
    // All that looks like a key is a trace id.
    expect(ended.stdout.match(/\b[0-9a-f]{32}\b/g)?.length).toBe(
      ended.stdout.match(/^trace [0-9a-f]{32}$/gm)?.length
    )
  })
})

test('the demo shows all its intakes on one page when it is asked to, and stays until it is told to end', async () => {
  const demo = startChild([DEMO, '--page'])
  const [, url] = await demo.printed(/The page: (http:\/\/127\.0\.0\.1:\d+)\//)
  const { seal, lanes, intake } = await (await fetch(`${url}/spanlane/snapshot`)).json()
  expect(seal).toMatchObject({ state: 'green', title: 'Nothing crossed' })
  expect(lanes.map(({ name }) => name).sort()).toEqual([
    'acme-travel',
    'helio-clinic',
    'nordwind-bank',
    'platform'
  ])
  expect(intake.intakes).toHaveLength(4)
  demo.child.kill('SIGINT')
  await expect(demo.ended).resolves.toMatchObject({ code: 0, signal: null })
})

test('the demo ends with code 1 when one customer is sent along the route of another', async () => {
  const { code, stdout } = await runChild(['--require', './__test__/support/misroute.js', DEMO])
  expect(code).toBe(1)
  expect(stdout).toMatch(/^Something crossed\./m)
  expect(stdout).toMatch(
    / {2}wrong_tenant: span "trip-planner" at datadoghq\.eu .*: belongs to "acme-travel", arrived at "nordwind-bank"/
  )
})
