import langchain from './langchain.js'

export const { SpanlaneCallbackHandler } = langchain
