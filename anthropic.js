'use strict'

const { observe } = require('./lib/clients/anthropic')

module.exports = { observe }
