// A sandbox as AWS Lambda has it: one invocation at a time, frozen once the handler's promise settles. This one is never
// thawed again: what has not arrived by then is lost.

import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { QUESTIONS } from '../questions.js'

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming')
globalThis.awslambda = { streamifyResponse: handler => Object.assign(handler, { [STREAMING]: 'response' }) }
const { handler, streaming } = await import('./lambda.mjs')
if (streaming[STREAMING] !== 'response') throw new Error('the handler lost its mark')

async function invoke(fn, customer, question) {
  const event = { headers: { 'x-customer': customer }, queryStringParameters: { question } }
  const context = { getRemainingTimeInMillis: () => 3000 }
  if (fn[STREAMING] === undefined) return (await fn(event, context)).body
  const stream = new PassThrough()
  const [body] = await Promise.all([text(stream), fn(event, stream, context)])
  return body
}

for (let index = 0; index < QUESTIONS; index++) {
  for (const customer of ['acme', 'globex']) {
    for (const fn of [handler, streaming]) {
      const question = `question ${index} of ${customer}`
      if (!(await invoke(fn, customer, question)).includes(question)) throw new Error(question)
    }
  }
}
process.kill(process.pid, 'SIGKILL')
