'use strict'

const { observe } = require('./lib/clients/openai')

module.exports = { observe }
