import openai from './openai.js'

export const { observe } = openai
