// guide: esbuild
import { build } from 'esbuild'

await build({
  entryPoints: ['app.mjs'],
  outfile: 'out/esbuild.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  external: ['spanlane', 'spanlane/*']
})
// end
await import('./out/esbuild.cjs')
