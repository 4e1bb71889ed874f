'use strict'

const zlib = require('node:zlib')

/** @typedef {import('../../testing').Hostility} Hostility */

/** What an endless answer sends at most before it only stays open: the machine running the test has limits too. */
const MAX_ENDLESS_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 16 * 1024
const BOMB_BYTES = 64 * 1024 * 1024
const DRIP_INTERVAL_MS = 50

/**
 * Writers of answers no server should send. Each writes to the bare socket and never ends in a valid response.
 *
 * @type {Record<Hostility, (socket: import('node:net').Socket) => void>}
 */
const ANSWERS = {
  'endless-headers': socket => {
    socket.write('HTTP/1.1 202 Accepted\r\n')
    pour(socket, `x-filler: ${'a'.repeat(CHUNK_BYTES)}\r\n`)
  },
  'endless-body': socket => {
    socket.write('HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\n')
    pour(socket, `${CHUNK_BYTES.toString(16)}\r\n${'a'.repeat(CHUNK_BYTES)}\r\n`)
  },
  'gzip-bomb': socket => {
    const bomb = zlib.gzipSync(Buffer.alloc(BOMB_BYTES))
    socket.write(`HTTP/1.1 202 Accepted\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`)
    socket.write(bomb)
  },
  'informational-storm': socket => {
    pour(socket, 'HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n'.repeat(100))
  },
  drip: socket => {
    socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 1000000\r\n\r\n')
    const timer = setInterval(() => socket.write('a'), DRIP_INTERVAL_MS)
    socket.once('close', () => clearInterval(timer))
  },
  'bad-chunking': socket => {
    socket.end('HTTP/1.1 202 Accepted\r\ntransfer-encoding: chunked\r\n\r\nnot-a-size\r\nabc\r\n')
  },
  'two-lengths': socket => {
    socket.end('HTTP/1.1 202 Accepted\r\ncontent-length: 3\r\ncontent-length: 5\r\n\r\nabcde')
  },
  'not-http': socket => {
    socket.end('220 mail.example ESMTP ready\r\n')
  }
}

/** These send a whole valid head first: the client has every right to believe that its events were taken. */
const WITH_ACCEPTED_HEAD = new Set(['endless-body', 'gzip-bomb', 'drip', 'bad-chunking'])

/**
 * Writes the same text again and again, no faster than the client reads.
 *
 * @param {import('node:net').Socket} socket
 * @param {string} text
 */
function pour(socket, text) {
  const chunk = Buffer.from(text)
  let left = MAX_ENDLESS_BYTES
  const write = () => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length
      if (!socket.write(chunk)) {
        socket.once('drain', write)
        return
      }
    }
  }
  write()
}

const HOSTILITIES = /** @type {Hostility[]} */ (Object.keys(ANSWERS))

/**
 * @param {import('node:net').Socket} socket
 * @param {Hostility} kind
 * @returns {number | null} the status, when a whole head was sent
 */
function answerHostile(socket, kind) {
  socket.on('error', () => socket.destroy())
  ANSWERS[kind](socket)
  return WITH_ACCEPTED_HEAD.has(kind) ? 202 : null
}

module.exports = { HOSTILITIES, answerHostile }
