// guide: webpack
export default {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  output: { filename: 'webpack.mjs', path: `${import.meta.dirname}/out`, module: true },
  experiments: { outputModule: true },
  externalsType: 'module',
  externals: [/^spanlane(\/|$)/]
}
// end
