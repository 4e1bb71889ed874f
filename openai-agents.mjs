import agents from './openai-agents.js'

export const { SpanlaneTracingProcessor } = agents
