import { promisify } from 'node:util'
import { rspack } from '@rspack/core'
import config from './rspack.config.mjs'

const stats = await promisify(rspack)(config)
if (stats.hasErrors()) throw new Error(stats.toString('errors-only'))
await import('./out/rspack.mjs')
