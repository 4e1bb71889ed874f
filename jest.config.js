'use strict'

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/__test__/**/*.test.js'],
  // What runs is what is written: no transform, and coverage is V8's own.
  transform: {},
  coverageProvider: 'v8',
  collectCoverageFrom: ['lib/**/*.js', '!lib/native/**'],
  coverageDirectory: 'coverage/js',
  coverageReporters: ['text', 'lcovonly'],
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/coverage/', '<rootDir>/npm/'],
  // A test waits for a condition; this is the end of a wait that will not be met.
  testTimeout: 20_000,
  // The intake, the core's threads and the tests share small machines.
  maxWorkers: 2
}
