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
 * @property {string[]} [args] of the program
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
  nest: {
    uses: [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-express',
      'reflect-metadata',
      'rxjs',
      'typescript'
    ],
    runs: [{ program: 'index.js', spans: 4 * QUESTIONS }]
  },
  next: {
    uses: ['next', 'react', 'react-dom'],
    runs: ['turbopack', 'webpack'].map(bundler => ({
      name: bundler,
      program: 'index.cjs',
      args: [bundler],
      spans: 6 * QUESTIONS
    }))
  },
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
  bundlers: {
    uses: [
      'esbuild',
      'webpack',
      '@rspack/core',
      'rollup',
      '@rollup/plugin-commonjs',
      '@rollup/plugin-node-resolve',
      'bun'
    ],
    runs: ['esbuild', 'webpack', 'rspack', 'rollup', 'bun-build'].map(name => ({
      name,
      program: `${name}.mjs`,
      spans: 2 * QUESTIONS
    }))
  },
  'bun-deno': {
    uses: ['bun', 'deno'],
    runs: [
      { name: 'Bun', command: ['@oven/bun-linux-x64/bin/bun'], program: 'bun.mjs', spans: 2 * QUESTIONS },
      {
        name: 'Deno',
        command: [
          '@deno/linux-x64-glibc/deno',
          'run',
          '--allow-env',
          '--allow-ffi',
          '--allow-net',
          '--allow-read',
          '--allow-sys'
        ],
        program: 'deno.mjs',
        spans: 2 * QUESTIONS
      }
    ]
  },
  opentelemetry: {
    uses: ['@opentelemetry/api', '@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace-node'],
    runs: [{ program: 'index.js', spans: 2 * QUESTIONS }]
  },
  'ai-sdk': {
    uses: [
      'ai',
      '@ai-sdk/openai',
      '@ai-sdk/openai-v6',
      '@ai-sdk/otel',
      'ai-v6',
      'zod',
      '@opentelemetry/api',
      '@opentelemetry/sdk-trace-base',
      '@opentelemetry/sdk-trace-node'
    ],
    runs: [
      { name: '7, observe', program: 'observed.mjs', spans: 6 * QUESTIONS },
      { name: '6, tracer', program: 'tracer.mjs', spans: 4 * QUESTIONS },
      { name: '7, OpenTelemetry', program: 'opentelemetry.mjs', spans: 6 * QUESTIONS }
    ]
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
  langfuse: {
    uses: [
      '@langfuse/tracing',
      '@langfuse/otel',
      '@opentelemetry/api',
      '@opentelemetry/sdk-trace-base',
      '@opentelemetry/sdk-trace-node'
    ],
    runs: [
      { name: 'before', program: 'before.mjs', spans: null },
      { name: 'after', program: 'after.mjs', spans: QUESTIONS },
      { name: 'kept', program: 'keep.mjs', spans: QUESTIONS }
    ]
  },
  langsmith: {
    uses: ['langsmith'],
    runs: [
      { name: 'before', program: 'before.mjs', spans: null },
      { name: 'after', program: 'after.mjs', spans: QUESTIONS }
    ]
  },
  testing: { uses: [], runs: [{ program: 'answers.test.js', spans: null }] }
}

/** Versions of what is no development dependency, or not in this version. @type {Record<string, string>} */
const PINNED = {
  '@ai-sdk/openai': '4.0.118',
  '@ai-sdk/openai-v6': 'npm:@ai-sdk/openai@3.0.141',
  '@ai-sdk/otel': '1.0.173',
  '@hono/node-server': '2.1.8',
  '@langfuse/otel': '5.11.1',
  '@langfuse/tracing': '5.11.1',
  '@nestjs/common': '12.5.1',
  '@nestjs/core': '12.5.1',
  '@nestjs/platform-express': '12.5.1',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rspack/core': '2.3.2',
  bun: '1.4.4',
  deno: '2.9.6',
  fastify: '5.12.8',
  hono: '4.13.19',
  langsmith: '0.12.0',
  next: '16.4.6',
  react: '19.3.1',
  'react-dom': '19.3.1',
  'reflect-metadata': '0.2.2',
  rollup: '4.68.5',
  rxjs: '7.8.2',
  webpack: '5.112.2',
  zod: '4.6.7'
}

module.exports = { GUIDES, PINNED }
