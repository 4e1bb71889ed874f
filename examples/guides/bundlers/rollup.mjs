import { rollup } from 'rollup'
import config from './rollup.config.mjs'

const bundle = await rollup(config)
await bundle.write(config.output)
await import('./out/rollup.mjs')
