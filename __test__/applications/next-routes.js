'use strict'

// Route handlers in the style of Next: functions of a `Request` that return a `Response`.

const { TENANTS, open, say, sayWhatGoesWrong } = require('./spanlane-or-not')

sayWhatGoesWrong()
const { NextRequest, NextResponse } = require('next/server')
const llmobs = open()
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** @param {string} question */
function model(question) {
  let chunks = 3
  return llmobs.trace(
    { kind: 'llm', name: 'model' },
    () =>
      new ReadableStream({
        async pull(controller) {
          await sleep(1)
          // How many are asked for before somebody leaves is the streams' affair.
          if (!question.startsWith('left')) llmobs.trace({ kind: 'task', name: 'chunk' }, () => {})
          if (chunks-- > 0) controller.enqueue(`${question} `)
          else controller.close()
        }
      })
  )
}

const GET = llmobs.wrap({ kind: 'workflow', name: 'GET' }, async request =>
  NextResponse.json(
    { path: request.nextUrl.pathname, q: request.nextUrl.searchParams.get('q') },
    { status: 201 }
  )
)

const POST = llmobs.wrap({ kind: 'workflow', name: 'POST' }, async function POST(request, { params }) {
  const { question } = await request.json()
  const { id } = await params
  return new NextResponse(model(`${question} ${id}`).pipeThrough(new TextEncoderStream()), {
    headers: { 'x-id': id }
  })
})

const PUT = llmobs.wrap({ kind: 'workflow', name: 'PUT' }, async request => {
  const copy = request.clone()
  return new NextResponse(`${await request.text()} ${(await copy.text()).length}`)
})

/** The framework reads what it is given, after the handler and elsewhere. @param {any} handler */
async function serve(tenant, handler, path, init) {
  const request = new NextRequest(`https://shop/${path}`, init)
  const context = { params: Promise.resolve({ id: tenant }) }
  const response = await llmobs.withRoutingContext(TENANTS[tenant], () => handler(request, context))
  await sleep(2)
  say(
    response instanceof NextResponse,
    response.status,
    response.headers.get('x-id') ?? '',
    await response.text()
  )
}

async function main() {
  say(GET.name, GET.length, POST.name, POST.length)
  await Promise.all(['acme', 'globex'].map(tenant => serve(tenant, GET, 'answers?q=1')))
  await Promise.all(
    ['acme', 'globex'].map(tenant =>
      serve(tenant, POST, 'answers', { method: 'POST', body: '{"question":"why"}' })
    )
  )
  await serve('acme', PUT, 'answers', { method: 'PUT', body: 'text' })
  // A reader that goes away.
  const response = await llmobs.withRoutingContext(TENANTS.globex, () =>
    POST(new NextRequest('https://shop/', { method: 'POST', body: '{"question":"left"}' }), {
      params: { id: 'x' }
    })
  )
  const reader = response.body.getReader()
  const { value } = await reader.read()
  say(Buffer.from(value).toString())
  await reader.cancel('enough')
}

main()
