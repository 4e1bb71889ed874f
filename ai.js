'use strict'

const { AiTracer, tracer } = require('./lib/ai/tracer')
const { observe } = require('./lib/ai/observe')

/** @param {unknown} [options] */
const createTracer = options => new AiTracer(options)

module.exports = { createTracer, observe, tracer }
