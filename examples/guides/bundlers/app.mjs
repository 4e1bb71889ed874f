import { llmobs } from 'spanlane'
import { expectNothingCrossed } from 'spanlane/testing'
import { ask, routeOf } from '../platform.js'
import { askForAll } from '../questions.js'

llmobs.init({ mlApp: 'support-bot' })

const answer = llmobs.wrap({ kind: 'workflow', name: 'answer' }, question => ask(question))

// Another entry of the package: it stays outside, too.
if (typeof expectNothingCrossed !== 'function')
  throw new Error('the entry spanlane/testing is not what it was')
askForAll((customer, question) => llmobs.withRoutingContext(routeOf(customer), () => answer(question)))
