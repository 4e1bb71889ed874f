import spanlane from './index.js'

export const { SpanlaneError, createLLMObs, llmobs } = spanlane
export default spanlane
