'use strict'

// Spans of dd-trace's own plugin beside Spanlane's, for the same calls: what differs, and whether the document says so.
// For libraries that the tests of this repository do not install.

const { isAlike, rowsOf } = require('../../__test__/dd-trace/beside-plugin')
const { differencesShownBy } = require('../../__test__/dd-trace/plugin-differences')

const LIBRARY = process.env.INSTRUMENTATION_WAY ?? 'ai'

async function main() {
  const { INSTRUMENTATION_FOLDER: folder = '.', COMPARED_DD_TRACE: ddTrace } = process.env
  const rows = await rowsOf(LIBRARY, {
    CALLS_FOLDER: folder,
    ...(ddTrace === undefined ? {} : { COMPARED_DD_TRACE: ddTrace })
  })
  const different = rows.filter(row => !isAlike(row))
  const unexplained = different.filter(row => differencesShownBy(LIBRARY, row).length === 0)
  for (const { call, path, ddTrace, spanlane } of unexplained)
    console.error(
      `${call} ${path}: dd-trace ${JSON.stringify(ddTrace)}, spanlane ${JSON.stringify(spanlane)}`
    )
  console.log(
    JSON.stringify({ fields: rows.length, different: different.length, unexplained: unexplained.length })
  )
  if (unexplained.length > 0 || rows.length === different.length) process.exitCode = 1
}

main()
