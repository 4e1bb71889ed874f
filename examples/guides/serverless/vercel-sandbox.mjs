// A function as Vercel has it: several requests at once, frozen once all that was given to `waitUntil` has settled. This one
// is never thawed again.

import { AsyncLocalStorage } from 'node:async_hooks'
import { askForAll } from '../questions.js'

const waits = []
const requests = new AsyncLocalStorage()
globalThis[Symbol.for('@vercel/request-context')] = { get: () => requests.getStore() }
const { GET } = await import('./vercel.mjs')

await askForAll((customer, question) =>
  requests.run({ waitUntil: promise => waits.push(promise) }, async () => {
    const url = `https://shop/ask?question=${encodeURIComponent(question)}`
    const response = await GET(new Request(url, { headers: { 'x-customer': customer } }))
    return response.text()
  })
)
for (let settled = 0; settled < waits.length; ) {
  settled = waits.length
  await Promise.all(waits)
}
process.kill(process.pid, 'SIGKILL')
