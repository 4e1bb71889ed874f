'use strict'

// `npm run format`: rewrites JavaScript, JSON and Rust in the house style, and applies safe lint fixes.

const { cargo, tool } = require('./command')
const { ensureDependencies } = require('./dependencies')

ensureDependencies()
tool('@biomejs/biome', ['check', '--write', '.'])
cargo(['fmt'])
cargo(['fmt', '--manifest-path', 'fuzz/Cargo.toml'])
