export * from './dd-trace.js'
