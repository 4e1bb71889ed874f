'use strict'

const { SpanlaneCallbackHandler } = require('./lib/langchain/handler')

module.exports = { SpanlaneCallbackHandler }
