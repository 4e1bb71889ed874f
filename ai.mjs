import ai from './ai.js'

export const { createTracer, observe, tracer } = ai
