'use strict'

const fs = require('node:fs')
const path = require('node:path')
const typescript = require('typescript')
const { askAllOverHttp } = require('../questions')

// As `tsc` does with Nest's own settings.
const { outputText } = typescript.transpileModule(fs.readFileSync(path.join(__dirname, 'shop.ts'), 'utf8'), {
  compilerOptions: {
    target: 'es2022',
    module: 'commonjs',
    experimentalDecorators: true,
    emitDecoratorMetadata: true
  }
})
fs.writeFileSync(path.join(__dirname, 'shop.js'), outputText)

async function main() {
  const app = await require('./shop').open()
  await app.listen(0, '127.0.0.1')
  const url = await app.getUrl()
  await Promise.all([askAllOverHttp(`${url}/ask`), askAllOverHttp(`${url}/stream`)])
  await app.close()
}

main()
