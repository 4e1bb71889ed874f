// guide: rollup
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'

export default {
  input: 'app.mjs',
  output: { file: 'out/rollup.mjs', format: 'es' },
  external: [/^spanlane(\/|$)/],
  plugins: [nodeResolve({ preferBuiltins: true }), commonjs()]
}
// end
