'use strict'

const http = require('node:http')

/**
 * A model provider on this machine. Speaks as much of OpenAI's chat completions and of Anthropic's messages as
 * their clients ask for, streamed or not, and answers each question with the question.
 *
 * @returns {Promise<{ url: string, close(): void }>}
 */
function startProvider() {
  const server = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', chunk => {
      body += chunk
    })
    request.on('end', () => {
      const asked = JSON.parse(body)
      const answer = `You asked: ${asked.messages.at(-1).content}`
      const speak = request.url === '/v1/chat/completions' ? speakOpenAI : speakAnthropic
      speak(response, asked, answer)
    })
  })
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      resolve({
        url: `http://127.0.0.1:${port}`,
        close() {
          server.closeAllConnections()
          server.close()
        }
      })
    })
  )
}

/** @typedef {{ model: string, stream?: boolean }} Asked */

/**
 * @param {http.ServerResponse} response
 * @param {Asked} asked
 * @param {string} answer
 */
function speakOpenAI(response, { model, stream }, answer) {
  const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }
  const common = { id: 'chatcmpl-1', created: 1_790_000_000, model }
  if (!stream) {
    const message = { role: 'assistant', content: answer, refusal: null }
    const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }]
    sendJson(response, { ...common, object: 'chat.completion', choices, usage })
    return
  }
  const chunk = { ...common, object: 'chat.completion.chunk' }
  const deltas = inPieces(answer).map((content, index) =>
    index === 0 ? { role: 'assistant', content } : { content }
  )
  const events = deltas.map(delta => ({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] }))
  const end = { ...chunk, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
  sendEvents(
    response,
    [...events, end, { ...chunk, choices: [], usage }].map(data => ({ data }))
  )
  response.end('data: [DONE]\n\n')
}

/**
 * @param {http.ServerResponse} response
 * @param {Asked} asked
 * @param {string} answer
 */
function speakAnthropic(response, { model, stream }, answer) {
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null }
  const usage = { input_tokens: 13, output_tokens: 9 }
  if (!stream) {
    sendJson(response, {
      ...message,
      content: [{ type: 'text', text: answer }],
      stop_reason: 'end_turn',
      usage
    })
    return
  }
  const events = [
    {
      type: 'message_start',
      message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } }
    },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...inPieces(answer).map(text => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text }
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 9 }
    },
    { type: 'message_stop' }
  ]
  sendEvents(
    response,
    events.map(data => ({ event: data.type, data }))
  )
  response.end()
}

/** @param {string} text */
function inPieces(text) {
  return text.match(/.{1,8}/gs) ?? ['']
}

/**
 * @param {http.ServerResponse} response
 * @param {object} body
 */
function sendJson(response, body) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/**
 * @param {http.ServerResponse} response
 * @param {{ event?: string, data: object }[]} events
 */
function sendEvents(response, events) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const { event, data } of events) {
    response.write(`${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`)
  }
}

module.exports = { startProvider }
