import testing from './testing.js'

export const { CrossingError, drawTable, drawTraces, expectNothingCrossed, keyFingerprint, startIntake } =
  testing
