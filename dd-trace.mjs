import bridge from './dd-trace.js'

export const { attach, detach } = bridge
