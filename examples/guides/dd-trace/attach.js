'use strict'

require('spanlane/dd-trace').attach(require('dd-trace'))
