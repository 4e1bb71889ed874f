'use strict'

const { attach, detach } = require('./lib/bridge/attach')

module.exports = { attach, detach }
