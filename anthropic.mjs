import anthropic from './anthropic.js'

export const { observe } = anthropic
