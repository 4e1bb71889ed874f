'use strict'

const { randomBytes } = require('node:crypto')

/**
 * @typedef {{ name: string, id: string, text: string, score: number }} Passage
 * @typedef {{ name: string, site: string, key: string }} Tenant
 * @typedef {Tenant & {
 *   app: string, model: string, provider: string, session: string,
 *   question: string, passages: Passage[],
 *   tool: { name: string, arguments: Record<string, unknown>, result?: Record<string, unknown>, failure?: string },
 *   answer: string,
 *   tokens: { plan: [number, number], answer: [number, number] },
 *   evaluation: { label: string, value: number, reasoning: string }
 * }} Customer
 */

/** Valid in form and new in each run: the local intakes take any key, and nothing here reaches Datadog. */
const newKey = () => randomBytes(16).toString('hex')

/** The platform that serves all customers. Its own spans go to its own organisation: the default route. */
const platform = { name: 'platform', site: 'us3.datadoghq.com', key: newKey() }

/** @type {Customer[]} */
const customers = [
  {
    name: 'acme-travel',
    site: 'datadoghq.com',
    key: newKey(),
    app: 'trip-planner',
    model: 'gpt-5-mini',
    provider: 'openai',
    session: 'trip-4711',
    question:
      'Three days in Lisbon in May with two children. What should we book first, and what does it cost?',
    passages: [
      {
        id: 'guide/lisbon#12',
        name: 'Lisbon with children',
        text: 'The Oceanário sells timed tickets; in May the morning slots are gone about a week ahead.',
        score: 0.91
      },
      {
        id: 'guide/lisbon#31',
        name: 'Getting around',
        text: 'Children under 4 ride free on trams and the metro; a 24-hour pass is 6.80 euros.',
        score: 0.78
      }
    ],
    tool: {
      name: 'search_tickets',
      arguments: { venue: 'Oceanário de Lisboa', date: '2027-05-14', adults: 2, children: 2 },
      result: { slot: '10:30', price: 84, currency: 'EUR', left: 7 }
    },
    answer:
      'Book the Oceanário for Friday 10:30 first: 84 euros for the four of you, and only 7 places are left.',
    tokens: { plan: [412, 38], answer: [506, 71] },
    evaluation: {
      label: 'answer_relevance',
      value: 0.94,
      reasoning: 'Names what to book, when, and the price.'
    }
  },
  {
    name: 'nordwind-bank',
    site: 'datadoghq.eu',
    key: newKey(),
    app: 'karten-assistent',
    model: 'claude-sonnet-4-5',
    provider: 'anthropic',
    session: 'dialog-90210',
    question:
      'Auf meiner Abrechnung stehen zweimal 49,90 € vom selben Händler. Wie bekomme ich das Geld zurück?',
    passages: [
      {
        id: 'regelwerk/8.2',
        name: 'Doppelte Abbuchungen',
        text: 'Doppelte Abbuchungen desselben Betrags binnen 24 Stunden können ohne Rücksprache erstattet werden.',
        score: 0.88
      }
    ],
    tool: {
      name: 'open_dispute',
      arguments: { card: '****4417', amount: 49.9, currency: 'EUR', reason: 'duplicate' },
      result: { dispute: 'D-2210-88', refundWithinDays: 3 }
    },
    answer:
      'Die zweite Abbuchung ist angefochten (Vorgang D-2210-88); die Gutschrift kommt binnen drei Tagen.',
    tokens: { plan: [655, 52], answer: [731, 64] },
    evaluation: { label: 'policy_followed', value: 1, reasoning: 'Regel 8.2 trifft zu und wurde angewandt.' }
  },
  {
    name: 'helio-clinic',
    site: 'us5.datadoghq.com',
    key: newKey(),
    app: 'front-desk',
    model: 'gpt-5',
    provider: 'openai',
    session: 'call-77',
    question: 'Can you move my check-up from Tuesday to any afternoon next week?',
    passages: [
      {
        id: 'handbook/scheduling#4',
        name: 'Moving appointments',
        text: 'Check-ups may be moved up to 24 hours before. Offer the same physician first.',
        score: 0.83
      }
    ],
    tool: {
      name: 'move_appointment',
      arguments: { patient: 'P-1009', from: '2027-03-02T09:00', window: 'next week, 13:00-17:00' },
      failure: 'calendar did not answer within 2000 ms'
    },
    answer:
      'The calendar is not answering right now. Your Tuesday slot is safe; I will call you back within the hour.',
    tokens: { plan: [298, 33], answer: [377, 41] },
    evaluation: {
      label: 'task_completed',
      value: 0.2,
      reasoning: 'Honest about the failure, but nothing was moved.'
    }
  }
]

module.exports = { customers, platform }
