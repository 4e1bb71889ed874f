'use strict'

// Who asks: both customers at once, four questions each, and every answer has to be one's own.

const QUESTIONS = 4

/** @param {(customer: string, question: string) => string | Promise<string>} ask */
async function askForAll(ask) {
  const questions = ['acme', 'globex'].flatMap(customer =>
    Array.from({ length: QUESTIONS }, (_, index) => ({
      customer,
      question: `question ${index} of ${customer}`
    }))
  )
  await Promise.all(
    questions.map(async ({ customer, question }) => {
      const answer = await ask(customer, question)
      if (!answer.includes(question)) throw new Error(`to "${question}" the answer was "${answer}"`)
    })
  )
}

/** @param {string} url what `?question=` can be added to */
function askAllOverHttp(url) {
  return askForAll(async (customer, question) => {
    const response = await fetch(`${url}?question=${encodeURIComponent(question)}`, {
      headers: { 'x-customer': customer }
    })
    return response.text()
  })
}

module.exports = { QUESTIONS, askAllOverHttp, askForAll }
