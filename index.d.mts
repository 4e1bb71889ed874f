import type { createLLMObs, llmobs, SpanlaneError } from './index.js'

export * from './index.js'

declare const spanlane: {
  SpanlaneError: typeof SpanlaneError
  createLLMObs: typeof createLLMObs
  llmobs: typeof llmobs
}
export default spanlane
