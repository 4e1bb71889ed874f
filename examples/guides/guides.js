'use strict'

const { QUESTIONS } = require('./questions')

/** dd-trace has a key of the platform's, says nothing of itself, and asks nobody. */
const QUIET = {
  DD_API_KEY: 'd'.repeat(32),
  DD_TRACE_STARTUP_LOGS: 'false',
  DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
  DD_REMOTE_CONFIGURATION_ENABLED: 'false'
}

/**
 * @typedef {object} Run
 * @property {string} program of the guide's folder
 * @property {string} [name] where a guide has several
 * @property {string[]} [command] what runs it, and how; default Node. The first word is a file of the guide's packages
 * @property {number | null} spans of each customer; `null`: the program judges by itself
 * @property {Record<string, string>} [env]
 * @property {string} [endsBy] the signal that the program gives itself
 */

/**
 * The guides, by their names in docs/guides. `uses` are packages from npm: those that are no development dependencies are
 * installed by `npm run guides`, which alone runs such guides.
 *
 * @type {Record<string, { uses: string[], runs: Run[] }>}
 */
const GUIDES = {
  express: { uses: ['express'], runs: [{ program: 'index.js', spans: 4 * QUESTIONS }] },
  fastify: { uses: ['fastify'], runs: [{ program: 'index.js', spans: 4 * QUESTIONS }] },
  hono: { uses: ['hono', '@hono/node-server'], runs: [{ program: 'index.mjs', spans: 4 * QUESTIONS }] },
  queues: {
    uses: [],
    runs: [
      { name: 'two processes', program: 'queue-producer.js', spans: 3 * QUESTIONS },
      { name: 'threads', program: 'threads.js', spans: 3 * QUESTIONS },
      { name: 'children', program: 'children.js', spans: 2 * QUESTIONS }
    ]
  },
  serverless: {
    uses: [],
    runs: [
      {
        name: 'Lambda',
        program: 'lambda-sandbox.mjs',
        spans: 4 * QUESTIONS,
        env: { AWS_LAMBDA_FUNCTION_NAME: 'answer' },
        endsBy: 'SIGKILL'
      },
      {
        name: 'Vercel',
        program: 'vercel-sandbox.mjs',
        spans: 2 * QUESTIONS,
        env: { VERCEL: '1' },
        endsBy: 'SIGKILL'
      }
    ]
  },
  opentelemetry: {
    uses: ['@opentelemetry/api', '@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace-node'],
    runs: [{ program: 'index.js', spans: 2 * QUESTIONS }]
  },
  langchain: { uses: ['@langchain/core'], runs: [{ program: 'index.js', spans: 8 * QUESTIONS }] },
  'dd-trace': {
    uses: ['dd-trace', 'openai'],
    runs: [
      {
        name: 'before',
        command: [process.execPath, '-r', './attach.js'],
        program: 'before.js',
        spans: QUESTIONS,
        env: QUIET
      },
      { name: 'after', program: 'after.js', spans: QUESTIONS },
      { name: 'kept', program: 'keep.js', spans: QUESTIONS, env: QUIET }
    ]
  },
  testing: { uses: [], runs: [{ program: 'answers.test.js', spans: null }] }
}

/** Versions of what is no development dependency. @type {Record<string, string>} */
const PINNED = {
  '@hono/node-server': '2.1.8',
  fastify: '5.12.8',
  hono: '4.13.19'
}

module.exports = { GUIDES, PINNED }
