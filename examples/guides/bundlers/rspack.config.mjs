// guide: rspack
export default {
  mode: 'production',
  target: 'node',
  entry: './app.mjs',
  output: { filename: 'rspack.mjs', path: `${import.meta.dirname}/out`, module: true },
  externalsType: 'module',
  externals: [/^spanlane(\/|$)/]
}
// end
